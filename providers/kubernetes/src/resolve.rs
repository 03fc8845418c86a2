//! Fits the pools to the nodes that are there.
//!
//! Guarantees: every named node that is registered stays, every other waits; a pool with a selector becomes one resource
//! for each node that it finds; a node that two selectors find is withheld from both. What the cluster reports is
//! compared with what the strawman declares, in one finding a pool and kind of difference. Where nodes could not be
//! seen, nothing is concluded from that.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::{
    Diagnostic, Graph, Inventory, Observed, Origin, Path, Resolved, Resource, Withheld, WithheldKind, units,
};
use serde_json::Value;

use crate::compile::pools::node_of;
use crate::kinds;
use crate::quantity::Quantity;

/// Fits a compiled graph to what was observed.
pub fn resolve(graph: Graph, inventory: &Inventory) -> Resolved {
    let mut resolved = Resolved::default();
    let (mut kept, mut pools) = (Vec::new(), Vec::new());
    for resource in graph.into_resources() {
        if resource.address.kind == kinds::NODE_POOL { &mut pools } else { &mut kept }.push(resource);
    }
    let unseen = inventory.unknown(kinds::NODE.name).or_else(|| inventory.unknown(kinds::NODE_POOL));
    if let Some(problem) = unseen {
        // Named nodes are the plan's to judge, as everything else of a kind that could not be seen.
        let why = format!("it is not known which nodes there are: {}", problem.message);
        resolved.withheld.extend(
            pools
                .iter()
                .filter(|pool| is_selected(pool))
                .map(|pool| withheld(pool, &why, problem.help.clone())),
        );
    } else {
        let nodes = Nodes::of(inventory);
        let named: BTreeSet<String> = names_of(&kept);
        kept.retain(|resource| {
            let missing = resource.address.kind == kinds::NODE.name
                && !nodes.by_name.contains_key(&*resource.address.name);
            if missing {
                let why = format!("node {} is not registered in the cluster", resource.address.name);
                let help = "it gets its labels and taints when it has joined".to_owned();
                resolved.withheld.push(withheld(resource, &why, Some(help)));
            }
            !missing
        });
        expand(&pools, &nodes, &named, &mut kept, &mut resolved);
    }
    // Nothing but nodes and pools was taken out, and nothing stands on those; what was added has addresses of its own.
    #[allow(clippy::expect_used)]
    let graph = Graph::new(kept).expect("nothing needs a node or a pool");
    resolved.graph = graph;
    resolved
}

fn names_of(resources: &[Resource]) -> BTreeSet<String> {
    let nodes = resources.iter().filter(|resource| resource.address.kind == kinds::NODE.name);
    nodes.map(|resource| resource.address.name.clone()).collect()
}

fn withheld(resource: &Resource, why: &str, help: Option<String>) -> Withheld {
    Withheld {
        address: resource.address.clone(),
        kind: WithheldKind::Waiting,
        why: why.to_owned(),
        help,
        origin: Origin { path: resource.origin.clone(), position: None },
    }
}

fn is_selected(pool: &Resource) -> bool {
    pool.desired["names"].as_array().is_none_or(Vec::is_empty)
}

struct Nodes<'a> {
    by_name: BTreeMap<&'a str, &'a Observed>,
    by_label: HashMap<(&'a str, &'a str), Vec<&'a str>>,
}

impl<'a> Nodes<'a> {
    fn of(inventory: &'a Inventory) -> Self {
        let mut nodes = Self { by_name: BTreeMap::new(), by_label: HashMap::new() };
        for node in inventory.observed.values().filter(|seen| seen.address.kind == kinds::NODE.name) {
            let name = node.address.name.as_str();
            nodes.by_name.insert(name, node);
            for (key, value) in node.live["metadata"]["labels"].as_object().into_iter().flatten() {
                if let Some(value) = value.as_str() {
                    nodes.by_label.entry((key, value)).or_default().push(name);
                }
            }
        }
        nodes
    }

    fn bearing<'s>(&'s self, label: (&'s str, &'s str)) -> &'s [&'s str] {
        self.by_label.get(&label).map_or(&[], Vec::as_slice)
    }

    /// Nodes that bear all of these labels.
    fn selected<'s>(&'s self, selector: &'s Value) -> Vec<&'s str> {
        let wanted: Vec<(&str, &str)> = selector
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
            .collect();
        let rarest = wanted.iter().map(|label| self.bearing(*label)).min_by_key(|nodes| nodes.len());
        let bears_all = |name: &&str| {
            let labels = self.by_name.get(*name).map(|node| &node.live["metadata"]["labels"]);
            labels.is_some_and(|labels| wanted.iter().all(|(key, value)| labels[*key] == *value))
        };
        rarest.unwrap_or(&[]).iter().copied().filter(bears_all).collect()
    }
}

fn expand(
    pools: &[Resource],
    nodes: &Nodes<'_>,
    named: &BTreeSet<String>,
    kept: &mut Vec<Resource>,
    resolved: &mut Resolved,
) {
    let mut found: Vec<Vec<&str>> = Vec::with_capacity(pools.len());
    let mut claims: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, pool) in pools.iter().enumerate() {
        let of_pool: Vec<&str> = if is_selected(pool) {
            // A node that is named by a pool is that pool's, whatever labels it bears.
            let selected = nodes.selected(&pool.desired["selector"]);
            let free: Vec<&str> = selected.into_iter().filter(|node| !named.contains(*node)).collect();
            for node in &free {
                claims.entry(node).or_default().push(i);
            }
            free
        } else {
            let listed = pool.desired["names"].as_array().into_iter().flatten().filter_map(Value::as_str);
            listed.filter_map(|name| nodes.by_name.get_key_value(name).map(|(name, _)| *name)).collect()
        };
        found.push(of_pool);
    }
    for (node, by) in &claims {
        let pool = &pools[by[0]];
        let template = &pool.desired["template"];
        let mut resource = node_of(&pool.address.site, node, template, &pool.origin);
        resource.field_origins.clone_from(&pool.field_origins);
        if by.len() > 1 {
            let names: Vec<&str> = by.iter().map(|i| pools[*i].address.name.as_str()).collect();
            let why = format!("the selectors of {} all find node {node}", names.join(" and "));
            let help = "make the selectors exclude each other, or name the nodes".to_owned();
            let refused = Withheld { kind: WithheldKind::Refused, ..withheld(&resource, &why, Some(help)) };
            resolved.withheld.push(refused);
        } else if pool.desired["ours"] == true {
            crate::labels::seal(&mut resource.desired, &resource.origin);
            kept.push(resource);
        }
    }
    for (pool, found) in pools.iter().zip(&found) {
        if is_selected(pool) {
            count(pool, found.len(), resolved);
        }
        measure(pool, found, nodes, resolved);
    }
}

/// Compares how many nodes there are with how many there should be.
fn count(pool: &Resource, found: usize, resolved: &mut Resolved) {
    let declared = pool.desired["count"].as_u64();
    let fewest = declared.or_else(|| pool.desired["min"].as_u64());
    let name = &pool.address.name;
    let selector: Vec<String> = pool.desired["selector"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    let selector = selector.join(",");
    // A pool that may be empty waits for nothing.
    if found == 0 && fewest != Some(0) {
        let why = format!("no node bears {selector}");
        let help = format!("label the nodes of pool {name}, or correct its selector");
        resolved.withheld.push(withheld(pool, &why, Some(help)));
    } else if let Some(declared) = declared.filter(|declared| *declared != found as u64) {
        resolved.findings.push(
            Diagnostic::new(
                &codes::POOL_COUNT,
                format!("pool `{name}` is declared with {declared} nodes, and {found} bear {selector}"),
            )
            .at(pool.origin.join("nodes").join("count")),
        );
    }
}

/// Nodes that differ, and how one of them does.
#[derive(Default)]
struct Differing<'a> {
    nodes: usize,
    example: Option<(&'a str, String)>,
}

impl<'a> Differing<'a> {
    fn add(&mut self, node: &'a str, has: impl FnOnce() -> String) {
        self.nodes += 1;
        self.example.get_or_insert_with(|| (node, has()));
    }

    fn report(self, of: usize, what: &str, at: Path, help: Option<String>, resolved: &mut Resolved) {
        let Some((node, has)) = self.example else { return };
        let message = if self.nodes == of && of > 1 {
            format!("none of the {of} nodes has {what}: {node} has {has}")
        } else if of == 1 {
            format!("node {node} does not have {what} but {has}")
        } else {
            format!("{} of {of} nodes do not have {what}: {node} has {has}", self.nodes)
        };
        let mut finding = Diagnostic::new(&codes::POOL_SHORT, message).at(at);
        finding.help = help;
        resolved.findings.push(finding);
    }
}

/// Compares what the nodes have with what the strawman says.
fn measure(pool: &Resource, found: &[&str], nodes: &Nodes<'_>, resolved: &mut Resolved) {
    let capacity = |node: &str, resource: &str| {
        let live = nodes.by_name.get(node).map(|node| &node.live["status"]["capacity"]);
        live.and_then(|live| live.get(resource)).and_then(Quantity::read).map_or(0.0, Quantity::as_f64)
    };
    // A node that reports nothing at all has not got as far yet.
    let reporting: Vec<&str> = found.iter().copied().filter(|node| capacity(node, "cpu") > 0.0).collect();
    let origin = &pool.origin;

    if let Some(cpus) = pool.desired["cpu"].as_u64() {
        #[allow(clippy::cast_precision_loss)]
        let wanted = cpus as f64;
        let mut differing = Differing::default();
        let mut double = true;
        for &node in &reporting {
            let has = capacity(node, "cpu");
            if (has - wanted).abs() > 0.5 {
                double &= (has - 2.0 * wanted).abs() < 0.5;
                differing.add(node, || format!("{has}"));
            }
        }
        let hint = "it has twice as many: with hyperthreading on, say `threadsPerCore: 2`";
        let help = (double && differing.nodes > 0).then(|| hint.to_owned());
        differing.report(reporting.len(), &format!("{cpus} CPUs"), origin.join("cores"), help, resolved);
    }
    if let Some(memory) = pool.desired["memory"].as_u64() {
        let mut differing = Differing::default();
        for &node in &reporting {
            let has = capacity(node, "memory");
            #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            if has < memory as f64 * 0.9 {
                differing.add(node, || format!("{:.1}GiB", units::Bytes(has as u64).gibibytes()));
            }
        }
        let what = format!("{:.1}GiB of memory", units::Bytes(memory).gibibytes());
        differing.report(reporting.len(), &what, origin.join("memory"), None, resolved);
    }
    // Devices are declared for the pool as a whole, and can be compared when all of it is there.
    let declared = pool.desired["nodes"].as_u64().unwrap_or(0);
    if declared == 0 || reporting.len() as u64 != declared {
        return;
    }
    for (resource, count) in pool.desired["devices"].as_object().into_iter().flatten() {
        let has: f64 = reporting.iter().map(|node| capacity(node, resource)).sum();
        #[allow(clippy::cast_precision_loss)]
        let wanted = count.as_u64().unwrap_or(0) as f64;
        if (has - wanted).abs() > 0.5 {
            let without = reporting.iter().find(|node| capacity(node, resource) < 0.5);
            let example = without.map_or_else(String::new, |node| format!("; {node} has none"));
            let name = &pool.address.name;
            resolved.findings.push(
                Diagnostic::new(
                    &codes::POOL_SHORT,
                    format!("the nodes of pool `{name}` have {has} {resource} and not {wanted}{example}"),
                )
                .at(origin.join(if resource.contains("/gpu") || resource.contains("/mig-") {
                    "gpu"
                } else {
                    "gres"
                }))
                .help("look whether the device plugin runs there, and how it shares the cards"),
            );
        }
    }
}

#[cfg(test)]
mod tests;
