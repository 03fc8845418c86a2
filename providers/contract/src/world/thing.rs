//! One thing of the simulated world: what it is, whose it is, and which parts of it who wrote.
//!
//! Writing follows the rules of Kubernetes' server-side apply: each facility owns the fields that it applied, fields that
//! it no longer applies go away, fields that others wrote stay until it writes them itself, lists are replaced whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::change::digest;
use crate::inventory::{Observed, Owner, Ownership};
use crate::place::{Path, Segment};
use crate::resource::{Address, Management};

/// Whose mark a thing bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// That of a facility of afctl's.
    Facility(String),
    /// That of another tool.
    Tool(String),
}

/// What one facility wrote of a thing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The fields, as written; those that somebody changed since are taken out.
    pub managed: Value,
    /// What [`crate::Backend::fingerprint`] said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<String>,
    /// The place of the strawman that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Path>,
}

/// One thing of the simulated world.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thing {
    /// What it is.
    pub live: Value,
    /// Whose mark it bears, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Whether it was there without anybody making it, as nodes are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given: bool,
    /// What each facility wrote of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Part>,
    /// Fields that somebody else wrote, and who.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<Path, String>,
    /// What tells it from another of the same name, made before or after.
    pub uid: u64,
    /// Grows by one with each change.
    pub generation: u64,
    /// Why it is still there although it is being deleted, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleting: Option<String>,
    /// What its deletion would lose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Digest of all of this.
    pub seal: String,
}

/// Something that happened to a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// After how many operations on the world.
    pub op: u64,
    /// Who did it.
    pub by: String,
    /// What was done, in a few words.
    pub what: String,
}

impl Thing {
    /// A new one, not yet sealed.
    pub(super) const fn new(uid: u64, live: Value) -> Self {
        Self {
            live,
            mark: None,
            given: false,
            parts: BTreeMap::new(),
            others: BTreeMap::new(),
            uid,
            generation: 0,
            deleting: None,
            data: None,
            seal: String::new(),
        }
    }

    /// One generation on, with the digest of what it is now.
    pub(super) fn sealed(&mut self) {
        self.generation += 1;
        let managed: Map<String, Value> =
            self.parts.iter().map(|(facility, part)| (facility.clone(), part.managed.clone())).collect();
        let mark = match &self.mark {
            None => Value::Null,
            Some(Mark::Facility(name)) => json!({"facility": name}),
            Some(Mark::Tool(name)) => json!({"tool": name}),
        };
        self.seal =
            digest(&json!([self.uid, self.generation, mark, self.live, managed, self.deleting, self.data]));
    }

    /// Whose it is, to one facility. Of a thing of which only fields are ever ours, it is ours if we wrote any.
    pub(super) fn ownership(&self, facility: &str, management: Management) -> Ownership {
        match (&self.mark, management) {
            (_, Management::Fields) if self.parts.contains_key(facility) => Ownership::Ours,
            (Some(Mark::Facility(name)), Management::Whole) if name == facility => Ownership::Ours,
            (Some(Mark::Facility(name)), _) => Ownership::Other(format!("the afctl facility {name}")),
            (Some(Mark::Tool(name)), _) => Ownership::Other(name.clone()),
            (None, _) => Ownership::Unmarked,
        }
    }

    /// What a facility sees of it. `claims` is how many volumes are in it, if it is a namespace.
    pub(super) fn observed(
        self,
        address: Address,
        owner: &Owner,
        management: Management,
        claims: usize,
    ) -> Observed {
        let ownership = self.ownership(&owner.facility, management);
        let handle = self.handle(claims);
        let Self { live, mut parts, mut others, deleting, data, seal, .. } = self;
        let mine = parts.remove(&owner.facility).unwrap_or_default();
        for (facility, part) in &parts {
            for leaf in leaves(&part.managed) {
                others.entry(leaf).or_insert_with(|| facility.clone());
            }
        }
        let claimed = (claims > 0).then(|| match claims {
            1 => "1 PersistentVolumeClaim".to_owned(),
            n => format!("{n} PersistentVolumeClaims"),
        });
        let digest = if claims > 0 { digest(&json!([seal, claims])) } else { seal };
        let data = data.or(claimed).or_else(|| {
            (address.kind == "PersistentVolumeClaim").then(|| {
                let size = live.pointer("/spec/resources/requests/storage").and_then(Value::as_str);
                size.map_or_else(|| "what is in the volume".to_owned(), |size| format!("a volume of {size}"))
            })
        });
        Observed {
            address,
            ownership,
            live,
            managed: mine.managed,
            others,
            applied: mine.applied,
            origin: mine.origin,
            digest,
            data,
            deleting,
            handle,
        }
    }

    /// What finds exactly this one again, as it was seen.
    pub(super) fn handle(&self, claims: usize) -> Value {
        json!({"uid": self.uid, "generation": self.generation, "claims": claims})
    }

    /// Whether the facility's part is just this, and nobody changed it.
    pub(super) fn holds(&self, facility: &str, desired: &Value) -> bool {
        self.parts.get(facility).is_some_and(|part| part.managed == *desired)
    }

    /// Writes what a facility wants of it. What it wrote before and wants no longer goes away.
    pub(super) fn write(&mut self, facility: &str, desired: &Value, applied: String, origin: Path) {
        let before = self.parts.remove(facility).unwrap_or_default();
        withdraw(&mut self.live, &before.managed, Some(desired));
        overlay(&mut self.live, desired);
        self.others.retain(|path, _| !covers(desired, path.segments()));
        let part = Part { managed: desired.clone(), applied: Some(applied), origin: Some(origin) };
        self.parts.insert(facility.to_owned(), part);
    }

    /// Takes away what a facility wrote of it.
    pub(super) fn forget(&mut self, facility: &str) {
        if let Some(part) = self.parts.remove(facility) {
            withdraw(&mut self.live, &part.managed, None);
        }
    }

    /// Somebody sets a field, or takes it away. Says whether that changed anything, or why it cannot be done.
    pub(super) fn meddle(&mut self, path: &Path, value: Option<Value>, by: &str) -> Result<bool, String> {
        let removed = value.is_none();
        if !set(&mut self.live, path.segments(), value)? {
            return Ok(false);
        }
        for part in self.parts.values_mut() {
            release(&mut part.managed, path.segments());
        }
        self.others.retain(|other, _| !other.is_within(path));
        if !removed {
            self.others.insert(path.clone(), by.to_owned());
        }
        Ok(true)
    }
}

/// Puts `desired` over `live`: mappings are merged, everything else is replaced.
pub(super) fn overlay(live: &mut Value, desired: &Value) {
    match (live, desired) {
        (Value::Object(live), Value::Object(desired)) => {
            for (key, value) in desired {
                match live.get_mut(key) {
                    Some(there) => overlay(there, value),
                    None => {
                        live.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (live, desired) => *live = desired.clone(),
    }
}

/// Takes from `live` what `managed` has and `desired` has not. Says whether `live` is left without anything.
fn withdraw(live: &mut Value, managed: &Value, desired: Option<&Value>) -> bool {
    match (live, managed, desired) {
        (Value::Object(live), Value::Object(managed), desired) if desired.is_none_or(Value::is_object) => {
            for (key, value) in managed {
                let wanted = desired.and_then(|desired| desired.get(key));
                if live.get_mut(key).is_some_and(|there| withdraw(there, value, wanted)) {
                    live.shift_remove(key);
                }
            }
            desired.is_none() && live.is_empty()
        }
        (_, Value::Null, _) => false,
        (_, _, desired) => desired.is_none(),
    }
}

/// Whether whoever writes `desired` writes what stands at this path.
fn covers(desired: &Value, path: &[Segment]) -> bool {
    match (desired, path) {
        (Value::Object(map), [Segment::Key(key), rest @ ..]) => {
            map.get(key).is_some_and(|value| covers(value, rest))
        }
        (Value::Object(map), []) => !map.is_empty(),
        (Value::Object(_), [Segment::Index(_), ..]) => false,
        _ => true,
    }
}

/// Takes a path out of what somebody wrote; a list of which an item changes is no longer theirs at all.
fn release(managed: &mut Value, path: &[Segment]) {
    let Value::Object(map) = managed else { return };
    match path {
        [Segment::Key(key)] | [Segment::Key(key), Segment::Index(_), ..] => {
            map.shift_remove(key);
        }
        [Segment::Key(key), rest @ ..] => {
            if map.get(key).is_some_and(|value| !value.is_object()) {
                map.shift_remove(key);
            } else if let Some(value) = map.get_mut(key) {
                release(value, rest);
            }
        }
        _ => {}
    }
}

/// Sets what stands at a path, or takes it away. Says whether anything changed, or why it cannot be done.
fn set(live: &mut Value, path: &[Segment], value: Option<Value>) -> Result<bool, String> {
    match (live, path) {
        (_, []) => Err("a field is needed, such as spec.replicas".to_owned()),
        (Value::Object(map), [Segment::Key(key)]) => Ok(match value {
            None => map.shift_remove(key).is_some(),
            Some(value) => map.insert(key.clone(), value.clone()) != Some(value),
        }),
        (Value::Array(items), [Segment::Index(at)]) if *at < items.len() => Ok(match value {
            None => {
                items.remove(*at);
                true
            }
            Some(value) => std::mem::replace(&mut items[*at], value.clone()) != value,
        }),
        (Value::Array(items), [Segment::Index(at)]) if *at == items.len() => {
            let changed = value.is_some();
            items.extend(value);
            Ok(changed)
        }
        (Value::Object(map), [Segment::Key(key), rest @ ..]) => {
            if value.is_none() && !map.contains_key(key) {
                return Ok(false);
            }
            let below = map.entry(key.clone()).or_insert_with(|| match rest {
                [Segment::Index(_), ..] => Value::Array(Vec::new()),
                _ => Value::Object(Map::new()),
            });
            set(below, rest, value)
        }
        (Value::Array(items), [Segment::Index(at), rest @ ..]) if *at < items.len() => {
            set(&mut items[*at], rest, value)
        }
        (there, [segment, ..]) => {
            let (segment, there) = (Path::from_iter([segment.clone()]), there.to_string());
            let there: String = there.chars().take(60).collect();
            Err(format!("there is no `{segment}` in {there}"))
        }
    }
}

/// The paths of all that is neither a mapping nor within a list.
fn leaves(value: &Value) -> Vec<Path> {
    fn walk(value: &Value, at: &Path, found: &mut Vec<Path>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    walk(value, &at.join(key.as_str()), found);
                }
            }
            Value::Null => {}
            _ => found.push(at.clone()),
        }
    }
    let mut found = Vec::new();
    walk(value, &Path::root(), &mut found);
    found
}
