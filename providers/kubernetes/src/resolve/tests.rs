//! Pools and the nodes that are there.

use super::*;
use crate::testing::{Compiled, applied, compiled, facility};
use afctl_contract::{Problem, Scope};
use serde_json::json;

const SITE: &str = "  sites: {here: {scheduler: {kubernetes: {}}}}\n";

/// What a cluster with these nodes shows: name, labels, capacity.
fn inventory(nodes: &[(&str, Value, Value)]) -> Inventory {
    let mut inventory = Inventory::empty(jiff::Timestamp::UNIX_EPOCH);
    for (name, labels, capacity) in nodes {
        let address = format!("here/kubernetes/Node/{name}").parse().unwrap_or_else(|e| panic!("{e}"));
        let live = json!({"metadata": {"name": name, "labels": labels}, "status": {"capacity": capacity}});
        inventory.insert(applied(&address, &live));
    }
    inventory
}

fn resolved(spec: &str, nodes: &[(&str, Value, Value)]) -> Resolved {
    let Compiled { graph, .. } = compiled(&format!("{SITE}{spec}"));
    resolve(graph, &inventory(nodes))
}

fn nodes(resolved: &Resolved) -> Vec<&str> {
    resolved.graph.iter().filter(|r| r.address.kind == "Node").map(|r| r.address.name.as_str()).collect()
}

fn whys(resolved: &Resolved) -> Vec<&str> {
    resolved.withheld.iter().map(|w| w.why.as_str()).collect()
}

fn messages(resolved: &Resolved) -> Vec<&str> {
    resolved.findings.iter().map(|d| d.message.as_str()).collect()
}

#[test]
fn a_named_node_that_is_not_there_waits_and_the_others_go_on() {
    let spec = "  nodePools: {p: {site: here, nodes: {names: 'c[1-3]'}}}\n";
    let resolved = resolved(spec, &[("c1", json!({}), json!({})), ("c3", json!({}), json!({}))]);
    assert_eq!(nodes(&resolved), ["c1", "c3"]);
    assert_eq!(whys(&resolved), ["node c2 is not registered in the cluster"]);
    assert_eq!(resolved.withheld[0].kind, WithheldKind::Waiting);
    assert_eq!(resolved.withheld[0].origin.path.to_string(), "spec.nodePools.p");
    assert!(resolved.graph.iter().all(|r| r.address.kind != kinds::NODE_POOL));
}

#[test]
fn a_selector_finds_nodes() {
    let spec =
        "  nodePools: {p: {site: here, nodes: {selector: {rack: a, kind: cpu}}, taints: ['x:NoSchedule']}}\n";
    let found = json!({"rack": "a", "kind": "cpu", "more": "yes"});
    let resolved = resolved(
        spec,
        &[
            ("n1", found, json!({})),
            ("n2", json!({"rack": "a"}), json!({})),
            ("n3", json!({"kind": "cpu"}), json!({})),
        ],
    );
    assert_eq!(nodes(&resolved), ["n1"]);
    let node = resolved.graph.iter().find(|r| r.address.name == "n1").unwrap_or_else(|| panic!("n1"));
    assert_eq!(node.desired["metadata"]["name"], "n1");
    assert_eq!(node.desired["metadata"]["labels"]["afctl.dev/pool"], "p");
    let digest = &node.desired["metadata"]["annotations"][crate::labels::DIGEST];
    assert_eq!(*digest, crate::labels::digest_of(&node.desired));
    assert_eq!(
        node.origin_of(&afctl_contract::path!["spec", "taints"]).to_string(),
        "spec.nodePools.p.taints"
    );
    assert!(resolved.withheld.is_empty());
}

#[test]
fn a_node_of_two_pools_is_withheld_from_both() {
    let spec = "  nodePools: {a: {site: here, nodes: {selector: {x: '1'}}}, b: {site: here, nodes: {selector: {y: '1'}}}}\n";
    let both = json!({"x": "1", "y": "1"});
    let resolved = resolved(
        spec,
        &[
            ("n1", both, json!({})),
            ("n2", json!({"x": "1"}), json!({})),
            ("n3", json!({"y": "1"}), json!({})),
        ],
    );
    assert_eq!(nodes(&resolved), ["n2", "n3"]);
    assert_eq!(resolved.withheld[0].kind, WithheldKind::Refused);
    assert_eq!(whys(&resolved), ["the selectors of a and b all find node n1"]);
}

#[test]
fn a_named_node_is_not_a_selectors() {
    let spec =
        "  nodePools: {a: {site: here, nodes: {names: n1}}, b: {site: here, nodes: {selector: {x: '1'}}}}\n";
    let resolved =
        resolved(spec, &[("n1", json!({"x": "1"}), json!({})), ("n2", json!({"x": "1"}), json!({}))]);
    let pools: Vec<_> = resolved
        .graph
        .iter()
        .filter(|r| r.address.kind == "Node")
        .map(|r| r.desired["metadata"]["labels"]["afctl.dev/pool"].clone())
        .collect();
    assert_eq!(pools, ["a", "b"]);
}

#[test]
fn pools_that_come_and_go_are_known_by_their_label() {
    let spec = "  nodePools: {p: {site: here, nodes: {min: 0, max: 5}}, q: {site: here, nodes: {count: 3}}, r: {site: here, nodes: {min: 1, max: 2}}}\n";
    let resolved = resolved(spec, &[("q-1", json!({"afctl.dev/pool": "q"}), json!({}))]);
    assert_eq!(nodes(&resolved), ["q-1"]);
    assert_eq!(
        whys(&resolved),
        ["no node bears afctl.dev/pool=r"],
        "a pool that may be empty waits for nothing"
    );
    assert_eq!(messages(&resolved), ["pool `q` is declared with 3 nodes, and 1 bear afctl.dev/pool=q"]);
}

#[test]
fn what_the_cluster_reports_is_compared_in_one_finding_a_pool() {
    let spec = "  nodePools: {p: {site: here, nodes: {names: 'c[1-3]'}, cores: 32, memory: 100GiB, gpu: {model: v100-32gb, perNode: 2}}}\n";
    let capacity =
        |cpu: &str, memory: &str, gpu: &str| json!({"cpu": cpu, "memory": memory, "nvidia.com/gpu": gpu});
    let all = resolved(
        spec,
        &[
            ("c1", json!({}), capacity("64", "95Gi", "2")),
            ("c2", json!({}), capacity("64", "60Gi", "0")),
            ("c3", json!({}), capacity("64", "101Gi", "2")),
        ],
    );
    assert_eq!(
        messages(&all),
        [
            "none of the 3 nodes has 32 CPUs: c1 has 64",
            "1 of 3 nodes do not have 100.0GiB of memory: c2 has 60.0GiB",
            "the nodes of pool `p` have 4 nvidia.com/gpu and not 6; c2 has none",
        ]
    );
    assert!(all.findings[0].help.as_deref().is_some_and(|help| help.contains("threadsPerCore: 2")));
    assert_eq!(
        all.findings[1].at,
        afctl_contract::At::Path(
            "spec.nodePools.p.memory".parse().unwrap_or_default(),
            afctl_contract::Half::Value
        )
    );
}

#[test]
fn what_could_not_be_seen_is_not_concluded_from() {
    let spec =
        "  nodePools: {a: {site: here, nodes: {names: n1}}, b: {site: here, nodes: {selector: {x: '1'}}}}\n";
    let Compiled { graph, .. } = compiled(&format!("{SITE}{spec}"));
    let mut inventory = Inventory::empty(jiff::Timestamp::UNIX_EPOCH);
    let message = "forbidden".to_owned();
    inventory.problems.push(Problem { scope: Scope::Kind("Node".into()), message, help: None });
    let resolved = resolve(graph, &inventory);
    assert_eq!(nodes(&resolved), ["n1"], "the plan judges it as unknown");
    assert_eq!(whys(&resolved), ["it is not known which nodes there are: forbidden"]);
    assert!(resolved.findings.is_empty());
}

#[test]
fn the_nodes_of_the_simulated_world_are_as_declared() {
    let spec = format!(
        "{SITE}  nodePools:
    cpu: {{site: here, nodes: {{names: 'c[1-4]'}}, cores: 32, threadsPerCore: 2, memory: 100GiB, reserved: {{cpu: 500m}}}}
    gpu: {{site: here, nodes: {{selector: {{gpu: 'yes'}}, count: 2}}, cores: 8, memory: 64GiB, gpu: {{model: a100-40gb, perNode: 4, sharing: {{mig: {{1g.5gb: 13, whole: 6}}}}}}}}
    burst: {{site: here, nodes: {{min: 1, max: 4}}, cores: 8, memory: 64GiB}}\n"
    );
    let given = crate::given::given(&facility(&spec), "here");
    assert_eq!(given.len(), 7);
    let mut inventory = Inventory::empty(jiff::Timestamp::UNIX_EPOCH);
    for (address, live) in &given {
        inventory.insert(applied(address, live));
    }
    let resolved = resolve(compiled(&spec).graph, &inventory);
    assert_eq!((messages(&resolved), whys(&resolved)), (vec![], vec![]));
    assert_eq!(nodes(&resolved).len(), 7);
    let slices: Vec<_> =
        given.iter().filter_map(|(_, n)| n["status"]["capacity"].get("nvidia.com/mig-1g.5gb")).collect();
    assert_eq!(slices, ["7", "6"]);
}
