//! The nodes that a strawman takes for granted, for the simulated world.
//!
//! They look as the driver reports real ones: labels, taints, capacity. A pool of named nodes has those; any other has
//! as many as stand there always, bearing the labels by which it finds them.

use afctl_contract::gpus;
use afctl_contract::language::NodePool;
use afctl_contract::{Address, Facility};
use serde_json::{Map, Value, json};

use crate::compile::{BACKEND, pools};
use crate::labels::{self, label_value};
use crate::{kinds, quantity};

/// CPUs and memory of a node of which the strawman says nothing.
const UNSAID: (u64, u64) = (64, 256 << 30);

/// Nodes of all pools of a site.
pub fn given(facility: &Facility, site: &str) -> Vec<(Address, Value)> {
    let spec = facility.spec();
    let mut all = Vec::new();
    for (name, pool) in spec.pools_at(site) {
        let mut nodes: Vec<String> = pool.nodes.names().map(str::to_owned).collect();
        let mut selector = Map::new();
        if pool.nodes.names.is_none() {
            let count = pool.nodes.fewest().unwrap_or(1);
            nodes = (1..=count).map(|i| format!("{name}-{i}")).collect();
            match &pool.nodes.selector {
                Some(labels) => selector.extend(labels.iter().map(|(k, v)| (k.clone(), v.as_str().into()))),
                None => drop(selector.insert(labels::POOL.into(), label_value(name).into())),
            }
        }
        let devices = pools::devices(pool, nodes.len() as u64);
        for (i, node) in nodes.iter().enumerate() {
            let address = Address {
                site: site.to_owned(),
                backend: BACKEND.to_owned(),
                kind: kinds::NODE.name.to_owned(),
                namespace: None,
                name: node.clone(),
            };
            let share = |(resource, total): &(String, u64)| {
                // Spread evenly, what is left over on the first ones.
                let (each, rest) = (total / nodes.len() as u64, total % nodes.len() as u64);
                (resource.clone(), each + u64::from((i as u64) < rest))
            };
            all.push((
                address,
                node_object(node, pool, &selector, &devices.iter().map(share).collect::<Vec<_>>()),
            ));
        }
    }
    all
}

fn node_object(
    name: &str,
    pool: &NodePool,
    selector: &Map<String, Value>,
    devices: &[(String, u64)],
) -> Value {
    let mut labels = Map::new();
    labels.insert("kubernetes.io/hostname".into(), name.into());
    labels.insert("kubernetes.io/os".into(), "linux".into());
    let product = pool.gpus().first().and_then(|gpu| gpus::find(&gpu.model)?.products.first());
    if let Some(product) = product {
        labels.insert("nvidia.com/gpu.product".into(), (*product).into());
    }
    labels.extend(selector.clone());
    let cpus = pool.cpus_per_node().unwrap_or(UNSAID.0);
    let memory = pool.memory_per_node().map_or(UNSAID.1, |memory| memory.0);
    let (free_cpu, free_memory) = pools::offered(pool);
    let amounts = |milli: u64, bytes: u64| -> Value {
        let mut amounts = Map::new();
        amounts.insert("cpu".into(), quantity::milli(milli).into());
        amounts.insert("memory".into(), quantity::bytes(bytes).into());
        amounts.insert("pods".into(), "110".into());
        for (resource, count) in devices.iter().filter(|(_, count)| *count > 0) {
            amounts.insert(resource.clone(), count.to_string().into());
        }
        amounts.into()
    };
    json!({
        "apiVersion": kinds::NODE.api_version,
        "kind": kinds::NODE.kind,
        "metadata": {"name": name, "labels": labels, "annotations": {}},
        "spec": {},
        "status": {
            "capacity": amounts(cpus * 1000, memory),
            "allocatable": amounts(free_cpu.unwrap_or(cpus * 1000), free_memory.unwrap_or(memory)),
        },
    })
}
