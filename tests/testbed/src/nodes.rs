//! Fake nodes, played by kwok.
//!
//! Guarantees that all of them are Ready and free of the not-ready taint when `add` returns, so that a pod that fits
//! binds at once.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::kubectl::Kubectl;
use crate::options::NodeGroup;
use crate::wait::{Look, until};

/// The annotation by which kwok knows its nodes, as `key` and `value`.
pub(crate) const FAKE: (&str, &str) = ("kwok.x-k8s.io/node", "fake");

/// Creates the nodes and waits for them.
pub(crate) fn add(kubectl: &Kubectl, groups: &[NodeGroup]) -> Result<()> {
    let items: Vec<Value> =
        groups.iter().flat_map(|group| group.names.iter().map(|name| node(group, name))).collect();
    if items.is_empty() {
        return Ok(());
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    kubectl.run_with_input(&["create", "--validate=false", "-f", "-"], &list.to_string())?;
    let wanted: BTreeSet<&str> = groups.iter().flat_map(|group| &group.names).map(String::as_str).collect();
    until("the fake nodes to be Ready", Duration::from_mins(2), || {
        let found = kubectl.get(&["nodes"])?;
        let ready = found["items"].as_array().into_iter().flatten().filter(|node| {
            node["metadata"]["name"].as_str().is_some_and(|name| wanted.contains(name)) && is_usable(node)
        });
        let ready = ready.count();
        let seen = format!("{ready} of {} are", wanted.len());
        Ok(if ready == wanted.len() { Look::Done(()) } else { Look::NotYet(seen) })
    })
}

fn is_usable(node: &Value) -> bool {
    let conditions = node["status"]["conditions"].as_array();
    let ready = conditions.into_iter().flatten().any(|one| one["type"] == "Ready" && one["status"] == "True");
    let taints = node["spec"]["taints"].as_array();
    ready && !taints.into_iter().flatten().any(|taint| taint["key"] == "node.kubernetes.io/not-ready")
}

fn node(group: &NodeGroup, name: &str) -> Value {
    let mut labels = Map::new();
    for (key, value) in [
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("type", "kwok"),
    ] {
        labels.insert(key.to_owned(), json!(value));
    }
    labels.extend(group.labels.iter().map(|(key, value)| (key.clone(), json!(value))));
    let or = |given: &str, default: &str| json!(if given.is_empty() { default } else { given });
    let mut resources = Map::new();
    resources.insert("cpu".to_owned(), or(&group.cpu, "16"));
    resources.insert("memory".to_owned(), or(&group.memory, "64Gi"));
    resources.insert("pods".to_owned(), json!("110"));
    resources.extend(group.extra.iter().map(|(key, value)| (key.clone(), json!(value))));
    let taint = |taint: &crate::options::Taint| json!({"key": taint.key, "value": taint.value, "effect": taint.effect});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {FAKE.0: FAKE.1}},
        "spec": {"taints": group.taints.iter().map(taint).collect::<Vec<_>>()},
        // A node may be created with its status; kwok keeps the figures that it finds.
        "status": {"capacity": resources, "allocatable": resources},
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]
mod tests {
    use super::*;

    #[test]
    fn a_node_says_what_its_group_says() {
        let group = NodeGroup::new("gpu", 2, "64", "512Gi")
            .label("pool", "gpu")
            .extra("nvidia.com/gpu", "4")
            .taint("nvidia.com/gpu", "present", "NoSchedule");
        let node = node(&group, "gpu-1");
        assert_eq!(group.names, ["gpu-0", "gpu-1"]);
        assert_eq!(node["status"]["allocatable"]["nvidia.com/gpu"], "4");
        assert_eq!(node["metadata"]["labels"]["pool"], "gpu");
        assert_eq!(node["spec"]["taints"][0]["effect"], "NoSchedule");
    }

    #[test]
    fn a_node_with_the_not_ready_taint_is_not_usable() {
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let taints = json!([{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]);
        assert!(is_usable(&json!({"status": {"conditions": ready}})));
        assert!(!is_usable(&json!({"status": {"conditions": ready}, "spec": {"taints": taints}})));
        assert!(!is_usable(&json!({})));
    }
}
