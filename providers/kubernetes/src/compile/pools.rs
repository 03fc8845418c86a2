//! Node pools become labels and taints of nodes.
//!
//! | in the strawman | on each node |
//! |---|---|
//! | the pool | labels `afctl.dev/pool`, `afctl.dev/facility`, `afctl.dev/site` |
//! | `labels` | these labels |
//! | `features` | labels `feature.afctl.dev/<feature>: "true"` |
//! | `taints` | these taints, and the annotation `afctl.dev/taints` that says which are ours |
//!
//! The nodes themselves are never made nor deleted, and labels and taints of others stay. A pool with `names` gives one
//! resource a node. Every pool also gives one of the pseudo kind [`kinds::NODE_POOL`], which holds what the strawman
//! declares; [`crate::resolve`] puts the nodes of a selector in its place and compares what is there with what is
//! declared. A pool with neither names nor selector has the nodes that bear its `afctl.dev/pool` already, as an
//! autoscaler's node group gives it to them. Where the site's infrastructure is `external`, nodes are only compared.

use afctl_contract::gpus;
use afctl_contract::language::{Infrastructure, NamedInfrastructure, NodePool};
use afctl_contract::{Address, Management, Path, Resource, path};
use serde_json::{Map, Value, json};

use super::{BACKEND, Output, Site};
use crate::kinds;
use crate::labels::{self, label_value};

/// Whether afctl may put labels and taints on the nodes of a site.
pub fn are_ours(site: &Site<'_>) -> bool {
    let infrastructure = site.spec.sites.get(site.name).map(|site| &site.infrastructure);
    !matches!(infrastructure, Some(Infrastructure::Named(NamedInfrastructure::External)))
}

/// Thousandths of a CPU and bytes of memory that one node offers to work, as far as they are known.
pub fn offered(pool: &NodePool) -> (Option<u64>, Option<u64>) {
    let reserved = pool.reserved.as_ref();
    let kept_cpu = reserved.and_then(|r| r.cpu).map_or(0, |cpu| cpu.milli);
    let kept_memory = reserved.and_then(|r| r.memory).map_or(0, |memory| memory.0);
    (
        pool.cpus_per_node().map(|cpus| (cpus * 1000).saturating_sub(kept_cpu)),
        pool.memory_per_node().map(|memory| memory.0.saturating_sub(kept_memory)),
    )
}

/// What a pool's nodes offer by name, besides CPU and memory: in all of the pool.
pub fn devices(pool: &NodePool, nodes: u64) -> Vec<(String, u64)> {
    let mut devices: Vec<(String, u64)> = Vec::new();
    let mut add = |resource: String, count: u64| match devices.iter_mut().find(|(name, _)| *name == resource)
    {
        Some((_, sum)) => *sum += count,
        None => devices.push((resource, count)),
    };
    for gpu in pool.gpus() {
        let offer = gpu.offer(nodes);
        if offer.countable > 0 {
            add(gpu.vendor().resource().to_owned(), offer.countable);
        }
        for (profile, count) in offer.slices.iter().filter(|(_, count)| *count > 0) {
            add(gpus::mig_resource(profile), *count);
        }
    }
    for (name, count) in pool.gres.iter().filter(|(name, _)| name.contains('/')) {
        add(name.clone(), nodes * u64::from(*count));
    }
    devices
}

/// The label of a feature.
pub fn feature(feature: &str) -> String {
    format!("{}{}", labels::FEATURE, label_value(feature))
}

/// The labels that every node of a pool bears, and the places that ask for them.
fn node_labels(site: &Site<'_>, name: &str, pool: &NodePool, origin: &Path) -> Vec<(String, String, Path)> {
    let mut all: Vec<(String, String, Path)> = labels::marks(&site.owner, &kinds::NODE)
        .into_iter()
        .map(|(key, value)| (key, value.as_str().unwrap_or_default().to_owned(), origin.clone()))
        .collect();
    all.push((labels::POOL.to_owned(), label_value(name), origin.clone()));
    for (i, word) in pool.features.iter().enumerate() {
        all.push((feature(word), "true".to_owned(), origin.join("features").join(i)));
    }
    for (key, value) in &pool.labels {
        all.push((key.clone(), value.clone(), origin.join("labels").join(key)));
    }
    all
}

/// Names of pools, and what is to be on their nodes.
pub fn compile(site: &Site<'_>, out: &mut Output<'_>) {
    let mut unnamed = Vec::new();
    for (name, pool) in &site.pools {
        let origin = path!["spec", "nodePools", *name];
        let node_labels = node_labels(site, name, pool, &origin);
        let mut head = json!({"labels": {}, "annotations": {}});
        for (key, value, _) in &node_labels {
            head["labels"][key] = value.as_str().into();
        }
        let mut template = json!({"metadata": head});
        if !pool.taints.is_empty() {
            template["metadata"]["annotations"][labels::TAINTS] = labels::write_taints(&pool.taints).into();
            template["spec"]["taints"] = pool.taints.iter().map(labels::taint_json).collect();
        }
        let mut fields: Vec<(Path, Path)> =
            node_labels.into_iter().map(|(key, _, from)| (path!["metadata", "labels", key], from)).collect();
        fields.push((path!["spec", "taints"], origin.join("taints")));

        let ours = are_ours(site);
        if ours {
            for node in pool.nodes.names() {
                let mut resource = node_of(site.name, node, &template, &origin);
                resource.field_origins.clone_from(&fields);
                out.add(resource);
            }
        }
        let unknown_gres = pool.gres.keys().filter(|name| !name.contains('/'));
        unnamed.extend(unknown_gres.map(|gres| (gres.clone(), origin.join("gres").join(gres))));
        let mut resource =
            Resource::new(pool_address(site.name, name), declared(pool, ours, name, &template), origin);
        resource.field_origins = fields;
        resource.management = Management::Fields;
        out.add(resource);
    }
    out.gathered(&unnamed, |names| {
        afctl_contract::Diagnostic::new(
            &afctl_contract::codes::kubernetes::GRES_NOT_MAPPED,
            format!("no quota counts {names}: Kubernetes has no resource of such a name"),
        )
        .help("write it as the device plugin advertises it, such as xilinx.com/fpga")
    });
}

fn pool_address(site: &str, name: &str) -> Address {
    Address {
        site: site.to_owned(),
        backend: BACKEND.to_owned(),
        kind: kinds::NODE_POOL.to_owned(),
        namespace: None,
        name: name.to_owned(),
    }
}

/// What the strawman says of a pool, for [`crate::resolve`].
fn declared(pool: &NodePool, ours: bool, name: &str, template: &Value) -> Value {
    let names: Vec<&str> = pool.nodes.names().collect();
    let selector: Map<String, Value> = match &pool.nodes.selector {
        Some(selector) => selector.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect(),
        None => std::iter::once((labels::POOL.to_owned(), label_value(name).into())).collect(),
    };
    let count = pool.nodes.count.as_ref().and_then(|count| count.known());
    let nodes = u64::from(pool.nodes.most().unwrap_or(0));
    let devices: Map<String, Value> =
        devices(pool, nodes).into_iter().map(|(name, count)| (name, count.into())).collect();
    json!({
        "kind": kinds::NODE_POOL,
        "ours": ours,
        "names": names,
        "selector": selector,
        "count": count,
        "min": pool.nodes.min,
        "cpu": pool.cpus_per_node(),
        "memory": pool.memory_per_node().map(|memory| memory.0),
        "devices": devices,
        "nodes": nodes,
        "template": template,
    })
}

/// One node with what a pool's template puts on it.
pub fn node_of(site: &str, node: &str, template: &Value, origin: &Path) -> Resource {
    let mut metadata = Map::new();
    metadata.insert("name".into(), node.into());
    if let Some(head) = template["metadata"].as_object() {
        metadata.extend(head.clone());
    }
    let mut object =
        json!({"apiVersion": kinds::NODE.api_version, "kind": kinds::NODE.kind, "metadata": metadata});
    if let Some(spec) = template.get("spec") {
        object["spec"] = spec.clone();
    }
    let address = Address {
        site: site.to_owned(),
        backend: BACKEND.to_owned(),
        kind: kinds::NODE.name.to_owned(),
        namespace: None,
        name: node.to_owned(),
    };
    let mut resource = Resource::new(address, object, origin.clone());
    resource.management = Management::Fields;
    resource
}
