//! What the testbed promises, proven on the real thing.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use afctl_testbed::{
    AuditMark, Component, ControlPlane, KUBECONFIG_VARIABLE, NodeGroup, Options, shared, wanted,
};

const POD: &str = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "train", "namespace": "NAMESPACE"},
 "spec": {"containers": [{"name": "main", "image": "example.invalid/train:1",
   "resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}"#;

fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come about in 30 s");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The processes whose command line has this in it, but for the reaper.
fn processes_in(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(folder) && !line.contains("afctl-testbed-reaper") {
            found.push(line);
        }
    }
    found
}

fn folder_of(cluster: &ControlPlane) -> String {
    cluster.kubeconfig().parent().unwrap().display().to_string()
}

#[test]
fn real_gpu_pod_runs_on_a_gpu_node_and_goes() {
    if !wanted("real_gpu_pod_runs_on_a_gpu_node_and_goes") {
        return;
    }
    let cluster = shared();
    cluster.kubectl(&["create", "namespace", "gpu-test"]).unwrap();
    eventually("a default service account", || {
        cluster.kubectl(&["get", "serviceaccount", "default", "-n", "gpu-test"]).is_ok()
    });
    cluster.kubectl_with_input(&["create", "-f", "-"], &POD.replace("NAMESPACE", "gpu-test")).unwrap();
    let get = || cluster.get(&["pod", "train", "-n", "gpu-test"]).unwrap();
    eventually("a running pod", || get()["status"]["phase"] == "Running");
    let node = get()["spec"]["nodeName"].as_str().unwrap().to_owned();
    assert!(node.starts_with("gpu-"), "it runs on {node}");
    let begun = Instant::now();
    cluster.kubectl(&["delete", "namespace", "gpu-test", "--timeout=30s"]).unwrap();
    println!("namespace with a pod gone in {:.1} s", begun.elapsed().as_secs_f64());
}

#[test]
fn real_kueue_api_keeps_what_it_is_given() {
    if !wanted("real_kueue_api_keeps_what_it_is_given") {
        return;
    }
    let cluster = shared();
    let established = cluster.get(&["crd"]).unwrap();
    let kueue = established["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|crd| crd["spec"]["group"] == "kueue.x-k8s.io");
    assert_eq!(kueue.count(), 11);
    let queue = r#"{"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "metadata": {"name": "kept"},
        "spec": {"cohortName": "all", "resourceGroups": [{"coveredResources": ["cpu"],
            "flavors": [{"name": "cpu", "resources": [{"name": "cpu", "nominalQuota": "10"}]}]}]}}"#;
    cluster.kubectl_with_input(&["apply", "--server-side", "-f", "-"], queue).unwrap();
    let found = cluster.get(&["clusterqueues.v1beta2.kueue.x-k8s.io", "kept"]).unwrap();
    assert_eq!(found["spec"]["cohortName"], "all");
    cluster.kubectl(&["delete", "clusterqueue", "kept"]).unwrap();
}

#[test]
fn real_audit_log_tells_who_wrote() {
    if !wanted("real_audit_log_tells_who_wrote") {
        return;
    }
    let cluster = shared();
    let mark = cluster.audit_mark().unwrap();
    cluster.kubectl(&["get", "namespaces"]).unwrap();
    cluster.kubectl(&["create", "configmap", "audited", "--from-literal=a=1"]).unwrap();
    let here = |all: Vec<afctl_testbed::AuditEvent>| {
        all.into_iter()
            .filter(|event| event.uri.contains("/namespaces/default/configmaps"))
            .collect::<Vec<_>>()
    };
    let writes = here(cluster.writes_by("kubectl", mark).unwrap());
    assert_eq!(writes.len(), 1, "{writes:#?}");
    assert_eq!((writes[0].verb.as_str(), writes[0].code), ("create", 201));
    assert!(here(cluster.writes_by("somebody else", AuditMark::default()).unwrap()).is_empty());
    let mark = cluster.audit_mark().unwrap();
    assert!(here(cluster.writes_by("kubectl", mark).unwrap()).is_empty());
}

#[test]
fn real_user_has_the_rights_of_the_group_only() {
    if !wanted("real_user_has_the_rights_of_the_group_only") {
        return;
    }
    let cluster = shared();
    let binding = ["create", "clusterrolebinding", "readers", "--clusterrole=view", "--group=af:readers"];
    cluster.kubectl(&binding).unwrap();
    let reader = cluster.kubectl_as(&cluster.user_kubeconfig("alice", &["af:readers"]).unwrap());
    eventually("the right to read", || reader.run(&["get", "configmaps", "-n", "kube-system"]).is_ok());
    let refused = reader.run(&["create", "namespace", "mine"]).unwrap_err().to_string();
    assert!(refused.contains("forbidden"), "{refused}");
}

#[test]
fn real_servers_can_be_killed_frozen_and_restarted_and_leave_nothing() {
    if !wanted("real_servers_can_be_killed_frozen_and_restarted_and_leave_nothing") {
        return;
    }
    // Beside the shared one, so this is also the test that two run at once.
    let begun = Instant::now();
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    println!("started in {:.1} s", begun.elapsed().as_secs_f64());
    assert_ne!(cluster.kubeconfig(), shared().kubeconfig());
    let folder = folder_of(&cluster);
    assert_eq!(processes_in(&folder).len(), 5, "{:#?}", processes_in(&folder));

    cluster.kubectl(&["create", "configmap", "kept", "--from-literal=a=1"]).unwrap();
    cluster.kill(Component::ApiServer).unwrap();
    cluster.kubectl(&["get", "configmap", "kept"]).unwrap_err();
    cluster.restart(Component::ApiServer).unwrap();
    cluster.kubectl(&["get", "configmap", "kept"]).unwrap();
    cluster.restart(Component::Etcd).unwrap();
    eventually("the API after etcd's restart", || cluster.kubectl(&["get", "configmap", "kept"]).is_ok());

    cluster.pause(Component::Etcd).unwrap();
    let slow = cluster.kubectl(&["create", "configmap", "slow", "--request-timeout=1s"]);
    cluster.resume(Component::Etcd).unwrap();
    assert!(slow.is_err(), "a write went through a frozen etcd");
    eventually("the API after etcd's sleep", || cluster.kubectl(&["create", "configmap", "quick"]).is_ok());

    // The controllers found the way back too.
    cluster.kubectl(&["create", "namespace", "after"]).unwrap();
    eventually("a service account after the restarts", || {
        cluster.kubectl(&["get", "serviceaccount", "default", "-n", "after"]).is_ok()
    });
    drop(cluster);
    assert!(processes_in(&folder).is_empty(), "{:#?}", processes_in(&folder));
    assert!(!std::path::Path::new(&folder).exists());
}

#[test]
fn real_two_hundred_nodes_are_ready_in_seconds() {
    if !wanted("real_two_hundred_nodes_are_ready_in_seconds") {
        return;
    }
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    let begun = Instant::now();
    let tainted =
        NodeGroup::new("gpu", 50, "64", "512Gi").extra("nvidia.com/gpu", "8").taint("gpu", "", "NoSchedule");
    cluster.add_nodes(&[NodeGroup::new("cpu", 150, "64", "256Gi").label("pool", "cpu"), tainted]).unwrap();
    let took = begun.elapsed();
    println!("200 nodes in {:.1} s", took.as_secs_f64());
    let nodes = cluster.get(&["nodes"]).unwrap();
    let mut gpus = BTreeMap::<String, usize>::new();
    for node in nodes["items"].as_array().unwrap() {
        let gpu = node["status"]["allocatable"]["nvidia.com/gpu"].as_str().unwrap_or("0");
        *gpus.entry(gpu.to_owned()).or_default() += 1;
    }
    assert_eq!(gpus, BTreeMap::from([("0".to_owned(), 150), ("8".to_owned(), 50)]));
    assert!(took < Duration::from_mins(1), "it took {took:?}");
}

#[test]
fn real_limits_make_the_server_answer_429() {
    if !wanted("real_limits_make_the_server_answer_429") {
        return;
    }
    let options = Options { priority_and_fairness: Some((2, 1)), audit: true, ..Options::default() };
    let begun = Instant::now();
    let cluster = ControlPlane::start(&options).unwrap();
    println!("started with limits in {:.1} s", begun.elapsed().as_secs_f64());
    let user = cluster.user_kubeconfig("bob", &["af:nobody"]).unwrap();
    cluster
        .kubectl(&["create", "clusterrolebinding", "all", "--clusterrole=cluster-admin", "--user=bob"])
        .unwrap();
    let refused = || cluster.audit().unwrap().iter().any(|event| event.code == 429);
    eventually("a 429", || {
        std::thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| cluster.kubectl_as(&user).run(&["get", "--raw", "/api/v1/pods?limit=500"]));
            }
        });
        refused()
    });
}

/// Runs one of the helpers below in a process of its own.
fn helper(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--ignored"]);
    command
}

#[test]
fn real_given_cluster_is_used_and_its_limits_are_named() {
    if !wanted("real_given_cluster_is_used_and_its_limits_are_named") {
        return;
    }
    let status =
        helper("helper_use_the_given_cluster").env(KUBECONFIG_VARIABLE, shared().kubeconfig()).status();
    assert!(status.unwrap().success());
}

#[test]
#[ignore = "the other half of real_given_cluster_is_used_and_its_limits_are_named"]
fn helper_use_the_given_cluster() {
    assert!(std::env::var_os(KUBECONFIG_VARIABLE).is_some(), "runs only as its other half's child");
    let cluster = ControlPlane::start(&Options { kueue_crds: true, ..Options::default() }).unwrap();
    cluster.kubectl(&["create", "namespace", "given"]).unwrap();
    let nobody = cluster.kubectl_as(&cluster.user_kubeconfig("carol", &["af:nobody"]).unwrap());
    let refused = nobody.run(&["get", "namespaces"]).unwrap_err().to_string();
    assert!(refused.contains("carol") && refused.contains("forbidden"), "{refused}");
    for refused in [
        cluster.audit().map(drop),
        cluster.kill(Component::Etcd),
        cluster.add_nodes(&[]),
        ControlPlane::start(&Options { audit: true, ..Options::default() }).map(drop),
    ] {
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(KUBECONFIG_VARIABLE), "{said}");
    }
}

#[test]
fn real_nothing_outlives_a_killed_test() {
    if !wanted("real_nothing_outlives_a_killed_test") {
        return;
    }
    // The child is this same test program, told to start a control plane and then sleep.
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut child =
        helper("helper_start_and_sleep").env("AFCTL_TESTBED_HELPER_OUT", out.path()).spawn().unwrap();
    let mut folder = String::new();
    eventually("the child's control plane", || {
        folder = std::fs::read_to_string(out.path()).unwrap();
        !folder.is_empty()
    });
    assert_eq!(processes_in(&folder).len(), 5);
    child.kill().unwrap();
    child.wait().unwrap();
    eventually("the end of the child's servers", || {
        processes_in(&folder).is_empty() && !std::path::Path::new(&folder).exists()
    });
}

#[test]
#[ignore = "the other half of real_nothing_outlives_a_killed_test"]
fn helper_start_and_sleep() {
    let out = std::env::var_os("AFCTL_TESTBED_HELPER_OUT").expect("runs only as its other half's child");
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    std::fs::write(out, folder_of(&cluster)).unwrap();
    std::thread::sleep(Duration::from_mins(10));
}
