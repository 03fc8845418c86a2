//! One step of a plan about a node, of which only labels, annotations and taints are ours.
//!
//! Guarantees: a node is made and deleted by nobody here; every write carries its UID and the version that was judged.
//! It may break off anywhere and be done again (see [`nodes::Taints`]).

use afctl_contract::{Action, ApplyError, ErrorKind, Ownership, Step};
use http::Method;
use serde_json::{Value, json};

use super::apply::{MERGE, TRIES, Target, desired};
use super::errors::stale;
use super::nodes::{self, Node};
use super::object;
use super::wire::{Call, Failure};
use crate::labels::{self, MANAGER};

impl Target<'_> {
    /// Does a step about fields of this node.
    pub(super) async fn step_on_node(&self, step: &Step) -> Result<(), ApplyError> {
        let uid = step.handle["uid"].as_str().unwrap_or_default();
        match step.action {
            Action::Create | Action::Update | Action::Adopt => {
                self.put_on(&desired(step)?, uid, step.action == Action::Adopt).await
            }
            Action::Forget => self.take_off(uid).await,
            Action::Replace | Action::Delete => {
                let message = format!("a {} is not afctl's to {}", self.kind().kind, step.action.as_str());
                Err(ApplyError::new(ErrorKind::Invalid, message))
            }
        }
    }

    /// Puts our labels, annotations and taints on a node.
    async fn put_on(&self, desired: &Value, uid: &str, adopt: bool) -> Result<(), ApplyError> {
        let taints = desired["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let mut fields = desired.clone();
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("spec");
        }
        for _ in 0..TRIES {
            let node = self.node(uid).await?.ok_or_else(|| stale(self.about))?;
            let force = self.may_take(&node, adopt)?;
            match self.set_on_node(&node, &taints, fields.clone(), force).await {
                Err(failure) if self.was_changed(&failure) => {}
                result => return result.map_err(|failure| self.explain(&failure)),
            }
        }
        Err(self.contended())
    }

    /// Takes off a node exactly what is ours.
    async fn take_off(&self, uid: &str) -> Result<(), ApplyError> {
        let kind = self.kind();
        let nothing = json!({
            "apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": self.about.address.name},
        });
        for _ in 0..TRIES {
            let Some(node) = self.node(uid).await? else { return Ok(()) };
            if !labels::owned_by(&node.marks()["labels"], self.owner) {
                // It was let go of already, or somebody took it.
                return Ok(());
            }
            match self.set_on_node(&node, &[], nothing.clone(), true).await {
                Err(failure) if self.was_changed(&failure) => {}
                result => return result.map_err(|failure| self.explain(&failure)),
            }
        }
        Err(self.contended())
    }

    /// The node that the plan saw, `None` where there is none any more.
    async fn node(&self, uid: &str) -> Result<Option<Node>, ApplyError> {
        match self.wire.ask::<Node>(&Call::get(&self.path)).await {
            Ok(node) if node.uid() == uid => Ok(Some(node)),
            Ok(_) => Err(stale(self.about)),
            Err(failure) if failure.refusal(404).is_some() => Ok(None),
            Err(failure) => Err(self.explain(&failure)),
        }
    }

    /// Whether labels that others wrote may be taken from them: only where the node is ours already, or is being
    /// adopted. The first time, they are a conflict that a person has to settle.
    fn may_take(&self, node: &Node, adopt: bool) -> Result<bool, ApplyError> {
        let marks = node.marks();
        match object::ownership(&marks, &[], self.owner) {
            Ownership::Ours => Ok(true),
            Ownership::Other(who) if !adopt && marks["labels"].get(labels::FACILITY).is_some() => {
                let message = format!("{} {} belongs to {who}", self.kind().kind, self.about.address.name);
                Err(ApplyError::new(ErrorKind::NotOurs, message).help("one node can be in one facility only"))
            }
            _ => Ok(adopt),
        }
    }

    /// Sets our taints and fields on the node as it was read.
    async fn set_on_node(
        &self,
        node: &Node,
        wanted: &[Value],
        fields: Value,
        force: bool,
    ) -> Result<(), Failure> {
        let taints = node.taints(wanted);
        let mut version = node.version().to_owned();
        if let Some(list) = taints.first {
            version = self.set_taints(&version, list).await?;
        }
        let mut fields = fields;
        fields["metadata"]["resourceVersion"] = version.into();
        fields["metadata"]["uid"] = node.uid().into();
        if let Some(found) = taints.found {
            fields["metadata"]["annotations"][nodes::FOUND] = found.into();
        }
        let version = self.version_after(&self.put_call(&fields, force)).await?;
        if let Some(list) = taints.last {
            self.set_taints(&version, list).await?;
        }
        Ok(())
    }

    async fn set_taints(&self, version: &str, taints: Vec<Value>) -> Result<String, Failure> {
        let patch = nodes::taints_patch(version, taints);
        self.version_after(
            &Call::write(Method::PATCH, &self.path, MERGE, &patch).with("fieldManager", MANAGER),
        )
        .await
    }

    async fn version_after(&self, call: &Call) -> Result<String, Failure> {
        let changed: Value = self.wire.ask(call).await?;
        Ok(changed["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned())
    }
}
