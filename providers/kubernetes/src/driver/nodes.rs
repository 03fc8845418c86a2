//! Nodes: what is seen of them, and how our labels and taints are put on and taken off.
//!
//! Guarantees: of a node only what pools need is kept, so a thousand nodes are a few hundred kilobytes. Taints are one
//! atomic list to the server, which is changed only as it was read, so that nobody's taint is lost; an annotation records
//! which are ours. Everything of ours can be taken off again without a trace, whatever was broken off before.

use afctl_contract::units::Taint;
use afctl_contract::{Observed, Owner, digest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::{self, Written};
use super::object;
use crate::kinds::NODE;
use crate::labels::{self, DIGEST, ORIGIN, TAINTS};

/// Annotation: taints of [`TAINTS`] that were there before us, and so stay when we go.
pub(super) const FOUND: &str = "afctl.dev/taints-found";
/// Annotations of a node that are kept: ours.
const OURS: &str = "afctl.dev/";
/// Taints that Kubernetes itself puts on and takes off as nodes come and go.
const PASSING: &str = "node.kubernetes.io/";

/// A node, without the images, conditions and addresses that make up most of one.
#[derive(Deserialize)]
pub(super) struct Node {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(default)]
    uid: String,
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    labels: Map<String, Value>,
    #[serde(default)]
    annotations: Map<String, Value>,
    #[serde(default)]
    managed_fields: Vec<Value>,
    #[serde(default)]
    deletion_timestamp: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Spec {
    taints: Vec<Value>,
    unschedulable: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    capacity: Map<String, Value>,
    allocatable: Map<String, Value>,
}

impl Node {
    pub(super) fn uid(&self) -> &str {
        &self.metadata.uid
    }

    pub(super) fn version(&self) -> &str {
        &self.metadata.resource_version
    }

    /// The node's `metadata`, as far as it says whose it is.
    pub(super) fn marks(&self) -> Value {
        json!({"labels": self.metadata.labels})
    }

    fn recorded(&self, annotation: &str) -> Vec<Taint> {
        self.metadata
            .annotations
            .get(annotation)
            .and_then(Value::as_str)
            .map(labels::read_taints)
            .unwrap_or_default()
    }

    /// What is there.
    pub(super) fn observed(mut self, owner: &Owner) -> Observed {
        let recorded = self.recorded(TAINTS);
        self.metadata.annotations.retain(|key, _| key.starts_with(OURS));
        let fields = std::mem::take(&mut self.metadata.managed_fields);
        let mut spec = Map::new();
        if !self.spec.taints.is_empty() {
            spec.insert("taints".into(), self.spec.taints.into());
        }
        if self.spec.unschedulable {
            spec.insert("unschedulable".into(), true.into());
        }
        let live = json!({
            "apiVersion": NODE.api_version,
            "kind": NODE.kind,
            "metadata": {
                "name": self.metadata.name,
                "labels": self.metadata.labels,
                "annotations": self.metadata.annotations,
            },
            "spec": spec,
            "status": {"capacity": self.status.capacity, "allocatable": self.status.allocatable},
        });
        let Written { ours: mut managed, others } = fields::written(&live, &fields);
        // Kept for ourselves: no pool asks for it.
        if let Some(annotations) = managed.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
        {
            annotations.remove(FOUND);
        }
        let taints = live["spec"]["taints"].as_array().into_iter().flatten();
        let ours: Vec<Value> =
            taints.filter(|taint| recorded.iter().any(|ours| is(ours, taint))).cloned().collect();
        if !ours.is_empty() {
            managed["spec"] = json!({"taints": ours});
        }
        // The list's managers say nothing of the taints in it.
        let others =
            others.into_iter().filter(|(path, _)| !path.to_string().starts_with("spec.taints")).collect();
        let lasting: Vec<&Value> = live["spec"]["taints"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|taint| !taint["key"].as_str().is_some_and(|key| key.starts_with(PASSING)))
            .collect();
        let annotation = |key: &str| live["metadata"]["annotations"][key].as_str();
        Observed {
            address: object::address(&NODE, owner, None, &self.metadata.name),
            ownership: object::ownership(&live["metadata"], &[], owner),
            applied: annotation(DIGEST).map(str::to_owned),
            origin: annotation(ORIGIN).and_then(|text| text.parse().ok()),
            digest: digest(&json!({
                "uid": self.metadata.uid,
                "labels": live["metadata"]["labels"],
                "annotations": live["metadata"]["annotations"],
                "managed": managed,
                "taints": lasting,
            })),
            managed,
            others,
            data: None,
            deleting: self.metadata.deletion_timestamp.map(|_| "the server is removing it".to_owned()),
            handle: json!({"uid": self.metadata.uid}),
            live,
        }
    }

    /// What is to be done to the node's taints so that ours are `wanted`, and everybody else's what they are.
    pub(super) fn taints(&self, wanted: &[Value]) -> Taints {
        let (recorded, found) = (self.recorded(TAINTS), self.recorded(FOUND));
        let is_in = |list: &[Taint], taint: &Value| list.iter().any(|one| is(one, taint));
        let ours = |taint: &Value| is_in(&recorded, taint) && !is_in(&found, taint);
        let wanted_at = |taint: &Value| wanted.iter().find(|wanted| same_place(wanted, taint));
        let live = &self.spec.taints;
        let kept: Vec<Value> =
            live.iter().filter(|taint| wanted_at(taint).is_some() || !ours(taint)).cloned().collect();
        let mut with: Vec<Value> = kept.iter().map(|taint| wanted_over(taint, wanted_at(taint))).collect();
        with.extend(
            wanted.iter().filter(|wanted| !live.iter().any(|taint| same_place(wanted, taint))).cloned(),
        );
        let found: Vec<Taint> = live
            .iter()
            .filter(|taint| {
                wanted_at(taint).is_some_and(|wanted| value(wanted) == value(taint)) && !ours(taint)
            })
            .filter_map(read)
            .collect();
        Taints {
            first: (kept != *live).then(|| kept.clone()),
            last: (with != kept).then_some(with),
            found: (!found.is_empty()).then(|| labels::write_taints(&found)),
        }
    }
}

/// A change of a node's taints, in the order in which it may be broken off anywhere: what is ours is taken off before
/// our record forgets it, and put on after our record has it.
#[derive(Debug, PartialEq)]
pub(super) struct Taints {
    /// The list without what is no longer wanted, if anything is.
    pub first: Option<Vec<Value>>,
    /// What [`FOUND`] is to be.
    pub found: Option<String>,
    /// The list with all that is wanted, if anything is lacking.
    pub last: Option<Vec<Value>>,
}

/// The merge patch that makes a node's taints these, refused if the node was changed since `version`.
pub(super) fn taints_patch(version: &str, taints: Vec<Value>) -> Value {
    let taints = if taints.is_empty() { Value::Null } else { taints.into() };
    json!({"metadata": {"resourceVersion": version}, "spec": {"taints": taints}})
}

/// Whether a recorded taint is this one of `spec.taints`. One that somebody gave another value is his.
fn is(taint: &Taint, json: &Value) -> bool {
    json["key"] == taint.key.as_str() && json["effect"] == taint.effect.as_str() && value(json) == taint.value
}

/// Kubernetes has one taint for each key and effect.
fn same_place(a: &Value, b: &Value) -> bool {
    a["key"] == b["key"] && a["effect"] == b["effect"]
}

/// `taint` as it is wanted; where it is so, as it is, with the time when it was put on.
fn wanted_over(taint: &Value, wanted: Option<&Value>) -> Value {
    wanted.filter(|wanted| value(wanted) != value(taint)).unwrap_or(taint).clone()
}

fn value(taint: &Value) -> &str {
    taint["value"].as_str().unwrap_or_default()
}

fn read(taint: &Value) -> Option<Taint> {
    let key = taint["key"].as_str()?;
    let effect = taint["effect"].as_str()?;
    match value(taint) {
        "" => format!("{key}:{effect}").parse().ok(),
        value => format!("{key}={value}:{effect}").parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taint(key: &str, value: &str) -> Value {
        json!({"key": key, "value": value, "effect": "NoSchedule"})
    }

    fn node(taints: &Value, record: Option<&str>) -> Node {
        serde_json::from_value(json!({
            "metadata": {
                "name": "n", "uid": "u", "resourceVersion": "7",
                "labels": {"a": "b", "afctl.dev/pool": "gpu", "afctl.dev/facility": "af", "afctl.dev/site": "s"},
                "annotations": {TAINTS: record, "volumes.kubernetes.io/x": "y"},
                "managedFields": [
                    {"manager": "afctl", "operation": "Apply",
                     "fieldsV1": {"f:metadata": {"f:labels": {"f:afctl.dev/pool": {}}}}},
                    {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:spec": {"f:taints": {}}}}
                ]
            },
            "spec": {"taints": taints, "podCIDR": "10.0.0.0/24"},
            "status": {"capacity": {"cpu": "64"}, "images": [{"names": ["x"]}]}
        }))
        .unwrap()
    }

    const OURS: Option<&str> = Some("ours=1:NoSchedule");

    #[test]
    fn everybody_elses_taints_are_kept() {
        let live = json!([taint("theirs", "1"), taint("ours", "1"), taint("old", "1")]);
        let node = node(&live, Some("ours=1:NoSchedule,old=1:NoSchedule"));
        let taints = node.taints(&[taint("ours", "2"), taint("new", "1")]);
        assert_eq!(taints.first.unwrap(), [taint("theirs", "1"), taint("ours", "1")]);
        assert_eq!(taints.last.unwrap(), [taint("theirs", "1"), taint("ours", "2"), taint("new", "1")]);
        assert_eq!(taints.found, None);
    }

    #[test]
    fn a_taint_that_was_there_before_us_stays_when_we_go() {
        let gpu = "gpu=yes:NoSchedule";
        let live = json!([taint("gpu", "yes")]);
        let taints = node(&live, None).taints(&[taint("gpu", "yes")]);
        assert_eq!(taints, Taints { first: None, last: None, found: Some(gpu.to_owned()) });
        let mut ours = node(&live, Some(gpu));
        ours.metadata.annotations.insert(FOUND.into(), gpu.into());
        assert_eq!(ours.taints(&[taint("gpu", "yes")]), taints);
        assert_eq!(ours.taints(&[]), Taints { first: None, last: None, found: None });
    }

    #[test]
    fn nothing_of_ours_stays_when_we_go() {
        let live = json!([taint("ours", "1")]);
        assert_eq!(node(&live, OURS).taints(&[]).first, Some(Vec::new()));
        assert_eq!(taints_patch("7", Vec::new())["spec"], json!({"taints": null}));
        assert_eq!(node(&json!([]), None).taints(&[]), Taints { first: None, last: None, found: None });
        let changed = json!([taint("ours", "his")]);
        assert_eq!(node(&changed, OURS).taints(&[]).first, None);
    }

    #[test]
    fn when_a_taint_was_put_on_is_kept() {
        let mut live = taint("ours", "1");
        live["timeAdded"] = "2026-01-01T00:00:00Z".into();
        let taints = node(&json!([live]), OURS).taints(&[taint("ours", "1")]);
        assert_eq!(taints, Taints { first: None, last: None, found: None });
    }

    #[test]
    fn little_of_a_node_is_kept() {
        let owner = Owner { facility: "af".into(), site: "s".into() };
        let live = json!([taint("theirs", "1"), taint("ours", "1")]);
        let seen = node(&live, Some("ours=1:NoSchedule")).observed(&owner);
        assert_eq!(seen.ownership, afctl_contract::Ownership::Ours);
        assert_eq!(
            seen.managed,
            json!({"metadata": {"labels": {"afctl.dev/pool": "gpu"}}, "spec": {"taints": [taint("ours", "1")]}})
        );
        assert_eq!(seen.live["status"], json!({"capacity": {"cpu": "64"}, "allocatable": {}}));
        assert_eq!(seen.live["metadata"]["annotations"], json!({TAINTS: "ours=1:NoSchedule"}));
        assert!(seen.others.is_empty());
        let mut not_ready = live.clone();
        not_ready.as_array_mut().unwrap().push(taint("node.kubernetes.io/not-ready", ""));
        assert_eq!(node(&not_ready, Some("ours=1:NoSchedule")).observed(&owner).digest, seen.digest);
    }
}
