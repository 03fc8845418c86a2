//! Whether what was applied holds pods to it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::Bench;

fn pod(namespace: &str, name: &str, requests: &Value, tolerations: &Value) -> String {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "tolerations": tolerations,
            "containers": [{
                "name": "c", "image": "example.org/none",
                "securityContext": {"allowPrivilegeEscalation": false},
                "resources": {"requests": requests, "limits": requests},
            }],
        },
    })
    .to_string()
}

/// The node that a pod was put on.
fn node_of(bench: &Bench, namespace: &str, name: &str) -> String {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let pod = bench.cluster.get(&["pod", name, "-n", namespace]).unwrap();
        if let Some(node) = pod["spec"]["nodeName"].as_str() {
            return node.to_owned();
        }
        assert!(Instant::now() < end, "it was not put anywhere: {pod}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

pub fn quotas_and_pools_hold(bench: &Bench) {
    let all = bench.cluster.get(&["resourcequotas", "-A", "-l", "afctl.dev/facility=uchicago-af"]).unwrap();
    let quota = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["metadata"]["namespace"].as_str().unwrap().contains("higgs"))
        .unwrap();
    let namespace = quota["metadata"]["namespace"].as_str().unwrap();

    // 96 CPUs are the account's; a pod that wants more is refused, by the quota and by name.
    let large = pod(namespace, "large", &json!({"cpu": "97", "memory": "1Gi"}), &json!([]));
    let refused = bench.cluster.kubectl_with_input(&["create", "-f", "-"], &large).unwrap_err().to_string();
    assert!(refused.contains("exceeded quota") || refused.contains("maximum cpu usage"), "{refused}");

    // A pod that says nothing gets the defaults, and is admitted under the quota.
    let plain = pod(namespace, "plain", &json!({}), &json!([]));
    bench.cluster.kubectl_with_input(&["create", "-f", "-"], &plain).unwrap();
    let node = node_of(bench, namespace, "plain");
    assert!(!node.contains("a100"), "{node}");

    // A pod that wants a GPU lands on a GPU node, and on no other.
    let nodes = bench.cluster.get(&["nodes", "-l", "afctl.dev/facility=uchicago-af"]).unwrap();
    let gpu_nodes: Vec<&str> = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|node| node["status"]["capacity"]["nvidia.com/gpu"].is_string())
        .map(|node| node["metadata"]["name"].as_str().unwrap())
        .collect();
    assert!(!gpu_nodes.is_empty());
    let tolerations = json!([{"key": "af.example.org/gpu", "operator": "Exists"}]);
    let request = json!({"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"});
    let wanting = pod(namespace, "gpu", &request, &tolerations);
    bench.cluster.kubectl_with_input(&["create", "-f", "-"], &wanting).unwrap();
    let node = node_of(bench, namespace, "gpu");
    assert!(gpu_nodes.contains(&node.as_str()), "{node} of {gpu_nodes:?}");
    for name in ["plain", "gpu"] {
        bench.cluster.kubectl(&["delete", "pod", name, "-n", namespace, "--wait=true"]).unwrap();
    }
}
