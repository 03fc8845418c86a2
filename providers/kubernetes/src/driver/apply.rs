//! One step of a plan, done.
//!
//! Guarantees: nothing is made where something stands, and nothing is changed but what is still as the plan saw it, nor
//! deleted but what is still ours: every write carries the object's UID and the version that was judged, so the server
//! itself refuses it if another writer came between. Every step may be done again after a lost answer: what was done
//! already is found done.
//!
//! The means: server-side apply creates what is not there, and a `resourceVersion` that no object can have makes it fail
//! where something is (409) instead of merging into it.

use std::time::Duration;

use afctl_contract::{Action, Address, ApplyError, ErrorKind, Management, Observed, Owner, Ownership, Step};
use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::errors::{About, explain, stale};
use super::object;
use super::wire::{Call, Failure, METADATA, WHOLE, Wire, escape};
use crate::kinds::{self, Kind};
use crate::labels::{self, DIGEST, MANAGER};

const APPLY: &str = "application/apply-patch+yaml";
pub(super) const MERGE: &str = "application/merge-patch+json";
const JSON: &str = "application/json";
/// A version that no object has: etcd counts from 1 and has counted on before the first object is written.
const NO_VERSION: &str = "1";
/// How long a replacement waits for the old object to go.
const GONE_LIMIT: Duration = Duration::from_secs(20);
/// How often an object that others write at the same time is read again.
pub(super) const TRIES: usize = 5;

/// One object, and how to reach it.
pub(super) struct Target<'a> {
    pub(super) wire: &'a Wire,
    pub(super) owner: &'a Owner,
    pub(super) about: About<'a>,
    pub(super) path: String,
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

    pub(super) fn kind(&self) -> &'static Kind {
        self.about.kind
    }

    pub(super) fn explain(&self, failure: &Failure) -> ApplyError {
        explain(failure, self.about)
    }

    /// Does a step about this object.
    pub async fn step(&self, step: &Step) -> Result<(), ApplyError> {
        let seen = &step.handle;
        let on_fields = step.management == Management::Fields || self.kind().management == Management::Fields;
        if !seen["uid"].is_string() && (on_fields || step.action != Action::Create) {
            return Err(stale(self.about));
        }
        if on_fields {
            return self.step_on_node(step).await;
        }
        match step.action {
            Action::Create => self.create(desired(step)?).await,
            Action::Update | Action::Adopt => {
                self.change(&desired(step)?, seen, step.action == Action::Adopt).await
            }
            Action::Replace => self.replace(desired(step)?, seen).await,
            Action::Delete => self.delete(seen, self.kind().holds_data).await,
            Action::Forget => self.let_go(seen).await,
        }
    }

    /// Server-side apply. With `force`, fields that others wrote become ours.
    pub(super) fn put_call(&self, object: &Value, force: bool) -> Call {
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
        match object::ownership(metadata, managed_fields, self.owner) {
            // Our own answer that was lost.
            Ownership::Ours
                if metadata["annotations"][DIGEST] == wanted["metadata"]["annotations"][DIGEST] =>
            {
                Ok(())
            }
            Ownership::Ours => {
                let message = format!("{kind} {name} was made by another afctl since the plan was made");
                Err(ApplyError::new(ErrorKind::Stale, message).help("plan again"))
            }
            other => Err(self.not_ours("is there already and ", &other)),
        }
    }

    /// The object that the plan saw, as it is now; `None` where there is none.
    async fn now(&self, seen: &Value) -> Result<Option<Now>, ApplyError> {
        let object: Value = match self.wire.ask(&Call::get(&self.path)).await {
            Ok(object) => object,
            Err(failure) if failure.refusal(404).is_some_and(names_it) => return Ok(None),
            Err(failure) => return Err(self.explain(&failure)),
        };
        if object["metadata"]["uid"] != seen["uid"] {
            return Err(stale(self.about));
        }
        Ok(self.read(object))
    }

    fn read(&self, object: Value) -> Option<Now> {
        let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let observed = object::observed(object, self.kind(), self.owner)?;
        Some(Now { version, observed })
    }

    /// Refuses what is not ours.
    fn ours(&self, now: &Now) -> Result<(), ApplyError> {
        match &now.observed.ownership {
            Ownership::Ours => Ok(()),
            other => Err(self.not_ours("", other)),
        }
    }

    fn not_ours(&self, how: &str, whose: &Ownership) -> ApplyError {
        let whose = match whose {
            Ownership::Other(who) => format!("belongs to {who}"),
            _ => "was not made by afctl".to_owned(),
        };
        let message = format!("{} {} {how}{whose}", self.kind().kind, self.about.address.name);
        let help = format!("plan again, and to take it over give --adopt {}", self.about.address);
        ApplyError::new(ErrorKind::NotOurs, message).help(help)
    }

    /// Makes the object that was seen what it is to be. What is so already, because this is done again, is done.
    async fn change(&self, desired: &Value, seen: &Value, adopt: bool) -> Result<(), ApplyError> {
        for _ in 0..TRIES {
            let now = self.now(seen).await?.ok_or_else(|| stale(self.about))?;
            if !adopt {
                self.ours(&now)?;
            }
            let mut object = desired.clone();
            object["metadata"]["uid"] = seen["uid"].clone();
            object["metadata"]["resourceVersion"] = now.version.as_str().into();
            if now.is_as(seen) {
                match self.put(&object).await {
                    Err(failure) if self.was_changed(&failure) => continue,
                    result => return result.map_err(|failure| self.explain(&failure)),
                }
            }
            let trial = self.put_call(&object, true).accept(WHOLE).with("dryRun", "All");
            return match self.wire.ask::<Value>(&trial).await.map(|object| self.read(object)) {
                Ok(Some(then)) if then.observed.handle == now.observed.handle => Ok(()),
                Ok(_) => Err(self.changed_since()),
                Err(failure) if self.was_changed(&failure) => continue,
                Err(failure) => Err(self.explain(&failure)),
            };
        }
        Err(self.contended())
    }

    fn changed_since(&self) -> ApplyError {
        let message =
            format!("{} {} was changed since the plan was made", self.kind().kind, self.about.address.name);
        ApplyError::new(ErrorKind::Stale, message).help("plan again")
    }

    /// Done when the server has accepted it: what holds up its going is for `ready` to say. With `exact`, only if it is
    /// still as it was seen: what holds data may hold more by now.
    async fn delete(&self, seen: &Value, exact: bool) -> Result<(), ApplyError> {
        for _ in 0..TRIES {
            let Some(now) = self.now(seen).await? else { return Ok(()) };
            self.ours(&now)?;
            if now.observed.deleting.is_some() {
                return Ok(());
            }
            if exact && !now.is_as(seen) {
                return Err(self.changed_since());
            }
            let options = json!({
                "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
                "preconditions": {"uid": seen["uid"], "resourceVersion": now.version},
            });
            match self.wire.send(&Call::write(Method::DELETE, &self.path, JSON, &options)).await {
                Err(failure) if failure.refusal(404).is_some_and(names_it) => return Ok(()),
                Err(failure) if self.was_changed(&failure) => {}
                result => return result.map(|_| ()).map_err(|failure| self.explain(&failure)),
            }
        }
        Err(self.contended())
    }

    async fn replace(&self, desired: Value, seen: &Value) -> Result<(), ApplyError> {
        let mut deleted = self.delete(seen, true).await;
        if deleted.as_ref().is_err_and(|error| error.kind == ErrorKind::Unreachable) {
            // Half of a replacement is no place to stop if it can be helped.
            deleted = self.delete(seen, true).await;
        }
        match deleted {
            // Another stands there: ours, if this is done again after a lost answer.
            Err(error) if error.kind == ErrorKind::Stale => {
                let there = self.look().await?.filter(|there| there["metadata"]["uid"] != seen["uid"]);
                return there.map_or(Err(error), |there| self.judge_found(&there, &desired));
            }
            result => result?,
        }
        let deadline = Instant::now() + GONE_LIMIT;
        let mut pause = Duration::from_millis(50);
        while let Some(there) = self.look().await?.filter(|there| there["metadata"]["uid"] == seen["uid"]) {
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
    async fn let_go(&self, seen: &Value) -> Result<(), ApplyError> {
        let off = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), Value::Null)).collect::<Value>();
        for _ in 0..TRIES {
            let Some(now) = self.now(seen).await?.filter(|now| now.observed.ownership == Ownership::Ours)
            else {
                return Ok(());
            };
            let patch = json!({"metadata": {
                "uid": seen["uid"],
                "resourceVersion": now.version,
                "labels": off(labels::OWNERSHIP),
                "annotations": off(&[labels::ORIGIN, DIGEST]),
            }});
            let call = Call::write(Method::PATCH, &self.path, MERGE, &patch).with("fieldManager", MANAGER);
            match self.wire.send(&call).await {
                Err(failure) if self.was_changed(&failure) => {}
                result => return result.map(|_| ()).map_err(|failure| self.explain(&failure)),
            }
        }
        Err(self.contended())
    }

    /// Whether the object was written by somebody else since it was read.
    pub(super) fn was_changed(&self, failure: &Failure) -> bool {
        failure.refusal(409).is_some() && self.explain(failure).kind == ErrorKind::Stale
    }

    pub(super) fn contended(&self) -> ApplyError {
        let message = format!(
            "{} {} is being changed by others all the time",
            self.kind().kind,
            self.about.address.name
        );
        ApplyError::new(ErrorKind::NotYet, message)
    }
}

/// What the step's object is to be.
pub(super) fn desired(step: &Step) -> Result<Value, ApplyError> {
    let desired = step.desired.clone().filter(Value::is_object);
    desired.ok_or_else(|| ApplyError::new(ErrorKind::Invalid, "the plan does not say what it is to be"))
}

/// An object as it is now.
struct Now {
    version: String,
    observed: Observed,
}

impl Now {
    /// Whether it is as it was seen.
    fn is_as(&self, seen: &Value) -> bool {
        self.observed.handle == *seen
    }
}

/// Whether a 404 is about the object itself, and not about its kind.
fn names_it(refusal: &super::wire::Refusal) -> bool {
    refusal.status.details.as_ref().is_some_and(|details| !details.name.is_empty())
}
