//! Each rule of what a change needs. (The same is asked of a real API server in `tests/`.)

use super::*;
use crate::testing::{applied, compiled};
use afctl_contract::{Address, Management};
use proptest::prelude::*;
use serde_json::json;

fn address(kind: &Kind) -> Address {
    let namespace = if kind.namespaced { "ns/" } else { "" };
    format!("s/kubernetes/{}/{namespace}thing", kind.name).parse().unwrap_or_else(|e| panic!("{e}"))
}

/// What changing `before` into `after` needs, `status` being the server's own.
fn change(kind: &Kind, before: &Value, after: &Value) -> Classified {
    let address = address(kind);
    let observed = applied(&address, before);
    let desired = Resource::new(address, after.clone(), path!["spec"]);
    classify(&observed, &desired)
}

fn paths(classified: &Classified) -> Vec<String> {
    classified.fields.iter().map(|field| field.path.to_string()).collect()
}

fn replaced(classified: &Classified) -> Vec<String> {
    match &classified.verdict {
        Verdict::Replace(paths) => paths.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn amounts_that_mean_the_same_are_the_same() {
    let spec = |cpu: Value, memory: &str| json!({"spec": {"hard": {"requests.cpu": cpu, "requests.memory": memory}}});
    let same = change(&kinds::RESOURCE_QUOTA, &spec(json!("1000m"), "1Gi"), &spec(json!("1"), "1073741824"));
    assert_eq!(same, Classified { fields: vec![], verdict: Verdict::Same });
    let other = change(&kinds::RESOURCE_QUOTA, &spec(json!("1"), "1Gi"), &spec(json!("1"), "1G"));
    assert_eq!(paths(&other), [r#"spec.hard["requests.memory"]"#]);
    assert_eq!(other.verdict, Verdict::InPlace);
    let queue = |weight: Value| json!({"spec": {"fairSharing": {"weight": weight}}});
    assert_eq!(change(&kinds::COHORT, &queue(json!("1")), &queue(json!(1))).verdict, Verdict::Same);
}

#[test]
fn amounts_are_so_only_where_amounts_stand() {
    let labels = |text: &str| json!({"metadata": {"labels": {"size": text}}});
    assert_eq!(change(&kinds::NAMESPACE, &labels("1000m"), &labels("1")).verdict, Verdict::InPlace);
    let class = |text: &str| json!({"parameters": {"size": text}});
    assert!(matches!(
        change(&kinds::STORAGE_CLASS, &class("1000m"), &class("1")).verdict,
        Verdict::Replace(_)
    ));
}

#[test]
fn what_the_server_adds_makes_no_difference() {
    let all = compiled(
        "  sites: {here: {scheduler: {kubernetes: {networkPolicy: strict}}}}\n  accounts: {a: {members: {users: [u]}}}\n",
    );
    for resource in all.graph.iter().filter(|r| r.management == Management::Whole) {
        let mut observed = applied(&resource.address, &resource.desired);
        observed.live["status"] = json!({"phase": "Active"});
        observed.live["metadata"]["labels"]["kubernetes.io/metadata.name"] = "a".into();
        observed.live["spec"]["finalizers"] = json!(["kubernetes"]);
        assert_eq!(classify(&observed, resource).verdict, Verdict::Same, "{}", resource.address);
    }
}

#[test]
fn a_place_that_moved_changes_nothing() {
    let object = |origin: &str, digest: &str, cpu: &str| json!({"metadata": {"annotations": {ORIGIN: origin, DIGEST: digest}}, "spec": {"hard": {"cpu": cpu}}});
    let moved = change(&kinds::RESOURCE_QUOTA, &object("a", "1", "4"), &object("b", "1", "4"));
    assert_eq!(moved, Classified { fields: vec![], verdict: Verdict::Same });
    let changed = change(&kinds::RESOURCE_QUOTA, &object("a", "1", "4"), &object("b", "2", "5"));
    assert_eq!(paths(&changed), ["spec.hard.cpu"], "bookkeeping is not shown beside what matters");
}

#[test]
fn a_field_gone_from_a_list_of_ours_shows_the_list() {
    let object = |digest: &str, rule: Value| json!({"metadata": {"annotations": {DIGEST: digest}}, "spec": {"ingress": [rule]}});
    let before = object("1", json!({"from": [{"podSelector": {}}], "ports": [{"port": 53}]}));
    let after = object("2", json!({"from": [{"podSelector": {}}]}));
    let changed = change(&kinds::NETWORK_POLICY, &before, &after);
    assert_eq!(paths(&changed), ["spec.ingress"]);
    assert_eq!(changed.verdict, Verdict::InPlace);
    // What only the digest knows is shown as the digest.
    let changed = change(&kinds::NAMESPACE, &object("1", json!({})), &object("2", json!({})));
    assert_eq!(paths(&changed), [r#"metadata.annotations["afctl.dev/digest"]"#]);
}

#[test]
fn the_one_who_changed_it_is_named() {
    let address = address(&kinds::RESOURCE_QUOTA);
    let spec = |cpu: &str| json!({"spec": {"hard": {"cpu": cpu, "pods": "1"}}});
    let mut observed = applied(&address, &spec("9"));
    observed.managed = json!({"spec": {"hard": {"pods": "1"}}});
    observed.others.insert(path!["spec", "hard", "cpu"], "kubectl-edit".into());
    observed.others.insert(path!["spec"], "somebody".into());
    let classified = classify(&observed, &Resource::new(address, spec("4"), path!["spec"]));
    assert_eq!(classified.fields.len(), 1);
    assert_eq!(classified.fields[0].by.as_deref(), Some("kubectl-edit"));
    assert_eq!(classified.fields[0].before, Some(json!("9")));
}

#[test]
fn a_field_no_longer_wanted_is_taken_away_and_those_of_others_stay() {
    let address = address(&kinds::RESOURCE_QUOTA);
    let mut observed = applied(&address, &json!({"spec": {"hard": {"cpu": "4", "pods": "1"}}}));
    observed.live["spec"]["hard"]["services"] = "3".into();
    let desired = Resource::new(address, json!({"spec": {"hard": {"cpu": "4"}}}), path!["spec"]);
    let classified = classify(&observed, &desired);
    assert_eq!(paths(&classified), ["spec.hard.pods"]);
    assert_eq!(classified.fields[0].after, None);
}

#[test]
fn what_cannot_be_changed_and_holds_nothing_is_replaced() {
    let rows: [(&Kind, Value, Value, &str); 10] = [
        (&kinds::PRIORITY_CLASS, json!({"value": 1}), json!({"value": 2}), "value"),
        (
            &kinds::PRIORITY_CLASS,
            json!({"preemptionPolicy": "Never"}),
            json!({"preemptionPolicy": "PreemptLowerPriority"}),
            "preemptionPolicy",
        ),
        (
            &kinds::ROLE_BINDING,
            json!({"roleRef": {"name": "edit"}}),
            json!({"roleRef": {"name": "view"}}),
            "roleRef.name",
        ),
        (&kinds::STORAGE_CLASS, json!({"provisioner": "a"}), json!({"provisioner": "b"}), "provisioner"),
        (
            &kinds::STORAGE_CLASS,
            json!({"parameters": {}}),
            json!({"parameters": {"pool": "p"}}),
            "parameters.pool",
        ),
        (
            &kinds::STORAGE_CLASS,
            json!({"reclaimPolicy": "Retain"}),
            json!({"reclaimPolicy": "Delete"}),
            "reclaimPolicy",
        ),
        (
            &kinds::STORAGE_CLASS,
            json!({"volumeBindingMode": "Immediate"}),
            json!({"volumeBindingMode": "WaitForFirstConsumer"}),
            "volumeBindingMode",
        ),
        (
            &kinds::RESOURCE_QUOTA,
            json!({"spec": {"scopes": ["A"]}}),
            json!({"spec": {"scopes": ["B"]}}),
            "spec.scopes",
        ),
        (
            &kinds::LOCAL_QUEUE,
            json!({"spec": {"clusterQueue": "a"}}),
            json!({"spec": {"clusterQueue": "b"}}),
            "spec.clusterQueue",
        ),
        (
            &kinds::PERSISTENT_VOLUME,
            json!({"spec": {"csi": {"driver": "a"}}, "status": {"phase": "Available"}}),
            json!({"spec": {"csi": {"driver": "b"}}}),
            "spec.csi.driver",
        ),
    ];
    for (kind, before, after, field) in rows {
        let mut before = before;
        // The status is not ours.
        let status = before.as_object_mut().and_then(|map| map.remove("status"));
        let mut observed = applied(&address(kind), &before);
        observed.live["status"] = status.unwrap_or_default();
        let classified = classify(&observed, &Resource::new(address(kind), after, path!["spec"]));
        assert_eq!(replaced(&classified), [field], "{}", kind.name);
    }
}

#[test]
fn what_can_be_changed_is_changed_in_place() {
    let rows: [(&Kind, Value, Value); 6] = [
        (&kinds::PRIORITY_CLASS, json!({"description": "a"}), json!({"description": "b"})),
        (
            &kinds::STORAGE_CLASS,
            json!({"allowVolumeExpansion": false}),
            json!({"allowVolumeExpansion": true}),
        ),
        (&kinds::ROLE_BINDING, json!({"subjects": [{"name": "a"}]}), json!({"subjects": []})),
        (&kinds::WORKLOAD_PRIORITY_CLASS, json!({"value": 1}), json!({"value": 2})),
        (
            &kinds::PERSISTENT_VOLUME,
            json!({"spec": {"mountOptions": ["a"]}}),
            json!({"spec": {"mountOptions": ["b"]}}),
        ),
        (&kinds::CLUSTER_QUEUE, json!({"spec": {"cohortName": "a"}}), json!({"spec": {"cohortName": "b"}})),
    ];
    for (kind, before, after) in rows {
        assert_eq!(change(kind, &before, &after).verdict, Verdict::InPlace, "{}", kind.name);
    }
}

/// A claim of this size and class; with a volume or without.
fn claim(size: &str, class: &str, phase: &str) -> Value {
    let mut claim = json!({
        "spec": {"resources": {"requests": {"storage": size}}, "storageClassName": class},
        "status": {"phase": phase},
    });
    if phase == "Bound" {
        claim["spec"]["volumeName"] = "pv".into();
    }
    claim
}

fn wanted(size: &str, class: &str) -> Value {
    json!({"spec": {"resources": {"requests": {"storage": size}}, "storageClassName": class}})
}

fn changed_claim(before: &Value, after: &Value) -> Classified {
    let address = address(&kinds::PERSISTENT_VOLUME_CLAIM);
    let mut observed = applied(&address, before);
    // The volume's name and the status are the controller's.
    observed.managed = wanted("1Gi", "c");
    classify(&observed, &Resource::new(address, after.clone(), path!["spec"]))
}

#[test]
fn claims_grow_and_never_shrink() {
    let bound = claim("10Gi", "c", "Bound");
    assert_eq!(changed_claim(&bound, &wanted("20Gi", "c")).verdict, Verdict::InPlace);
    assert_eq!(changed_claim(&bound, &wanted("10240Mi", "c")).verdict, Verdict::Same);
    let Verdict::Refused { why, do_instead } = changed_claim(&bound, &wanted("5Gi", "c")).verdict else {
        panic!("a claim does not shrink");
    };
    assert_eq!(why, "claim thing cannot shrink from 10Gi to 5Gi");
    assert!(do_instead.contains("10Gi"));
    assert!(matches!(changed_claim(&bound, &wanted("10Gi", "d")).verdict, Verdict::Refused { .. }));
}

#[test]
fn a_claim_without_a_volume_is_made_anew() {
    let pending = claim("10Gi", "c", "Pending");
    assert_eq!(replaced(&changed_claim(&pending, &wanted("5Gi", "c"))), ["spec.resources.requests.storage"]);
    assert_eq!(replaced(&changed_claim(&pending, &wanted("20Gi", "c"))), ["spec.resources.requests.storage"]);
    assert_eq!(replaced(&changed_claim(&pending, &wanted("10Gi", "d"))), ["spec.storageClassName"]);
    assert_eq!(changed_claim(&pending, &wanted("10Gi", "c")).verdict, Verdict::Same);
}

#[test]
fn the_source_of_a_bound_volume_is_not_changed() {
    let volume = |server: &str| json!({"spec": {"csi": {"volumeAttributes": {"server": server}}}});
    let mut observed = applied(&address(&kinds::PERSISTENT_VOLUME), &volume("a"));
    observed.live["status"] = json!({"phase": "Bound"});
    let desired = Resource::new(observed.address.clone(), volume("b"), path!["spec"]);
    assert!(matches!(classify(&observed, &desired).verdict, Verdict::Refused { .. }));
}

#[test]
fn volumes_and_claims_that_lost_each_other_are_made_anew() {
    let volume = json!({"spec": {"csi": {"driver": "d"}}});
    let mut observed = applied(&address(&kinds::PERSISTENT_VOLUME), &volume);
    observed.live["status"] = json!({"phase": "Released"});
    observed.live["spec"]["claimRef"] = json!({"name": "home"});
    let desired = Resource::new(observed.address.clone(), volume, path!["spec"]);
    let classified = classify(&observed, &desired);
    assert_eq!(replaced(&classified), ["spec.claimRef"]);
    assert_eq!(paths(&classified), ["spec.claimRef"]);
    let lost = claim("1Gi", "c", "Lost");
    assert_eq!(replaced(&changed_claim(&lost, &wanted("1Gi", "c"))), ["spec.volumeName"]);
}

fn node(taints: &Value) -> Value {
    json!({"metadata": {"name": "n", "labels": {"afctl.dev/pool": "gpu"}}, "spec": {"taints": taints}})
}

/// A node with these taints, of which the first `ours` are ours, that is to have the others.
#[allow(clippy::needless_pass_by_value)] // so that calls read as what they test
fn tainted(there: Value, ours: usize, wanted: Value) -> Classified {
    let mut observed = applied(&address(&kinds::NODE), &node(&there));
    let list = there.as_array().cloned().unwrap_or_default();
    observed.managed["spec"]["taints"] = list.into_iter().take(ours).collect();
    classify(&observed, &Resource::new(observed.address.clone(), node(&wanted), path!["spec"]))
}

fn taint(key: &str, value: &str, effect: &str) -> Value {
    json!({"key": key, "value": value, "effect": effect})
}

#[test]
fn taints_are_a_set_of_which_others_have_theirs() {
    let (gpu, big) = (taint("gpu", "yes", "NoSchedule"), taint("big", "", "NoSchedule"));
    let foreign = taint("node.kubernetes.io/unschedulable", "", "NoSchedule");
    let same = tainted(json!([big, gpu, foreign]), 2, json!([gpu, {"key": "big", "effect": "NoSchedule"}]));
    assert_eq!(same.verdict, Verdict::Same);
    let added = tainted(json!([gpu, foreign]), 1, json!([gpu, big]));
    assert_eq!(added.verdict, Verdict::InPlace);
    assert_eq!(added.fields[0].before, Some(json!([gpu])), "what others put there is not ours to show");
    let removed = tainted(json!([gpu, foreign]), 1, json!([]));
    assert_eq!((removed.fields[0].after.clone(), removed.verdict), (None, Verdict::InPlace));
    let changed = tainted(json!([gpu]), 1, json!([taint("gpu", "no", "NoSchedule")]));
    assert_eq!(paths(&changed), ["spec.taints"]);
}

#[test]
fn a_taint_that_evicts_disturbs() {
    let evicting = taint("maintenance", "", "NoExecute");
    let added = tainted(json!([]), 0, json!([evicting]));
    assert_eq!(
        added.verdict,
        Verdict::Disruptive("evicts the pods on thing that do not tolerate maintenance".into())
    );
    assert_eq!(tainted(json!([evicting]), 1, json!([evicting])).verdict, Verdict::Same);
    assert_eq!(tainted(json!([evicting]), 1, json!([])).verdict, Verdict::InPlace);
}

proptest! {
    #[test]
    fn what_was_applied_is_the_same(cpu in 0u64..1 << 40, taints in prop::collection::btree_set("[a-c]{1,2}", 0..4)) {
        let quota = json!({"spec": {"hard": {"requests.cpu": quantity::milli(cpu), "requests.memory": quantity::bytes(cpu)}}});
        let long = json!({"spec": {"hard": {"requests.cpu": format!("{cpu}m"), "requests.memory": cpu.to_string()}}});
        prop_assert_eq!(change(&kinds::RESOURCE_QUOTA, &long, &quota).verdict, Verdict::Same);
        let list: Vec<Value> = taints.iter().map(|key| taint(key, "v", "NoExecute")).collect();
        let reversed: Vec<Value> = list.iter().rev().cloned().collect();
        prop_assert_eq!(tainted(list.clone().into(), list.len(), reversed.into()).verdict, Verdict::Same);
    }
}

#[test]
fn a_volume_carries_its_claim() {
    use afctl_contract::{Backend, Inventory};
    let claim: Address =
        "s/kubernetes/PersistentVolumeClaim/ns/home".parse().unwrap_or_else(|e| panic!("{e}"));
    let place = address(&kinds::PERSISTENT_VOLUME);
    let mut volume = applied(&place, &json!({"spec": {}}));
    let carried = |things: &[(&Address, &Observed)]| {
        let mut inventory = Inventory::empty(jiff::Timestamp::UNIX_EPOCH);
        inventory.observed.extend(things.iter().map(|(address, seen)| ((*address).clone(), (*seen).clone())));
        crate::Kubernetes.carriers(&inventory).remove(&place).unwrap_or_default()
    };
    assert_eq!(carried(&[(&place, &volume)]), [], "nobody asks for it");
    // By the claim, where nothing has bound them yet.
    let asking = applied(&claim, &json!({"spec": {"volumeName": place.name}}));
    assert_eq!(carried(&[(&place, &volume), (&claim, &asking)]), std::slice::from_ref(&claim));
    // By the volume, as the cluster has bound them.
    volume.live["spec"]["claimRef"] = json!({"namespace": "ns", "name": "home"});
    assert_eq!(carried(&[(&place, &volume)]), [claim]);
}
