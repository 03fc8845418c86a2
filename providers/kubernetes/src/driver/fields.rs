//! Who wrote which field, read from `metadata.managedFields`.
//!
//! Guarantees: what is called ours is exactly what the server would take away if we no longer applied it; paths are
//! those of the live object, with lists by position. Assumes the `FieldsV1` form: `f:` a key, `k:` an item by its keys,
//! `v:` an item by its value, `i:` an item by position, `.` the thing itself, and `{}` for all below.

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::Path;
use afctl_contract::place::Segment;
use serde_json::{Map, Value};

use crate::labels::MANAGER;

/// What we wrote of an object, and what others did.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Written {
    /// The part of the object that is ours.
    pub ours: Value,
    /// Fields of others, and who they are.
    pub others: BTreeMap<Path, String>,
}

/// Reads the `managedFields` of `live`.
pub(super) fn written(live: &Value, managed_fields: &[Value]) -> Written {
    let ours = managed_fields.iter().find(|entry| is_ours(entry)).map(|entry| &entry["fieldsV1"]);
    let mut mine = BTreeSet::new();
    if let Some(fields) = ours {
        leaves(live, fields, &Path::root(), &mut |path| {
            mine.insert(path);
        });
    }
    let mut others = BTreeMap::new();
    for entry in managed_fields {
        let Some(manager) = entry["manager"].as_str() else { continue };
        // Status is what others are for, and a second entry of ours (the taints of nodes) is no one else.
        if manager == MANAGER || !entry["subresource"].as_str().unwrap_or_default().is_empty() {
            continue;
        }
        leaves(live, &entry["fieldsV1"], &Path::root(), &mut |path| {
            let is_status = path.segments().first() == Some(&Segment::from("status"));
            if !is_status && !mine.contains(&path) {
                others.insert(path, manager.to_owned());
            }
        });
    }
    let ours = ours.and_then(|fields| project(live, fields)).unwrap_or_else(|| Value::Object(Map::new()));
    Written { ours, others }
}

fn is_ours(entry: &Value) -> bool {
    entry["manager"] == MANAGER
        && entry["operation"] == "Apply"
        && entry["subresource"].as_str().unwrap_or_default().is_empty()
}

/// Names of those who wrote something other than status, the latest last.
pub(super) fn managers(managed_fields: &[Value]) -> Vec<&str> {
    let mut entries: Vec<&Value> = managed_fields
        .iter()
        .filter(|entry| entry["subresource"].as_str().unwrap_or_default().is_empty())
        .collect();
    entries.sort_by_key(|entry| entry["time"].as_str().unwrap_or_default());
    entries.iter().filter_map(|entry| entry["manager"].as_str()).collect()
}

/// How a `FieldsV1` names an item of a list.
enum Item<'a> {
    Keys(Map<String, Value>, &'a Value),
    Same(Value, &'a Value),
    At(usize, &'a Value),
}

impl<'a> Item<'a> {
    fn read(key: &str, below: &'a Value) -> Option<Self> {
        let (form, rest) = key.split_once(':')?;
        match form {
            "k" => Some(Self::Keys(serde_json::from_str(rest).ok()?, below)),
            "v" => Some(Self::Same(serde_json::from_str(rest).ok()?, below)),
            "i" => Some(Self::At(rest.parse().ok()?, below)),
            _ => None,
        }
    }

    fn below(&self) -> &'a Value {
        match self {
            Self::Keys(_, below) | Self::Same(_, below) | Self::At(_, below) => below,
        }
    }

    fn is(&self, index: usize, item: &Value) -> bool {
        match self {
            Self::Keys(keys, _) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
            Self::Same(value, _) => item == value,
            Self::At(at, _) => *at == index,
        }
    }
}

fn items(fields: &Map<String, Value>) -> Vec<Item<'_>> {
    fields.iter().filter_map(|(key, below)| Item::read(key, below)).collect()
}

/// The keys below, `None` where all below is meant.
fn below(fields: &Value) -> Option<&Map<String, Value>> {
    fields.as_object().filter(|map| !map.is_empty())
}

/// The part of `live` that `fields` names.
fn project(live: &Value, fields: &Value) -> Option<Value> {
    let Some(fields) = below(fields) else { return Some(live.clone()) };
    match live {
        Value::Object(map) => {
            let mut out = Map::new();
            for (key, below) in fields {
                let Some(name) = key.strip_prefix("f:") else { continue };
                if let Some(value) = map.get(name).and_then(|value| project(value, below)) {
                    out.insert(name.to_owned(), value);
                }
            }
            Some(Value::Object(out))
        }
        Value::Array(list) => {
            let named = items(fields);
            let kept = list.iter().enumerate().filter_map(|(i, item)| {
                let found = named.iter().find(|named| named.is(i, item))?;
                project(item, found.below())
            });
            Some(Value::Array(kept.collect()))
        }
        Value::Null => None,
        leaf => Some(leaf.clone()),
    }
}

/// The paths of `live` that `fields` names, without those that are named only because something below them is.
fn leaves(live: &Value, fields: &Value, at: &Path, each: &mut dyn FnMut(Path)) {
    let named = fields.as_object().filter(|map| map.keys().any(|key| key != "."));
    let Some(named) = named else {
        each(at.clone());
        return;
    };
    match live {
        Value::Object(map) => {
            for (key, below) in named {
                let Some(name) = key.strip_prefix("f:") else { continue };
                if let Some(value) = map.get(name) {
                    leaves(value, below, &at.join(name), each);
                }
            }
        }
        Value::Array(list) => {
            let named = items(named);
            for (i, item) in list.iter().enumerate() {
                if let Some(found) = named.iter().find(|named| named.is(i, item)) {
                    leaves(item, found.below(), &at.join(i), each);
                }
            }
        }
        _ => each(at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use afctl_contract::path;
    use serde_json::json;

    fn entry(manager: &str, operation: &str, fields: &Value) -> Value {
        json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields})
    }

    #[test]
    fn only_what_we_applied_is_ours() {
        let live = json!({
            "metadata": {"labels": {"a": "1", "b": "2"}, "finalizers": ["x", "y"]},
            "spec": {"hard": {"cpu": "4", "pods": "9"}, "ports": [
                {"containerPort": 80, "protocol": "TCP", "name": "web"},
                {"containerPort": 90, "protocol": "TCP"}
            ]},
            "status": {"used": {"cpu": "1"}}
        });
        let fields = vec![
            entry(
                "afctl",
                "Apply",
                &json!({
                    "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"x\"": {}}},
                    "f:spec": {
                        "f:hard": {"f:cpu": {}},
                        "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}
                    }
                }),
            ),
            entry(
                "kubectl-edit",
                "Update",
                &json!({
                    "f:metadata": {"f:labels": {".": {}, "f:b": {}}, "f:finalizers": {".": {}, "v:\"y\"": {}}},
                    "f:spec": {"f:hard": {"f:cpu": {}, "f:pods": {}, "f:gone": {}}},
                    "f:status": {"f:used": {}}
                }),
            ),
            json!({"manager": "kcm", "operation": "Update", "subresource": "status", "fieldsV1": {"f:spec": {}}}),
        ];
        let written = written(&live, &fields);
        assert_eq!(
            written.ours,
            json!({
                "metadata": {"labels": {"a": "1"}, "finalizers": ["x"]},
                "spec": {"hard": {"cpu": "4"}, "ports": [{"containerPort": 80}]}
            })
        );
        let others: Vec<_> = written.others.into_iter().collect();
        let by = |path| (path, "kubectl-edit".to_owned());
        assert_eq!(
            others,
            [
                by(path!["metadata", "finalizers", 1]),
                by(path!["metadata", "labels", "b"]),
                by(path!["spec", "hard", "pods"]),
            ]
        );
    }

    #[test]
    fn atomic_lists_and_maps_are_taken_whole() {
        let live = json!({"spec": {"rules": [{"a": [1]}, {"b": 2}], "selector": {"x": "y"}, "n": null}});
        let fields = json!({"f:spec": {"f:rules": {}, "f:selector": {}, "f:n": {"f:x": {}}}});
        let written = written(&live, &[entry("afctl", "Apply", &fields)]);
        assert_eq!(written.ours, json!({"spec": {"rules": [{"a": [1]}, {"b": 2}], "selector": {"x": "y"}}}));
        assert!(written.others.is_empty());
    }

    #[test]
    fn an_update_under_our_name_is_not_an_application() {
        let live = json!({"spec": {"taints": [{"key": "k"}]}});
        let written = written(&live, &[entry("afctl", "Update", &json!({"f:spec": {"f:taints": {}}}))]);
        assert_eq!(written, Written { ours: json!({}), others: BTreeMap::new() });
    }
}
