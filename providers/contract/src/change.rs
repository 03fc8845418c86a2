//! Differences between what is and what is wanted.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::place::{Path, Segment};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where, in the resource.
    pub path: Path,
    /// What is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// Who wrote what is there, where it was not us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What a difference needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing.
    Same,
    /// An update that disturbs nobody.
    InPlace,
    /// An update that disturbs; what it does is said here.
    Disruptive(String),
    /// It must be deleted and made again, because of these fields.
    Replace(Vec<Path>),
    /// It is not done.
    Refused {
        /// Why.
        why: String,
        /// What to do instead.
        do_instead: String,
    },
}

/// What differs, and what that needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// Fields that differ.
    pub fields: Vec<FieldChange>,
    /// What that needs.
    pub verdict: Verdict,
}

impl Classified {
    /// In place if anything differs.
    pub const fn in_place(fields: Vec<FieldChange>) -> Self {
        let verdict = if fields.is_empty() { Verdict::Same } else { Verdict::InPlace };
        Self { fields, verdict }
    }
}

/// Digest of a value, the same for any order of keys: SHA-256, the first 32 hex digits.
pub fn digest(value: &Value) -> String {
    fn feed(value: &Value, hash: &mut Sha256) {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<_> = map.iter().collect();
                keys.sort_by_key(|(key, _)| *key);
                hash.update(b"{");
                for (key, value) in keys {
                    hash.update(Value::from(key.as_str()).to_string());
                    hash.update(b":");
                    feed(value, hash);
                    hash.update(b",");
                }
                hash.update(b"}");
            }
            Value::Array(items) => {
                hash.update(b"[");
                for item in items {
                    feed(item, hash);
                    hash.update(b",");
                }
                hash.update(b"]");
            }
            leaf => hash.update(leaf.to_string()),
        }
    }
    let mut hash = Sha256::new();
    feed(value, &mut hash);
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut text, byte| {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// How a backend compares values that are written differently and mean the same (`1000m` and `1`).
pub type Same<'a> = &'a dyn Fn(&Path, &Value, &Value) -> bool;

/// The fields of `desired` that `live` does not have so, and those of `managed` (what we wrote) that `desired` no longer
/// names. What `live` has besides is not ours and makes no difference. In lists, items are compared by position; a list
/// of another length differs as a whole.
pub fn compare(live: &Value, managed: &Value, desired: &Value, same: Same<'_>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    wanted(&Path::root(), Some(live), desired, same, &mut changes);
    removed(&Path::root(), managed, Some(desired), &mut changes);
    changes
}

fn wanted(at: &Path, live: Option<&Value>, desired: &Value, same: Same<'_>, changes: &mut Vec<FieldChange>) {
    match (live, desired) {
        (Some(Value::Object(live)), Value::Object(desired)) => {
            for (key, value) in desired {
                wanted(&at.join(key.as_str()), live.get(key), value, same, changes);
            }
        }
        (Some(Value::Array(live)), Value::Array(desired))
            if live.len() == desired.len() && desired.iter().any(Value::is_object) =>
        {
            for (i, (live, desired)) in live.iter().zip(desired).enumerate() {
                wanted(&at.join(Segment::Index(i)), Some(live), desired, same, changes);
            }
        }
        // An empty mapping or list that is wanted is there when nothing is.
        (None, Value::Object(map)) if map.is_empty() => {}
        (None, Value::Array(items)) if items.is_empty() => {}
        (Some(live), desired) if live == desired || same(at, live, desired) => {}
        (before, after) => changes.push(FieldChange {
            path: at.clone(),
            before: before.cloned(),
            after: Some(after.clone()),
            by: None,
        }),
    }
}

fn removed(at: &Path, managed: &Value, desired: Option<&Value>, changes: &mut Vec<FieldChange>) {
    match (managed, desired) {
        (Value::Object(managed), Some(Value::Object(desired))) => {
            for (key, value) in managed {
                removed(&at.join(key.as_str()), value, desired.get(key), changes);
            }
        }
        (Value::Object(map), None) if map.is_empty() => {}
        (before, None) => {
            changes.push(FieldChange {
                path: at.clone(),
                before: Some(before.clone()),
                after: None,
                by: None,
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;
    use proptest::prelude::*;
    use serde_json::json;

    fn exact(_: &Path, _: &Value, _: &Value) -> bool {
        false
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            (0i64..9).prop_map(Value::from),
            "[a-c]{0,3}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_thing_does_not_differ_from_itself(value in any_json()) {
            prop_assert!(compare(&value, &value, &value, &exact).is_empty());
        }

        #[test]
        fn what_others_add_makes_no_difference(value in prop::collection::btree_map("[a-d]", any_json(), 0..4)) {
            let desired = Value::Object(value.into_iter().collect());
            let mut live = desired.clone();
            live["added"] = json!({"by": "others"});
            prop_assert!(compare(&live, &desired, &desired, &exact).is_empty());
        }

        #[test]
        fn digests_do_not_depend_on_the_order_of_keys(map in prop::collection::btree_map("[a-f]", any_json(), 0..6)) {
            let forwards = Value::Object(map.clone().into_iter().collect());
            let backwards = Value::Object(map.into_iter().rev().collect());
            prop_assert_eq!(digest(&forwards), digest(&backwards));
        }
    }

    #[test]
    fn each_field_is_named() {
        let live = json!({"spec": {"a": 1, "b": [{"x": 1, "def": 0}], "gone": true}});
        let managed = json!({"spec": {"a": 1, "gone": true}});
        let desired = json!({"spec": {"a": 2, "b": [{"x": 3}], "new": "n"}});
        let changes = compare(&live, &managed, &desired, &exact);
        let paths: Vec<_> = changes.iter().map(|c| c.path.clone()).collect();
        assert_eq!(
            paths,
            [
                path!["spec", "a"],
                path!["spec", "b", 0usize, "x"],
                path!["spec", "new"],
                path!["spec", "gone"]
            ]
        );
        assert_eq!(changes[3].after, None);
    }
}
