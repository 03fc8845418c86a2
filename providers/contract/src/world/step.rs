//! What the simulated world does when it is asked to do a step, and what it refuses.
//!
//! Guarantees: a step that is refused changes nothing (but a replacement that waits for the old one to go has begun); a step that was done is not done twice, whoever did not hear of
//! it; what is not the caller's is not touched, and what has changed since it was seen is not written.
//! Refused are: writing for another site; what is not an object, or is named otherwise than its address; creating what
//! is there, or in a namespace that is not; making or deleting things of which only fields are ours; changing what the
//! backend says cannot be changed.

use serde_json::Value;

use super::tables::{home, meta};
use super::thing::{Done, Mark, Thing};
use super::tx::Tx;
use crate::backend::{ApplyError, Backend, ErrorKind};
use crate::change::Verdict;
use crate::inventory::{Owner, Ownership};
use crate::path;
use crate::plan::{Action, Step};
use crate::resource::{Address, Management, Resource};

/// Why a step was not done.
pub(super) enum Trouble {
    /// The world refuses it.
    Refused(ApplyError),
    /// The database failed.
    Store(redb::Error),
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

type Tried<T> = Result<T, Trouble>;

fn refuse<T>(kind: ErrorKind, message: impl Into<String>) -> Tried<T> {
    Err(Trouble::Refused(ApplyError::new(kind, message)))
}

/// One step, in a transaction.
pub(super) struct Doing<'a> {
    pub tx: &'a Tx<'a>,
    pub backend: &'a dyn Backend,
    pub site: &'a str,
    pub owner: &'a Owner,
    pub step: &'a Step,
    /// For how many operations what is deleted stays, where a rule says so.
    pub linger: Option<u64>,
}

impl Doing<'_> {
    /// Does it. Says whether that changed anything.
    pub(super) fn run(&self) -> Tried<bool> {
        let Self { tx, step, owner, site, .. } = self;
        let address = &step.address;
        if owner.site != *site {
            return refuse(
                ErrorKind::Denied,
                format!("this may write at {}, and {address} is at {site}", owner.site),
            );
        }
        if address.site != *site || address.backend != self.backend.name() {
            let here = format!("{site}/{}", self.backend.name());
            return refuse(ErrorKind::Invalid, format!("{address} is not at {here}"));
        }
        if address.name.is_empty() {
            return refuse(ErrorKind::Invalid, "a name is required");
        }
        let found = tx.thing(address)?;
        match step.action {
            Action::Create => self.create(found),
            Action::Update => self.update(found),
            Action::Replace => self.replace(found),
            Action::Adopt => self.adopt(found),
            Action::Delete => self.delete(found),
            Action::Forget => self.forget(found),
        }
    }

    fn management(&self) -> Management {
        match self.step.management {
            Management::Fields => Management::Fields,
            Management::Whole => self.backend.management(&self.step.address.kind),
        }
    }

    fn is_ours(&self, thing: &Thing) -> bool {
        thing.ownership(&self.owner.facility, self.management()) == Ownership::Ours
    }

    /// What the step wants, if it has a shape that can be wanted.
    fn desired(&self) -> Tried<&Value> {
        let address = &self.step.address;
        let Some(desired) = &self.step.desired else {
            return refuse(ErrorKind::Invalid, format!("it is not said what {address} is to be"));
        };
        if !desired.is_object() {
            return refuse(ErrorKind::Invalid, format!("{address} must be an object"));
        }
        let named = [("name", Some(&address.name)), ("namespace", address.namespace.as_ref())];
        for (key, wanted) in named {
            let found =
                desired.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Value::as_str);
            if found.is_some() && found != wanted.map(String::as_str) {
                let message = format!("metadata.{key} does not match the {key} of {address}");
                let error = ApplyError::new(ErrorKind::Invalid, message).field(path!["metadata", key]);
                return Err(Trouble::Refused(error));
            }
        }
        Ok(desired)
    }

    /// Everything that it stands on is there, and is to stay.
    fn footing(&self) -> Tried<()> {
        let address = &self.step.address;
        let home = home(address).filter(|_| address.backend == "kubernetes");
        for needed in home.iter().chain(&self.step.requires) {
            match self.tx.thing(needed)? {
                None => return refuse(ErrorKind::NotYet, format!("{needed} not found")),
                Some(thing) if thing.deleting.is_some() => {
                    return refuse(ErrorKind::NotYet, format!("{needed} is being deleted"));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// What was seen is what is there.
    fn unmoved(&self, thing: &Thing) -> Tried<()> {
        let seen = &self.step.handle;
        let is = |key: &str, value: u64| seen.get(key).and_then(Value::as_u64) == Some(value);
        if !is("uid", thing.uid) {
            return refuse(ErrorKind::Stale, format!("{} is another one than was seen", self.step.address));
        }
        if !is("generation", thing.generation) {
            return refuse(ErrorKind::Stale, format!("{} has changed since it was seen", self.step.address));
        }
        Ok(())
    }

    fn not_ours<T>(&self, thing: &Thing) -> Tried<T> {
        let whose = match thing.ownership(&self.owner.facility, self.management()) {
            Ownership::Other(name) => format!("belongs to {name}"),
            _ => "was not made by afctl".to_owned(),
        };
        refuse(ErrorKind::NotOurs, format!("{} is there already and {whose}", self.step.address))
    }

    /// Whether it is there just as it is wanted: what a step finds that was done before.
    fn is_done(&self, thing: &Thing, desired: &Value) -> bool {
        self.is_ours(thing) && thing.deleting.is_none() && thing.holds(&self.owner.facility, desired)
    }

    fn resource(&self, desired: &Value) -> Resource {
        let mut resource =
            Resource::new(self.step.address.clone(), desired.clone(), self.step.origin.path.clone());
        resource.management = self.management();
        resource
    }

    fn write(&self, mut thing: Thing, desired: &Value, what: &str) -> Tried<bool> {
        if self.management() == Management::Whole {
            thing.mark = Some(Mark::Facility(self.owner.facility.clone()));
        }
        let applied = self.backend.fingerprint(&self.resource(desired));
        thing.write(&self.owner.facility, desired, applied, self.step.origin.path.clone());
        self.tx.put(&self.step.address, &mut thing)?;
        self.note(&self.step.address, what)?;
        Ok(true)
    }

    fn note(&self, address: &Address, what: &str) -> Tried<()> {
        let by = format!("afctl/{}", self.owner.facility);
        let op = self.tx.meta(meta::OPS)?;
        Ok(self.tx.note(address, &Done { op, by, what: what.to_owned() })?)
    }

    fn make(&self, desired: &Value, what: &str) -> Tried<bool> {
        let address = &self.step.address;
        if self.management() == Management::Fields {
            return refuse(ErrorKind::NotYet, format!("{address} is not there, and afctl does not make it"));
        }
        self.footing()?;
        let empty = Value::Object(serde_json::Map::new());
        self.write(Thing::new(self.tx.next(meta::UID)?, empty), desired, what)
    }

    fn create(&self, found: Option<Thing>) -> Tried<bool> {
        let desired = self.desired()?;
        let Some(thing) = found else { return self.make(desired, "created") };
        let address = &self.step.address;
        if self.is_done(&thing, desired) {
            return Ok(false);
        }
        if self.management() == Management::Fields && self.step.handle.is_null() && !self.is_ours(&thing) {
            // It has come since it was looked for; that was foreseen.
            return self.write(thing, desired, "fields applied");
        }
        if !self.is_ours(&thing) {
            return self.not_ours(&thing);
        }
        if thing.deleting.is_some() {
            return refuse(ErrorKind::NotYet, format!("{address} is still being deleted"));
        }
        refuse(ErrorKind::Stale, format!("{address} is there already"))
    }

    fn update(&self, found: Option<Thing>) -> Tried<bool> {
        let desired = self.desired()?;
        let address = &self.step.address;
        let Some(thing) = found else {
            return refuse(ErrorKind::Stale, format!("{address} is no longer there"));
        };
        if self.is_done(&thing, desired) {
            return Ok(false);
        }
        if self.management() == Management::Whole && !self.is_ours(&thing) {
            return self.not_ours(&thing);
        }
        self.unmoved(&thing)?;
        if thing.deleting.is_some() {
            return refuse(ErrorKind::Stale, format!("{address} is being deleted"));
        }
        self.footing()?;
        let seen = thing.clone().observed(address.clone(), self.owner, self.management(), 0);
        match self.backend.classify(&seen, &self.resource(desired)).verdict {
            Verdict::Replace(fields) => {
                let named: Vec<_> = fields.iter().map(ToString::to_string).collect();
                let message = format!("{} of {address} cannot be changed", named.join(", "));
                let error = ApplyError::new(ErrorKind::Invalid, message);
                Err(Trouble::Refused(match fields.into_iter().next() {
                    Some(field) => error.field(field),
                    None => error,
                }))
            }
            Verdict::Refused { why, do_instead } => {
                Err(Trouble::Refused(ApplyError::new(ErrorKind::Invalid, why).help(do_instead)))
            }
            Verdict::Same | Verdict::InPlace | Verdict::Disruptive(_) => {
                self.write(thing, desired, "updated")
            }
        }
    }

    fn replace(&self, found: Option<Thing>) -> Tried<bool> {
        let desired = self.desired()?;
        let address = &self.step.address;
        let Some(thing) = found else { return self.make(desired, "made again") };
        let is_old = self.step.handle.get("uid").and_then(Value::as_u64) == Some(thing.uid);
        if !is_old && self.is_done(&thing, desired) {
            return Ok(false);
        }
        if is_old && thing.deleting.is_some() {
            return refuse(ErrorKind::NotYet, format!("{address} is still being deleted"));
        }
        self.footing()?;
        self.remove(&thing)?;
        if self.tx.thing(address)?.is_some() {
            return refuse(ErrorKind::NotYet, format!("{address} is being deleted"));
        }
        self.make(desired, "made again")
    }

    fn adopt(&self, found: Option<Thing>) -> Tried<bool> {
        let desired = self.desired()?;
        let Some(thing) = found else {
            return refuse(ErrorKind::Stale, format!("{} is no longer there", self.step.address));
        };
        if self.is_done(&thing, desired) {
            return Ok(false);
        }
        self.unmoved(&thing)?;
        self.footing()?;
        self.write(thing, desired, "taken over")
    }

    fn delete(&self, found: Option<Thing>) -> Tried<bool> {
        let Some(thing) = found else { return Ok(false) };
        if thing.deleting.is_some() && self.is_ours(&thing) {
            return Ok(false);
        }
        self.remove(&thing)?;
        Ok(true)
    }

    /// Deletes it, or begins to.
    fn remove(&self, thing: &Thing) -> Tried<()> {
        let address = &self.step.address;
        if self.management() == Management::Fields {
            return refuse(ErrorKind::Invalid, format!("{address} is not afctl's to delete"));
        }
        if !self.is_ours(thing) {
            return self.not_ours(thing);
        }
        self.unmoved(thing)?;
        let claims = claims(self.tx, address)?;
        let seen = self.step.handle.get("claims").and_then(Value::as_u64).unwrap_or(0);
        if claims as u64 > seen {
            let message = format!("{address} holds {claims} PersistentVolumeClaims, and {seen} were seen");
            return refuse(ErrorKind::Stale, message);
        }
        self.note(address, "deleted")?;
        Ok(begin_delete(self.tx, address, thing.clone(), self.linger)?)
    }

    fn forget(&self, found: Option<Thing>) -> Tried<bool> {
        let Some(mut thing) = found else { return Ok(false) };
        if !thing.parts.contains_key(&self.owner.facility) {
            return Ok(false);
        }
        self.unmoved(&thing)?;
        if self.management() == Management::Fields {
            thing.forget(&self.owner.facility);
        } else {
            thing.parts.remove(&self.owner.facility);
            thing.mark = None;
        }
        self.tx.put(&self.step.address, &mut thing)?;
        self.note(&self.step.address, "let go")?;
        Ok(true)
    }
}

/// How many volumes are in a namespace.
pub(super) fn claims(tx: &Tx<'_>, address: &Address) -> Result<usize, redb::Error> {
    if address.kind != "Namespace" {
        return Ok(0);
    }
    Ok(tx.members(address)?.iter().filter(|member| member.kind == "PersistentVolumeClaim").count())
}

/// Begins to delete a thing: namespaces, and what a rule makes linger, stay for some operations.
pub(super) fn begin_delete(
    tx: &Tx<'_>,
    address: &Address,
    mut thing: Thing,
    linger: Option<u64>,
) -> Result<(), redb::Error> {
    let is_namespace = address.kind == "Namespace";
    let operations = match linger {
        Some(operations) => operations,
        None if is_namespace => tx.meta(meta::LINGER)?,
        None => 0,
    };
    if operations == 0 {
        return depart(tx, address);
    }
    let why = if is_namespace { "what is in it is being deleted" } else { "it is being deleted" };
    thing.deleting = Some(why.to_owned());
    tx.put(address, &mut thing)?;
    tx.set_leaving(address, operations)
}

/// Takes a thing away, with what is in it.
fn depart(tx: &Tx<'_>, address: &Address) -> Result<(), redb::Error> {
    if address.kind == "Namespace" {
        let op = tx.meta(meta::OPS)?;
        for member in tx.members(address)? {
            tx.remove(&member)?;
            let what = "deleted with its namespace".to_owned();
            tx.note(&member, &Done { op, by: "the simulated world".to_owned(), what })?;
        }
    }
    tx.remove(address)
}

/// One operation more: what is being deleted comes nearer to its end.
pub(super) fn tick(tx: &Tx<'_>) -> Result<(), redb::Error> {
    tx.next(meta::OPS)?;
    for (address, left) in tx.leaving()? {
        if left <= 1 {
            depart(tx, &address)?;
        } else {
            tx.set_leaving(&address, left - 1)?;
        }
    }
    Ok(())
}
