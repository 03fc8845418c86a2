//! What the driver promises of nodes, of which only labels and taints are ours, proven on a real control plane.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use afctl_contract::conformance::Fault;
use afctl_contract::{Action, ErrorKind, Observed, Ownership};
use afctl_kubernetes::{kinds, labels};
use afctl_testbed::{ControlPlane, shared, wanted};
use kit::flaky::Flaky;
use kit::{Af, Thing};
use serde_json::{Value, json};

/// A node as a pool wants it.
fn node(af: &Af, name: &str, gpu: &str, taints: &[&str]) -> Thing {
    let parsed: Vec<afctl_contract::units::Taint> =
        taints.iter().map(|taint| taint.parse().unwrap()).collect();
    let json: Vec<Value> = parsed.iter().map(labels::taint_json).collect();
    let mut body = json!({"metadata": {"labels": {labels::POOL: "gpu", "example.org/gpu": gpu}}});
    if !json.is_empty() {
        body["metadata"]["annotations"] = json!({labels::TAINTS: labels::write_taints(&parsed)});
        body["spec"]["taints"] = json.into();
    }
    af.thing(&kinds::NODE, None, name, &body)
}

fn live(cluster: &ControlPlane, name: &str) -> Value {
    cluster.get(&["node", name]).unwrap()
}

/// Labels, annotations and taints that are not the cluster's own.
fn look(cluster: &ControlPlane, name: &str) -> (Value, Value, Value) {
    let node = live(cluster, name);
    let kept = |map: &Value| -> Value {
        let map = map.as_object().cloned().unwrap_or_default();
        map.into_iter().filter(|(key, _)| key.contains("afctl") || key.contains("example")).collect()
    };
    let metadata = &node["metadata"];
    (kept(&metadata["labels"]), kept(&metadata["annotations"]), node["spec"]["taints"].clone())
}

async fn seen(af: &Af, thing: &Thing) -> Observed {
    af.seen(thing).await.expect("the node is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn real_nodes_get_ours_and_keep_theirs() {
    if !wanted("real_nodes_get_ours_and_keep_theirs") {
        return;
    }
    let cluster = shared();
    let af = Af::new("racks", cluster);
    cluster
        .kubectl(&[
            "taint",
            "node",
            "gpu-0",
            "example.org/theirs=1:NoExecute",
            "example.org/shared=yes:NoSchedule",
        ])
        .unwrap();
    cluster.kubectl(&["label", "node", "gpu-0", "example.org/rack=r1"]).unwrap();
    let untouched = look(cluster, "gpu-0");

    let first =
        node(&af, "gpu-0", "a100", &["example.org/gpu=true:NoSchedule", "example.org/shared=yes:NoSchedule"]);
    let before = seen(&af, &first).await;
    assert_eq!(before.ownership, Ownership::Unmarked);
    assert_eq!(before.managed, json!({}));
    assert_eq!(before.live["status"]["allocatable"]["nvidia.com/gpu"], "4");
    assert_eq!(before.live["status"].as_object().unwrap().len(), 2);

    let step = first.on(Action::Update, &before);
    af.apply(&step).await.unwrap();
    let version = live(cluster, "gpu-0")["metadata"]["resourceVersion"].clone();
    af.apply(&step).await.unwrap();
    assert_eq!(
        live(cluster, "gpu-0")["metadata"]["resourceVersion"],
        version,
        "done again, it changes nothing"
    );
    let after = seen(&af, &first).await;
    assert_eq!(after.ownership, Ownership::Ours);
    let taints: Vec<&str> = after.live["spec"]["taints"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|taint| taint["key"].as_str())
        .collect();
    assert_eq!(taints, ["example.org/theirs", "example.org/shared", "example.org/gpu"]);
    assert_eq!(after.managed["spec"]["taints"].as_array().unwrap().len(), 2);
    assert_eq!(after.managed["metadata"]["labels"], first.object["metadata"]["labels"]);
    assert_eq!(after.applied.as_deref(), first.object["metadata"]["annotations"][labels::DIGEST].as_str());

    // Somebody takes our label and a taint away and adds a taint: seen, and mended without harm to his.
    cluster.kubectl(&["label", "node", "gpu-0", "example.org/gpu=v100", "--overwrite"]).unwrap();
    cluster
        .kubectl(&["taint", "node", "gpu-0", "example.org/gpu:NoSchedule-", "example.org/late=1:NoSchedule"])
        .unwrap();
    let drifted = seen(&af, &first).await;
    assert_ne!(drifted.digest, after.digest);
    assert_eq!(drifted.managed["spec"]["taints"].as_array().unwrap().len(), 1);
    let by: Vec<_> =
        drifted.others.iter().filter(|(path, _)| path.to_string().contains("example.org/gpu")).collect();
    assert_eq!(by[0].1, "kubectl-label");
    af.apply(&first.on(Action::Update, &drifted)).await.unwrap();
    let mended = seen(&af, &first).await;
    assert_eq!(mended.live["metadata"]["labels"]["example.org/gpu"], "a100");
    let taints = mended.live["spec"]["taints"].to_string();
    assert!(taints.contains("example.org/late") && taints.contains("example.org/gpu"), "{taints}");

    // A pool with another value, and without a taint that it had.
    let second = node(&af, "gpu-0", "a100", &["example.org/gpu=false:NoSchedule"]);
    af.apply(&second.on(Action::Update, &mended)).await.unwrap();
    let taints = seen(&af, &second).await.live["spec"]["taints"].to_string();
    assert!(
        taints.contains("\"false\"") && taints.contains("example.org/shared"),
        "it was there before us: {taints}"
    );

    cluster.kubectl(&["taint", "node", "gpu-0", "example.org/late:NoSchedule-"]).unwrap();
    let step = second.on(Action::Forget, &after);
    af.apply(&step).await.unwrap();
    assert_eq!(look(cluster, "gpu-0"), untouched, "nothing of ours is left, and all of theirs");
    af.apply(&step).await.unwrap();
    let managers = live(cluster, "gpu-0")["metadata"]["managedFields"].to_string();
    assert!(!managers.contains("afctl.dev"), "{managers}");
    assert_eq!(seen(&af, &first).await.ownership, Ownership::Unmarked);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_labels_and_nodes_of_others_are_not_taken() {
    if !wanted("real_labels_and_nodes_of_others_are_not_taken") {
        return;
    }
    let cluster = shared();
    let af = Af::new("lender", cluster);
    cluster.kubectl(&["label", "node", "gpu-1", "example.org/gpu=t4"]).unwrap();
    let mine = node(&af, "gpu-1", "a100", &[]);
    let before = seen(&af, &mine).await;
    let error = af.apply(&mine.on(Action::Update, &before)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(error.message, "metadata.labels.example.org/gpu belongs to kubectl-label");
    assert_eq!(look(cluster, "gpu-1").0, json!({"example.org/gpu": "t4"}), "untouched");
    af.apply(&mine.on(Action::Adopt, &before)).await.unwrap();
    assert_eq!(seen(&af, &mine).await.live["metadata"]["labels"]["example.org/gpu"], "a100");

    let other = Af::new("borrower", cluster);
    let theirs = node(&other, "gpu-1", "h100", &["example.org/borrowed:NoSchedule"]);
    let before = seen(&other, &theirs).await;
    assert_eq!(before.ownership, Ownership::Other("the afctl facility lender at site here".to_owned()));
    let error = other.apply(&theirs.on(Action::Update, &before)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotOurs, "{error}");
    assert_eq!(look(cluster, "gpu-1").2, Value::Null, "no taint was put on it");
    let error = af.apply(&mine.step(Action::Update, json!({"uid": "another"}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stale);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_all_nodes_are_told_where_a_pool_wants_them() {
    if !wanted("real_all_nodes_are_told_where_a_pool_wants_them") {
        return;
    }
    let cluster = shared();
    let af = Af::new("pools", cluster);
    let mut pool = node(&af, "pool", "a100", &[]);
    assert!(af.look(&[]).await.observed.is_empty(), "nobody asks for nodes");
    pool.address.kind = kinds::NODE_POOL.to_owned();
    let inventory = af.look(&[&pool]).await;
    assert_eq!(inventory.observed.len(), 12);
    assert_eq!(inventory.problems, []);
}

/// Four writers of taints on one node at once: none loses the other's.
#[tokio::test(flavor = "multi_thread")]
async fn real_taints_put_on_at_once_are_all_there() {
    if !wanted("real_taints_put_on_at_once_are_all_there") {
        return;
    }
    let cluster = shared();
    let af = Af::new("crowd", cluster);
    let thing = node(&af, "gpu-2", "a100", &["example.org/ours=1:NoSchedule"]);
    let step = thing.on(Action::Update, &seen(&af, &thing).await);
    let theirs = tokio::task::spawn_blocking(move || {
        for i in 0..8 {
            cluster.kubectl(&["taint", "node", "gpu-2", &format!("example.org/t{i}=1:NoSchedule")]).unwrap();
        }
    });
    while !theirs.is_finished() {
        let clear = thing.step(Action::Forget, step.handle.clone());
        af.insist(&step).await.unwrap();
        af.insist(&clear).await.unwrap();
    }
    theirs.await.unwrap();
    af.insist(&step).await.unwrap();
    let taints = live(cluster, "gpu-2")["spec"]["taints"].as_array().unwrap().len();
    assert_eq!(taints, 9);
}

/// Whichever write is the last one, the next afctl sees what there is of ours and can take all of it off.
#[tokio::test(flavor = "multi_thread")]
async fn real_nodes_are_never_left_with_what_nobody_knows_of() {
    if !wanted("real_nodes_are_never_left_with_what_nobody_knows_of") {
        return;
    }
    let cluster = shared();
    let way = Flaky::to(cluster).await;
    let (af, cut) = (Af::new("cut", cluster), Af::with("cut", &way.kubeconfig()));
    cluster.kubectl(&["taint", "node", "gpu-3", "example.org/theirs=1:NoSchedule"]).unwrap();
    let untouched = look(cluster, "gpu-3");
    let first =
        node(&af, "gpu-3", "a100", &["example.org/a=1:NoSchedule", "example.org/theirs=1:NoSchedule"]);
    let second = node(&af, "gpu-3", "a100", &["example.org/b=1:NoSchedule"]);
    let mut cuts = 0;
    for writes in 0..4 {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            // Broken off when it is made ours, when it is changed, and when it is let go of.
            for stage in 0..3 {
                let stages = [(&first, Action::Update), (&second, Action::Update), (&second, Action::Forget)];
                for (at, (thing, action)) in stages.into_iter().take(stage + 1).enumerate() {
                    let before = seen(&af, thing).await;
                    if at == stage {
                        way.fail_after(writes, fault.clone());
                        let result = cut.apply(&thing.on(action, &before)).await;
                        let struck = !way.relent();
                        assert_eq!(result.is_err(), struck, "{result:?}");
                        cuts += usize::from(struck);
                    } else {
                        af.apply(&thing.on(action, &before)).await.unwrap();
                    }
                }
                let left = seen(&af, &second).await;
                if left.ownership == Ownership::Ours {
                    af.apply(&second.on(Action::Forget, &left)).await.unwrap();
                }
                assert_eq!(
                    look(cluster, "gpu-3"),
                    untouched,
                    "after {writes} writes, {fault:?}, stage {stage}"
                );
            }
        }
    }
    // Two writes to make it ours, three to change it, two to let go of it; each cut before and after.
    assert_eq!(cuts, 14);
}
