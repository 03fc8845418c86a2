//! The tables of the simulated world, and how their keys and values are written.
//!
//! Things are kept under the text of their address, so that those of one site and backend, and of one kind among them,
//! lie together.

use redb::TableDefinition;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::thing::{Part, Thing};
use crate::resource::{Address, AddressError};

/// What the database says.
pub(super) type Stored<T> = Result<T, redb::Error>;

/// Address -> [`Thing`] as JSON.
pub(super) const THINGS: TableDefinition<&str, &[u8]> = TableDefinition::new("things");
/// Namespace and what is in it.
pub(super) const MEMBERS: TableDefinition<(&str, &str), ()> = TableDefinition::new("members");
/// What is being deleted, and for how many operations more.
pub(super) const LEAVING: TableDefinition<&str, u64> = TableDefinition::new("leaving");
/// What was given, and the digest of it.
pub(super) const GIVEN: TableDefinition<&str, &str> = TableDefinition::new("given");
/// Facility and address: what [`crate::Driver::record`] keeps in mind.
pub(super) const RECORDED: TableDefinition<(&str, &str), ()> = TableDefinition::new("recorded");
/// Number -> [`Rule`] as JSON.
pub(super) const RULES: TableDefinition<u64, &[u8]> = TableDefinition::new("rules");
/// Rule, and address or nothing: how often it matched and how often it struck.
pub(super) const STRUCK: TableDefinition<(u64, &str), (u64, u64)> = TableDefinition::new("struck");
/// Verb and kind: calls, and those that changed something.
pub(super) const CALLS: TableDefinition<(&str, &str), (u64, u64)> = TableDefinition::new("calls");
/// Address and number -> [`Done`] as JSON.
pub(super) const HISTORY: TableDefinition<(&str, u64), &[u8]> = TableDefinition::new("history");
/// Counters and settings.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// Version of the tables.
pub(super) const FORMAT: u64 = 1;

/// Names in [`META`].
pub(super) mod meta {
    /// Operations so far.
    pub const OPS: &str = "ops";
    /// The last UID given out.
    pub const UID: &str = "uid";
    /// The last event's number.
    pub const EVENT: &str = "event";
    /// The last rule's number.
    pub const RULE: &str = "rule";
    /// Whether every call is refused.
    pub const STOPPED: &str = "stopped";
    /// For how many operations a deleted namespace stays.
    pub const LINGER: &str = "linger";
    /// See [`super::FORMAT`].
    pub const FORMAT: &str = "format";
}

/// As it is kept.
pub(super) fn encode(value: &impl Serialize) -> Stored<Vec<u8>> {
    serde_json::to_vec(value).map_err(|e| redb::Error::Corrupted(e.to_string()))
}

/// What was kept.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Stored<T> {
    serde_json::from_slice(bytes).map_err(|e| redb::Error::Corrupted(e.to_string()))
}

/// The address of the namespace that a thing is in.
pub(super) fn home(address: &Address) -> Option<Address> {
    Some(Address {
        kind: "Namespace".to_owned(),
        name: address.namespace.clone()?,
        namespace: None,
        ..address.clone()
    })
}

/// The address that a key is.
pub(super) fn parsed(text: &str) -> Stored<Address> {
    text.parse().map_err(|e: AddressError| redb::Error::Corrupted(e.to_string()))
}

/// A thing as it is kept: what a facility wrote is mostly all that there is, and is not kept twice.
#[derive(Serialize, Deserialize)]
struct Packed<T> {
    thing: T,
    /// The facilities whose part is all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    whole: Vec<String>,
}

/// A thing as it is kept.
pub(super) fn pack(thing: &Thing) -> Stored<Vec<u8>> {
    let is_whole = |part: &Part| part.managed == thing.live;
    let whole: Vec<String> =
        thing.parts.iter().filter(|(_, part)| is_whole(part)).map(|(name, _)| name.clone()).collect();
    if whole.is_empty() {
        return encode(&Packed { thing, whole });
    }
    let mut thing = thing.clone();
    for name in &whole {
        if let Some(part) = thing.parts.get_mut(name) {
            part.managed = Value::Null;
        }
    }
    encode(&Packed { thing, whole })
}

/// The thing that was kept.
pub(super) fn unpack(bytes: &[u8]) -> Stored<Thing> {
    let Packed { mut thing, whole } = decode::<Packed<Thing>>(bytes)?;
    for name in &whole {
        if let Some(part) = thing.parts.get_mut(name) {
            part.managed = thing.live.clone();
        }
    }
    Ok(thing)
}
