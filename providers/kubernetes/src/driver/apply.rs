//! One step of a plan, done.
//!
//! Guarantees: nothing is made where something stands, and nothing is changed or deleted but the very object that the
//! plan saw: the server itself refuses, by its version or its UID, so no other writer can come between. Every step may
//! be done again after a lost answer: what was done already is found done.
//!
//! The means: server-side apply creates what is not there, and a `resourceVersion` that no object can have makes it fail
//! where something is (409) instead of merging into it.

use std::time::Duration;

use afctl_contract::{Action, Address, ApplyError, ErrorKind, Management, Owner, Ownership, Step};
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::errors::{About, explain, stale};
use super::nodes::{self, Node};
use super::object;
use super::wire::{Call, Failure, METADATA, Wire, escape};
use crate::kinds::{self, Kind};
use crate::labels::{self, DIGEST, MANAGER};

const APPLY: &str = "application/apply-patch+yaml";
const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";
/// A version that no object has: etcd counts from 1 and has counted on before the first object is written.
const NO_VERSION: &str = "1";
/// How long a replacement waits for the old object to go.
const GONE_LIMIT: Duration = Duration::from_secs(20);
/// How often a node that others change is read again.
const NODE_TRIES: usize = 5;

/// One object, and how to reach it.
pub(super) struct Target<'a> {
    wire: &'a Wire,
    owner: &'a Owner,
    about: About<'a>,
    path: String,
}

impl<'a> Target<'a> {
    /// The object of this address.
    pub fn new(wire: &'a Wire, owner: &'a Owner, address: &'a Address) -> Result<Self, ApplyError> {
        let Some(kind) = kinds::find(&address.kind) else {
            let message = format!("afctl has no kind {} for Kubernetes", address.kind);
            return Err(ApplyError::new(ErrorKind::Invalid, message));
        };
        let path = format!("{}/{}", kind.path(address.namespace.as_deref()), escape(&address.name));
        Ok(Self { wire, owner, about: About { kind, address }, path })
    }

    fn kind(&self) -> &'static Kind {
        self.about.kind
    }

    fn explain(&self, failure: &Failure) -> ApplyError {
        explain(failure, self.about)
    }

    /// Does a step about this object.
    pub async fn step(&self, step: &Step) -> Result<(), ApplyError> {
        let uid = step.handle["uid"].as_str();
        let seen = || uid.ok_or_else(|| stale(self.about));
        let desired = || desired(step);
        if step.management == Management::Fields || self.kind().management == Management::Fields {
            return match step.action {
                Action::Create | Action::Update | Action::Adopt => {
                    self.put_on(&desired()?, seen()?, step.action == Action::Adopt).await
                }
                Action::Forget | Action::Delete => self.take_off(seen()?).await,
                Action::Replace => {
                    let message = format!("a {} is not afctl's to replace", self.kind().kind);
                    Err(ApplyError::new(ErrorKind::Invalid, message))
                }
            };
        }
        match step.action {
            Action::Create => self.create(desired()?).await,
            Action::Update | Action::Adopt => self.change(desired()?, seen()?).await,
            Action::Replace => self.replace(desired()?, seen()?).await,
            Action::Delete => self.delete(seen()?).await,
            Action::Forget => self.let_go(seen()?).await,
        }
    }

    /// Server-side apply. With `force`, fields that others wrote become ours.
    fn put_call(&self, object: &Value, force: bool) -> Call {
        Call::write(Method::PATCH, &self.path, APPLY, object)
            .with("fieldManager", MANAGER)
            .with("force", if force { "true" } else { "false" })
            .with("fieldValidation", "Strict")
    }

    async fn put(&self, object: &Value) -> Result<(), Failure> {
        self.wire.send(&self.put_call(object, true)).await.map(|_| ())
    }

    /// The object's metadata, `None` where there is none.
    async fn look(&self) -> Result<Option<Value>, ApplyError> {
        match self.wire.ask::<Value>(&Call::get(&self.path).accept(METADATA)).await {
            Ok(object) => Ok(Some(object)),
            Err(failure) if failure.refusal(404).is_some() => Ok(None),
            Err(failure) => Err(self.explain(&failure)),
        }
    }

    async fn create(&self, desired: Value) -> Result<(), ApplyError> {
        let mut object = desired;
        object["metadata"]["resourceVersion"] = NO_VERSION.into();
        let Err(failure) = self.put(&object).await else { return Ok(()) };
        let contested = failure.refusal(409).is_some();
        let error = self.explain(&failure);
        if !contested || error.kind != ErrorKind::Stale {
            return Err(error);
        }
        let Some(there) = self.look().await? else {
            // It went away between the two; the next try finds nothing in its way.
            return Err(ApplyError::new(ErrorKind::NotYet, error.message));
        };
        self.judge_found(&there, &object)
    }

    /// What to say of an object that stands where one was to be made.
    fn judge_found(&self, there: &Value, wanted: &Value) -> Result<(), ApplyError> {
        let Address { name, .. } = self.about.address;
        let kind = self.kind().kind;
        if let Some(why) = object::deleting(there) {
            let message = format!("{kind} {name} is still being deleted: {why}");
            return Err(ApplyError::new(ErrorKind::NotYet, message));
        }
        let metadata = &there["metadata"];
        let managed_fields = metadata["managedFields"].as_array().map_or(&[][..], Vec::as_slice);
        let whose = match object::ownership(metadata, managed_fields, self.owner) {
            Ownership::Ours
                if metadata["annotations"][DIGEST] == wanted["metadata"]["annotations"][DIGEST] =>
            {
                // Our own answer that was lost.
                return Ok(());
            }
            Ownership::Ours => {
                let message = format!("{kind} {name} was made by another afctl since the plan was made");
                return Err(ApplyError::new(ErrorKind::Stale, message).help("plan again"));
            }
            Ownership::Other(who) => format!("belongs to {who}"),
            Ownership::Unmarked => "was not made by afctl".to_owned(),
        };
        let message = format!("{kind} {name} is there already and {whose}");
        let help = format!("plan again, and to take it over give --adopt {}", self.about.address);
        Err(ApplyError::new(ErrorKind::NotOurs, message).help(help))
    }

    /// Makes the object that was seen what it is to be.
    async fn change(&self, desired: Value, uid: &str) -> Result<(), ApplyError> {
        let mut object = desired;
        object["metadata"]["uid"] = uid.into();
        self.put(&object).await.map_err(|failure| self.explain(&failure))
    }

    async fn remove(&self, uid: &str) -> Result<(), Failure> {
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": {"uid": uid}, "propagationPolicy": "Background",
        });
        match self.wire.send(&Call::write(Method::DELETE, &self.path, JSON, &options)).await {
            Err(failure) if failure.refusal(404).is_some_and(names_it) => Ok(()),
            result => result.map(|_| ()),
        }
    }

    /// Done when the server has accepted it: what holds up its going is for `ready` to say.
    async fn delete(&self, uid: &str) -> Result<(), ApplyError> {
        self.remove(uid).await.map_err(|failure| self.explain(&failure))
    }

    async fn replace(&self, desired: Value, uid: &str) -> Result<(), ApplyError> {
        if let Err(failure) = self.remove(uid).await {
            let error = self.explain(&failure);
            if error.kind != ErrorKind::Stale {
                return Err(error);
            }
            // The old one is gone and another stands there: ours, if this is done again after a lost answer.
            return match self.look().await? {
                Some(there) => self.judge_found(&there, &desired),
                None => self.create(desired).await,
            };
        }
        let deadline = Instant::now() + GONE_LIMIT;
        let mut pause = Duration::from_millis(50);
        while let Some(there) = self.look().await?.filter(|there| there["metadata"]["uid"] == uid) {
            if Instant::now() + pause > deadline {
                let Address { name, .. } = self.about.address;
                let why = object::deleting(&there).unwrap_or_default();
                let message = format!("the old {} {name} is still there: {why}", self.kind().kind);
                return Err(ApplyError::new(ErrorKind::NotYet, message));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
        self.create(desired).await
    }

    /// Takes our marks off an object that stays as it is.
    async fn let_go(&self, uid: &str) -> Result<(), ApplyError> {
        let off = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect::<Value>();
        let patch = json!({"metadata": {
            "uid": uid,
            "labels": off(labels::OWNERSHIP),
            "annotations": off(&[labels::ORIGIN, DIGEST]),
        }});
        let call = Call::write(Method::PATCH, &self.path, MERGE, &patch).with("fieldManager", MANAGER);
        match self.wire.send(&call).await {
            Err(failure) if failure.refusal(404).is_some_and(names_it) => Ok(()),
            result => result.map(|_| ()).map_err(|failure| self.explain(&failure)),
        }
    }

    /// Puts our labels, annotations and taints on a node.
    async fn put_on(&self, desired: &Value, uid: &str, adopt: bool) -> Result<(), ApplyError> {
        let taints = desired["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let mut fields = desired.clone();
        if let Some(fields) = fields.as_object_mut() {
            fields.remove("spec");
        }
        for _ in 0..NODE_TRIES {
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
        for _ in 0..NODE_TRIES {
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

    /// Whether the node was written by somebody else since it was read.
    fn was_changed(&self, failure: &Failure) -> bool {
        failure.refusal(409).is_some() && self.explain(failure).kind == ErrorKind::Stale
    }

    fn contended(&self) -> ApplyError {
        let message = format!(
            "{} {} is being changed by others all the time",
            self.kind().kind,
            self.about.address.name
        );
        ApplyError::new(ErrorKind::NotYet, message)
    }
}

fn desired(step: &Step) -> Result<Value, ApplyError> {
    let desired = step.desired.clone().filter(Value::is_object);
    desired.ok_or_else(|| ApplyError::new(ErrorKind::Invalid, "the plan does not say what it is to be"))
}

/// Whether a 404 is about the object itself, and not about its kind.
fn names_it(refusal: &super::wire::Refusal) -> bool {
    refusal.status.details.as_ref().is_some_and(|details| !details.name.is_empty())
}
