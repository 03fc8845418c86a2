//! What differs between an object and what it is to be, and what that needs.
//!
//! Guarantees: amounts that are written differently and mean the same are no difference, nor is what the server adds or
//! what others wrote alike; a place that moved in the file changes nothing. Of a node only our labels, annotations and
//! taints are compared, taints as a set. What the server would refuse to change is known beforehand: it is replaced
//! where that loses nothing, and refused where it would lose data. Each row of [`FIXED`] is a rule of the API server
//! (Kubernetes 1.36, `pkg/apis/*/validation`) or of Kueue's own definitions.

use std::collections::BTreeSet;

use afctl_contract::place::Segment;
use afctl_contract::{Classified, FieldChange, Observed, Path, Resource, Verdict, compare, path};
use serde_json::Value;

use crate::kinds::{self, Kind};
use crate::labels::{DIGEST, ORIGIN, TAINTS};
use crate::quantity::{self, Quantity};

/// Fields that cannot be changed once they are there, by kind.
const FIXED: &[(&Kind, &[&str])] = &[
    (&kinds::PRIORITY_CLASS, &["value", "preemptionPolicy"]),
    (&kinds::ROLE_BINDING, &["roleRef"]),
    (&kinds::STORAGE_CLASS, &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    (&kinds::RESOURCE_QUOTA, &["spec.scopes"]),
    (&kinds::LOCAL_QUEUE, &["spec.clusterQueue"]),
    (&kinds::PERSISTENT_VOLUME, &["spec.csi", "spec.volumeMode"]),
    (
        &kinds::PERSISTENT_VOLUME_CLAIM,
        &["spec.accessModes", "spec.storageClassName", "spec.volumeName", "spec.volumeMode", "spec.selector"],
    ),
];

/// Whether an amount stands at this place.
fn is_quantity(at: &Path) -> bool {
    let segments = at.segments();
    if segments.first() == Some(&Segment::from("metadata")) {
        return false;
    }
    let key = |segment: Option<&Segment>| match segment {
        Some(Segment::Key(key)) => key.clone(),
        _ => String::new(),
    };
    let last = key(segments.last());
    let above = key(segments.len().checked_sub(2).and_then(|i| segments.get(i)));
    matches!(last.as_str(), "nominalQuota" | "borrowingLimit" | "lendingLimit" | "weight")
        || matches!(
            above.as_str(),
            "hard" | "requests" | "limits" | "capacity" | "max" | "min" | "default" | "defaultRequest"
        )
}

fn same(at: &Path, live: &Value, desired: &Value) -> bool {
    is_quantity(at) && quantity::same(live, desired)
}

/// What differs, and what that needs.
pub fn classify(observed: &Observed, desired: &Resource) -> Classified {
    let kind = kinds::find(&desired.address.kind);
    let mut fields = if kind == Some(&kinds::NODE) {
        node_fields(observed, desired)
    } else {
        compare(&observed.live, &observed.managed, &desired.desired, &same)
    };
    quieten(&mut fields, observed, desired);
    for field in &mut fields {
        field.by = written_by(observed, &field.path);
    }
    let verdict = judge(kind, &mut fields, observed, desired);
    Classified { fields, verdict }
}

/// Leaves out what is only bookkeeping, and makes sure that what the digest knows to differ is shown somehow.
fn quieten(fields: &mut Vec<FieldChange>, observed: &Observed, desired: &Resource) {
    let annotation = |key: &str| path!["metadata", "annotations", key];
    let (origin, digest, taints) = (annotation(ORIGIN), annotation(DIGEST), annotation(TAINTS));
    fields.retain(|field| field.path != origin);
    let sealed = fields.iter().position(|field| field.path == digest).map(|i| fields.remove(i));
    if fields.iter().any(|field| field.path == path!["spec", "taints"]) {
        fields.retain(|field| field.path != taints);
    }
    if let (true, Some(sealed)) = (fields.is_empty(), sealed) {
        // A field that went from an item of a list that is ours as a whole: only the list itself can show it.
        let applied = observed.applied.is_some();
        if applied {
            lists(&Path::root(), &observed.managed, &desired.desired, fields);
        }
        if fields.is_empty() {
            fields.push(sealed);
        }
    }
}

/// Lists that we wrote differently.
fn lists(at: &Path, managed: &Value, desired: &Value, changes: &mut Vec<FieldChange>) {
    match (managed, desired) {
        (Value::Object(managed), Value::Object(desired)) => {
            for (key, value) in desired {
                if let Some(before) = managed.get(key) {
                    lists(&at.join(key.as_str()), before, value, changes);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) if before != after => changes.push(FieldChange {
            path: at.clone(),
            before: Some(managed.clone()),
            after: Some(desired.clone()),
            by: None,
        }),
        _ => {}
    }
}

/// Who wrote what stands there: whoever wrote the nearest thing to it.
fn written_by(observed: &Observed, field: &Path) -> Option<String> {
    observed
        .others
        .iter()
        .filter(|(path, _)| field.is_within(path) || path.is_within(field))
        .max_by_key(|(path, _)| path.segments().len())
        .map(|(_, who)| who.clone())
}

fn taints(object: &Value) -> &[Value] {
    object["spec"]["taints"].as_array().map_or(&[], Vec::as_slice)
}

/// What makes a taint the same one, whatever its value.
fn identity(taint: &Value) -> (&str, &str) {
    (taint["key"].as_str().unwrap_or_default(), taint["effect"].as_str().unwrap_or_default())
}

/// Whether a taint stands there as wanted. A missing value is an empty one.
fn stands(taint: &Value, live: &[Value]) -> bool {
    let value = |taint: &Value| taint["value"].as_str().unwrap_or_default().to_owned();
    live.iter().any(|other| identity(other) == identity(taint) && value(other) == value(taint))
}

fn without_taints(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(spec) = bare.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("taints");
    }
    bare
}

fn node_fields(observed: &Observed, desired: &Resource) -> Vec<FieldChange> {
    let [live, managed, wanted] = [&observed.live, &observed.managed, &desired.desired].map(without_taints);
    let mut fields = compare(&live, &managed, &wanted, &same);
    let (there, ours, wanted) = (taints(&observed.live), taints(&observed.managed), taints(&desired.desired));
    let missing = wanted.iter().any(|taint| !stands(taint, there));
    let left = ours.iter().any(|taint| !wanted.iter().any(|w| identity(w) == identity(taint)));
    if missing || left {
        // Only what is ours, or is to be: the taints of others are none of our business.
        let named: BTreeSet<_> = ours.iter().chain(wanted).map(identity).collect();
        let before: Vec<Value> =
            there.iter().filter(|taint| named.contains(&identity(taint))).cloned().collect();
        let some = |list: Vec<Value>| (!list.is_empty()).then_some(Value::Array(list));
        fields.push(FieldChange {
            path: path!["spec", "taints"],
            before: some(before),
            after: some(wanted.to_vec()),
            by: None,
        });
    }
    fields
}

fn judge(
    kind: Option<&'static Kind>,
    fields: &mut Vec<FieldChange>,
    observed: &Observed,
    desired: &Resource,
) -> Verdict {
    if let Some(verdict) = stranded(kind, fields, observed) {
        return verdict;
    }
    if fields.is_empty() {
        return Verdict::Same;
    }
    let name = &desired.address.name;
    if kind == Some(&kinds::NODE) {
        return evicts(observed, desired).map_or(Verdict::InPlace, |keys| {
            Verdict::Disruptive(format!("evicts the pods on {name} that do not tolerate {keys}"))
        });
    }
    let fixed: Vec<Path> = FIXED
        .iter()
        .filter(|(of, _)| kind == Some(of))
        .flat_map(|(_, fixed)| fixed.iter())
        .filter_map(|fixed| fixed.parse::<Path>().ok())
        .flat_map(|fixed| {
            let within = fields.iter().filter(move |f| f.path.is_within(&fixed) || fixed.is_within(&f.path));
            within.map(|field| field.path.clone()).collect::<Vec<_>>()
        })
        .collect();
    if kind == Some(&kinds::PERSISTENT_VOLUME_CLAIM) {
        return claim(fields, fixed, observed, name);
    }
    if fixed.is_empty() {
        return Verdict::InPlace;
    }
    if kind == Some(&kinds::PERSISTENT_VOLUME) && observed.live["status"]["phase"] == "Bound" {
        let what = listed(&fixed);
        return Verdict::Refused {
            why: format!("{what} of volume {name} cannot be changed while a claim is bound to it"),
            do_instead:
                "give the storage another name in the strawman, move the users over, and then remove \
                         the old entry"
                    .to_owned(),
        };
    }
    Verdict::Replace(fixed)
}

fn listed(paths: &[Path]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Volumes and claims that lost each other: they stay as they are for ever, whatever is changed in them.
fn stranded(
    kind: Option<&'static Kind>,
    fields: &mut Vec<FieldChange>,
    observed: &Observed,
) -> Option<Verdict> {
    let phase = observed.live["status"]["phase"].as_str()?;
    let kind = kind?;
    let key = if *kind == kinds::PERSISTENT_VOLUME && phase == "Released" {
        // Somebody deleted the claim; a volume that was let go is never bound again.
        "claimRef"
    } else if *kind == kinds::PERSISTENT_VOLUME_CLAIM && phase == "Lost" {
        // Somebody deleted the volume under the claim.
        "volumeName"
    } else {
        return None;
    };
    let field = path!["spec", key];
    if !fields.iter().any(|change| change.path == field) {
        fields.push(FieldChange {
            path: field.clone(),
            before: observed.live["spec"].get(key).cloned(),
            after: None,
            by: written_by(observed, &field),
        });
    }
    Some(Verdict::Replace(vec![field]))
}

/// Taints that put pods out which were left alone so far.
fn evicts(observed: &Observed, desired: &Resource) -> Option<String> {
    let new: Vec<&str> = taints(&desired.desired)
        .iter()
        .filter(|taint| taint["effect"] == "NoExecute" && !stands(taint, taints(&observed.live)))
        .filter_map(|taint| taint["key"].as_str())
        .collect();
    (!new.is_empty()).then(|| new.join(", "))
}

fn claim(fields: &[FieldChange], fixed: Vec<Path>, observed: &Observed, name: &str) -> Verdict {
    let size = path!["spec", "resources", "requests", "storage"];
    let bound =
        observed.live["status"]["phase"] == "Bound" || observed.live["spec"]["volumeName"].is_string();
    let resized = fields.iter().find(|field| field.path.is_within(&size));
    if !bound {
        // A claim that has no volume yet is made anew at no loss; the server lets nothing of it be changed.
        let forced: Vec<Path> = fixed.into_iter().chain(resized.map(|field| field.path.clone())).collect();
        return if forced.is_empty() { Verdict::InPlace } else { Verdict::Replace(forced) };
    }
    if !fixed.is_empty() {
        return Verdict::Refused {
            why: format!("{} of claim {name} cannot be changed, and its volume holds data", listed(&fixed)),
            do_instead: "give the storage another name in the strawman, copy the data over, and then remove \
                         the old entry"
                .to_owned(),
        };
    }
    if let Some(FieldChange { before: Some(before), after: Some(after), .. }) = resized
        && let (Some(old), Some(new)) = (Quantity::read(before), Quantity::read(after))
        && new < old
    {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Verdict::Refused {
            why: format!("claim {name} cannot shrink from {} to {}", text(before), text(after)),
            do_instead: format!(
                "leave its size at {} or more, or copy the data to storage of another name",
                text(before)
            ),
        };
    }
    Verdict::InPlace
}

#[cfg(test)]
mod tests;
