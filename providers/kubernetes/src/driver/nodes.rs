//! Nodes: what is seen of them, and how our labels and taints are put on and taken off.
//!
//! Guarantees: of a node only what pools need is kept, so a thousand nodes are a few hundred kilobytes. Taints are one
//! atomic list to the server; they are changed only together with our record of which are ours, and only as the list
//! was read, so that nobody's taint is lost. Everything of ours can be taken off again without a trace.

use afctl_contract::units::Taint;
use afctl_contract::{Observed, Owner, digest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::fields::{self, Written};
use super::object;
use crate::kinds::NODE;
use crate::labels::{self, DIGEST, ORIGIN, TAINTS};

/// Annotation: taints of [`TAINTS`] that were there before us, and so stay when we go.
const FOUND: &str = "afctl.dev/taints-found";
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
        let taints = live["spec"]["taints"].as_array().into_iter().flatten();
        let ours: Vec<Value> =
            taints.filter(|taint| recorded.iter().any(|ours| names(ours, taint))).cloned().collect();
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

    /// The merge patch that makes the node's taints those of `wanted` and everybody else's, `None` where they are.
    ///
    /// It is refused if the node was changed since it was read.
    pub(super) fn taints_patch(&self, wanted: &[Value]) -> Option<Value> {
        let (taints, found) = merge(&self.spec.taints, &self.recorded(TAINTS), &self.recorded(FOUND), wanted);
        let ours = record(&wanted.iter().filter_map(read).collect::<Vec<_>>());
        let found = record(&found);
        let before = |key: &str| self.metadata.annotations.get(key).and_then(Value::as_str);
        if taints == self.spec.taints
            && ours.as_deref() == before(TAINTS)
            && found.as_deref() == before(FOUND)
        {
            return None;
        }
        Some(json!({
            "metadata": {
                "resourceVersion": self.metadata.resource_version,
                "annotations": {TAINTS: ours, FOUND: found},
            },
            "spec": {"taints": if taints.is_empty() { Value::Null } else { taints.into() }},
        }))
    }
}

fn record(taints: &[Taint]) -> Option<String> {
    (!taints.is_empty()).then(|| labels::write_taints(taints))
}

/// Whether a recorded taint and one of `spec.taints` are the same: Kubernetes has one for each key and effect.
fn names(taint: &Taint, json: &Value) -> bool {
    json["key"] == taint.key.as_str() && json["effect"] == taint.effect.as_str()
}

fn same_place(a: &Value, b: &Value) -> bool {
    a["key"] == b["key"] && a["effect"] == b["effect"]
}

/// Taints after the change, and which of the wanted ones were there before us.
fn merge(live: &[Value], recorded: &[Taint], found: &[Taint], wanted: &[Value]) -> (Vec<Value>, Vec<Taint>) {
    let is_in = |list: &[Taint], taint: &Value| list.iter().any(|one| names(one, taint));
    let ours = |taint: &Value| is_in(recorded, taint) && !is_in(found, taint);
    let mut taints: Vec<Value> = Vec::new();
    let mut still_found = Vec::new();
    for taint in live {
        match wanted.iter().find(|wanted| same_place(wanted, taint)) {
            // As it is, with the time when it was put on.
            Some(wanted) if value(wanted) == value(taint) => {
                if !ours(taint) {
                    still_found.extend(read(taint));
                }
                taints.push(taint.clone());
            }
            Some(wanted) => taints.push(wanted.clone()),
            None if ours(taint) => {}
            None => taints.push(taint.clone()),
        }
    }
    taints
        .extend(wanted.iter().filter(|wanted| !live.iter().any(|taint| same_place(wanted, taint))).cloned());
    (taints, still_found)
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

    #[test]
    fn everybody_elses_taints_are_kept() {
        let live = json!([taint("theirs", "1"), taint("ours", "1"), taint("old", "1")]);
        let patch = node(&live, Some("ours=1:NoSchedule,old=1:NoSchedule"))
            .taints_patch(&[taint("ours", "2"), taint("new", "1")])
            .unwrap();
        assert_eq!(
            patch["spec"]["taints"],
            json!([taint("theirs", "1"), taint("ours", "2"), taint("new", "1")])
        );
        assert_eq!(patch["metadata"]["annotations"][TAINTS], "ours=2:NoSchedule,new=1:NoSchedule");
        assert_eq!(patch["metadata"]["resourceVersion"], "7");
    }

    #[test]
    fn a_taint_that_was_there_before_us_stays_when_we_go() {
        let live = json!([taint("gpu", "yes")]);
        let patch = node(&live, None).taints_patch(&[taint("gpu", "yes")]).unwrap();
        assert_eq!(patch["spec"]["taints"], live);
        assert_eq!(
            patch["metadata"]["annotations"],
            json!({TAINTS: "gpu=yes:NoSchedule", FOUND: "gpu=yes:NoSchedule"})
        );
        let mut ours = node(&live, Some("gpu=yes:NoSchedule"));
        ours.metadata.annotations.insert(FOUND.into(), "gpu=yes:NoSchedule".into());
        assert_eq!(ours.taints_patch(&[taint("gpu", "yes")]), None);
        let patch = ours.taints_patch(&[]).unwrap();
        assert_eq!(patch["spec"]["taints"], live);
        assert_eq!(patch["metadata"]["annotations"], json!({TAINTS: null, FOUND: null}));
    }

    #[test]
    fn nothing_of_ours_stays_when_we_go() {
        let live = json!([taint("ours", "1")]);
        let patch = node(&live, Some("ours=1:NoSchedule")).taints_patch(&[]).unwrap();
        assert_eq!(patch["spec"]["taints"], Value::Null);
        assert_eq!(patch["metadata"]["annotations"], json!({TAINTS: null, FOUND: null}));
        assert_eq!(node(&json!([]), None).taints_patch(&[]), None);
    }

    #[test]
    fn when_a_taint_was_put_on_is_kept() {
        let mut live = taint("ours", "1");
        live["timeAdded"] = "2026-01-01T00:00:00Z".into();
        let same = node(&json!([live]), Some("ours=1:NoSchedule")).taints_patch(&[taint("ours", "1")]);
        assert_eq!(same, None);
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
