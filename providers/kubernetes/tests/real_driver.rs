//! What the driver promises, proven on a real control plane: objects that are wholly ours.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use afctl_contract::{Action, Driver, ErrorKind, Ownership, Readiness, compare, path};
use afctl_kubernetes::{kinds, labels};
use afctl_testbed::{shared, wanted};
use kit::{Af, Thing, eventually, paths};
use serde_json::{Value, json};

/// What a plan would find to change.
fn differs(seen: &afctl_contract::Observed, thing: &Thing) -> Vec<String> {
    compare(&seen.live, &seen.managed, &thing.object, &|_, _, _| false)
        .into_iter()
        .map(|change| change.path.to_string())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn real_things_are_made_changed_and_deleted() {
    if !wanted("real_things_are_made_changed_and_deleted") {
        return;
    }
    let cluster = shared();
    let af = Af::new("made", cluster);
    let namespace = af.namespace("made");
    let quota = af.quota("made", "quota", &json!({"requests.cpu": "4", "pods": "10"}));
    let queue = af.thing(
        &kinds::CLUSTER_QUEUE,
        None,
        "made",
        &json!({"spec": {"cohortName": "all", "resourceGroups": [{"coveredResources": ["cpu"],
            "flavors": [{"name": "cpu", "resources": [{"name": "cpu", "nominalQuota": "10"}]}]}]}}),
    );
    for thing in [&namespace, &quota, &queue] {
        af.create(thing).await;
        // Again, as after an answer that was lost.
        af.apply(&thing.step(Action::Create, Value::Null)).await.unwrap();
        let seen = af.seen(thing).await.unwrap();
        assert_eq!(seen.ownership, Ownership::Ours);
        assert_eq!(differs(&seen, thing), Vec::<String>::new(), "{}", thing.address);
        assert_eq!(seen.applied.as_deref(), thing.object["metadata"]["annotations"][labels::DIGEST].as_str());
        assert_eq!(seen.origin, Some(path!["spec", "accounts", thing.address.name.as_str()]));
        // What we wrote is exactly what we own, but for what names the object.
        let mut ours = thing.object.clone();
        for (at, key) in [("", "apiVersion"), ("", "kind"), ("/metadata", "name"), ("/metadata", "namespace")]
        {
            ours.pointer_mut(at).unwrap().as_object_mut().unwrap().remove(key);
        }
        assert_eq!(seen.managed, ours);
    }

    let seen = af.seen(&quota).await.unwrap();
    let changed = af.quota("made", "quota", &json!({"requests.cpu": "8"}));
    let changes =
        ["spec.hard[\"requests.cpu\"]", "metadata.annotations[\"afctl.dev/digest\"]", "spec.hard.pods"];
    assert_eq!(differs(&seen, &changed), changes);
    af.apply(&changed.on(Action::Update, &seen)).await.unwrap();
    let now = af.seen(&quota).await.unwrap();
    assert_eq!(now.live["spec"]["hard"], json!({"requests.cpu": "8"}), "a field no longer wanted goes");
    assert_ne!(now.digest, seen.digest);
    assert_eq!(now.handle["uid"], seen.handle["uid"]);

    for thing in [&changed, &queue, &namespace] {
        let seen = af.seen(thing).await.unwrap();
        af.apply(&thing.on(Action::Delete, &seen)).await.unwrap();
        let deleted = thing.on(Action::Delete, &seen);
        eventually("its end", || {
            cluster.kubectl(&kubectl_get(thing).iter().map(String::as_str).collect::<Vec<_>>()).is_err()
        });
        af.apply(&deleted).await.unwrap();
    }
    assert!(af.look(&[&namespace, &quota, &queue]).await.observed.is_empty());
}

fn kubectl_get(thing: &Thing) -> Vec<String> {
    let kind = kinds::find(&thing.address.kind).unwrap();
    let mut args = vec!["get".to_owned(), kind.plural.to_owned(), thing.address.name.clone()];
    args.extend(thing.address.namespace.iter().flat_map(|namespace| ["-n".to_owned(), namespace.clone()]));
    args
}

#[tokio::test(flavor = "multi_thread")]
async fn real_drift_is_seen_field_by_field_and_mended() {
    if !wanted("real_drift_is_seen_field_by_field_and_mended") {
        return;
    }
    let cluster = shared();
    let af = Af::new("drifts", cluster);
    af.create(&af.namespace("drifts")).await;
    let quota = af.quota("drifts", "quota", &json!({"requests.cpu": "4", "pods": "10"}));
    af.create(&quota).await;
    let before = af.seen(&quota).await.unwrap();
    assert_eq!(paths(&before), [].into(), "status is nobody's business");

    let patch = r#"{"spec": {"hard": {"requests.cpu": "400", "secrets": "5", "pods": null}}}"#;
    cluster
        .kubectl(&["patch", "resourcequota", "quota", "-n", "drifts", "--type=merge", "-p", patch])
        .unwrap();
    let drifted = af.seen(&quota).await.unwrap();
    assert_eq!(differs(&drifted, &quota), ["spec.hard[\"requests.cpu\"]", "spec.hard.pods"]);
    let theirs = ["spec.hard[\"requests.cpu\"]", "spec.hard.secrets"].map(str::to_owned);
    assert_eq!(paths(&drifted), theirs.into());
    assert!(drifted.others.values().all(|who| who == "kubectl-patch"), "{:?}", drifted.others);
    assert_ne!(drifted.digest, before.digest);

    af.apply(&quota.on(Action::Update, &drifted)).await.unwrap();
    let mended = af.seen(&quota).await.unwrap();
    let hard = json!({"requests.cpu": "4", "pods": "10", "secrets": "5"});
    assert_eq!(mended.live["spec"]["hard"], hard, "what others added stays");
    assert_eq!(differs(&mended, &quota), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn real_strangers_are_left_alone_until_adopted() {
    if !wanted("real_strangers_are_left_alone_until_adopted") {
        return;
    }
    let cluster = shared();
    let af = Af::new("stranger", cluster);
    cluster.kubectl(&["create", "namespace", "stranger"]).unwrap();
    cluster.kubectl(&["create", "configmap", "theirs", "-n", "stranger", "--from-literal=a=1"]).unwrap();
    let helm = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "charted", "namespace": "stranger",
        "labels": {"app.kubernetes.io/managed-by": "Helm"}, "annotations": {"meta.helm.sh/release-name": "hub"}}}"#;
    cluster.kubectl_with_input(&["create", "-f", "-"], helm).unwrap();
    let get = || cluster.get(&["configmap", "theirs", "-n", "stranger"]).unwrap();
    let before = get();

    let thing = af.config("stranger", "theirs", &json!({"a": "2", "b": "1"}));
    let error = af.apply(&thing.step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotOurs);
    assert_eq!(error.message, "ConfigMap theirs is there already and was not made by afctl");
    assert!(error.help.unwrap().contains("--adopt here/kubernetes/ConfigMap/stranger/theirs"));
    assert_eq!(get()["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"], "untouched");

    // Few are asked for by name, many by list: both ways find it.
    let others: Vec<Thing> = (0..6).map(|i| af.config("stranger", &format!("c{i}"), &json!({}))).collect();
    let charted = af.config("stranger", "charted", &json!({}));
    for wanted in [vec![&thing, &charted], others.iter().chain([&thing, &charted]).collect()] {
        let inventory = af.look(&wanted).await;
        assert_eq!(inventory.observed.len(), 2);
        let seen = &inventory.observed[&thing.address];
        assert_eq!(seen.ownership, Ownership::Unmarked);
        assert_eq!(seen.live["data"]["a"], "1", "whole, so that a plan can say what adopting changes");
        let charted = &inventory.observed[&charted.address];
        assert_eq!(charted.ownership, Ownership::Other("the Helm release hub".to_owned()));
    }
    let elsewhere = af.config("no-such-namespace", "x", &json!({}));
    assert!(af.look(&[&elsewhere]).await.observed.is_empty());

    let seen = af.seen(&thing).await.unwrap();
    af.apply(&thing.on(Action::Adopt, &seen)).await.unwrap();
    let adopted = af.seen(&thing).await.unwrap();
    assert_eq!(adopted.ownership, Ownership::Ours);
    assert_eq!(adopted.live["data"], json!({"a": "2", "b": "1"}));
    assert_eq!(adopted.handle["uid"], seen.handle["uid"]);

    af.apply(&thing.on(Action::Forget, &adopted)).await.unwrap();
    let forgotten = get();
    assert_eq!(forgotten["data"], json!({"a": "2", "b": "1"}), "it stays as it is");
    assert_eq!(forgotten["metadata"]["labels"], Value::Null);
    assert_eq!(forgotten["metadata"]["annotations"], Value::Null);
    let again = Af::new("stranger", cluster).seen(&thing).await.unwrap();
    assert_ne!(again.ownership, Ownership::Ours);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_another_object_of_the_same_name_is_not_the_one_planned_for() {
    if !wanted("real_another_object_of_the_same_name_is_not_the_one_planned_for") {
        return;
    }
    let cluster = shared();
    let af = Af::new("twins", cluster);
    af.create(&af.namespace("twins")).await;
    let thing = af.config("twins", "one", &json!({"a": "1"}));
    af.create(&thing).await;
    let seen = af.seen(&thing).await.unwrap();
    let changed = af.config("twins", "one", &json!({"a": "2"}));
    let kubectl = |args: &[&str]| cluster.kubectl(&[args, &["-n", "twins"]].concat()).unwrap();

    kubectl(&["delete", "configmap", "one"]);
    let error = af.apply(&changed.on(Action::Update, &seen)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stale, "{error}");
    assert!(af.seen(&thing).await.is_none(), "an update makes nothing");

    kubectl(&["create", "configmap", "one", "--from-literal=a=theirs"]);
    for action in [Action::Update, Action::Adopt, Action::Delete] {
        let error = af.apply(&changed.on(action, &seen)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Stale, "{action:?}: {error}");
    }
    let error = af.apply(&changed.on(Action::Replace, &seen)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotOurs, "{error}");
    let there = cluster.get(&["configmap", "one", "-n", "twins"]).unwrap();
    assert_eq!(there["data"], json!({"a": "theirs"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn real_replacements_wait_for_the_old_one_to_go() {
    if !wanted("real_replacements_wait_for_the_old_one_to_go") {
        return;
    }
    let cluster = shared();
    let af = Af::new("replaced", cluster);
    let class = |value: i32| {
        af.thing(
            &kinds::PRIORITY_CLASS,
            None,
            "replaced",
            &json!({"value": value, "preemptionPolicy": "Never"}),
        )
    };
    af.create(&class(10)).await;
    let seen = af.seen(&class(10)).await.unwrap();
    let error = af.apply(&class(20).on(Action::Update, &seen)).await.unwrap_err();
    assert_eq!((error.kind, error.field), (ErrorKind::Invalid, Some(path!["value"])));
    let replace = class(20).on(Action::Replace, &seen);
    af.apply(&replace).await.unwrap();
    // Again, as after an answer that was lost.
    af.apply(&replace).await.unwrap();
    let now = af.seen(&class(20)).await.unwrap();
    assert_eq!(now.live["value"], 20);
    assert_ne!(now.handle["uid"], seen.handle["uid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_namespaces_that_are_going_hold_things_up_and_say_why() {
    if !wanted("real_namespaces_that_are_going_hold_things_up_and_say_why") {
        return;
    }
    let cluster = shared();
    let af = Af::new("going", cluster);
    let namespace = af.namespace("going");
    af.create(&namespace).await;
    let claim = af.thing(
        &kinds::PERSISTENT_VOLUME_CLAIM,
        Some("going"),
        "home",
        &json!({"spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "none",
            "resources": {"requests": {"storage": "1Gi"}}}}),
    );
    af.create(&claim).await;
    cluster.kubectl(&["create", "configmap", "held", "-n", "going"]).unwrap();
    let hold = r#"{"metadata": {"finalizers": ["example.org/held"]}}"#;
    cluster.kubectl(&["patch", "configmap", "held", "-n", "going", "--type=merge", "-p", hold]).unwrap();

    let states = af.driver.ready(&af.owner, &[namespace.address.clone(), claim.address.clone()]).await;
    assert_eq!(states[&namespace.address], Readiness::Ready);
    let unbound = "no volume is bound to it yet (storage class none)".to_owned();
    assert_eq!(states[&claim.address], Readiness::Pending(unbound));
    let seen = af.seen(&namespace).await.unwrap();
    assert_eq!(seen.data.as_deref(), Some("1 PersistentVolumeClaim"));

    af.apply(&namespace.on(Action::Delete, &seen)).await.unwrap();
    eventually("a namespace that says what it waits for", || {
        cluster.get(&["namespace", "going"]).unwrap().to_string().contains("example.org/held")
    });
    let seen = af.seen(&namespace).await.unwrap();
    assert!(seen.deleting.as_ref().unwrap().contains("example.org/held"), "{:?}", seen.deleting);
    let Readiness::Pending(why) = af.driver.ready(&af.owner, std::slice::from_ref(&namespace.address)).await
        [&namespace.address]
        .clone()
    else {
        panic!("it is not gone");
    };
    assert!(why.contains("configmaps. has 1 resource instances"), "{why}");

    let late = af.config("going", "late", &json!({}));
    let error = af.apply(&late.step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotYet, "{error}");
    let error = af.apply(&namespace.step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotYet, "{error}");
    assert!(error.message.starts_with("Namespace going is still being deleted: "), "{error}");

    let release = r#"{"metadata": {"finalizers": null}}"#;
    cluster.kubectl(&["patch", "configmap", "held", "-n", "going", "--type=merge", "-p", release]).unwrap();
    eventually("the namespace's end", || cluster.kubectl(&["get", "namespace", "going"]).is_err());
    let states = af.driver.ready(&af.owner, std::slice::from_ref(&namespace.address)).await;
    assert_eq!(states[&namespace.address], Readiness::Ready, "gone is what was wanted");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_refusals_point_at_their_field() {
    if !wanted("real_refusals_point_at_their_field") {
        return;
    }
    let cluster = shared();
    let af = Af::new("refused", cluster);
    let quota = |hard: Value| af.quota("refused", "quota", &hard);
    let create = |thing: Thing| {
        let af = &af;
        async move { af.apply(&thing.step(Action::Create, Value::Null)).await }
    };
    let error = create(quota(json!({"pods": "1"}))).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::NotYet, "namespaces \"refused\" not found"));
    af.create(&af.namespace("refused")).await;
    let error = create(quota(json!({"requests.cpu": "-3"}))).await.unwrap_err();
    assert_eq!((error.kind, error.field), (ErrorKind::Invalid, Some(path!["spec", "hard", "requests.cpu"])));
    let mut wrong = quota(json!({}));
    wrong.object["spec"]["hardd"] = json!({});
    let error = create(wrong).await.unwrap_err();
    assert_eq!((error.kind, error.field), (ErrorKind::Invalid, Some(path!["spec", "hardd"])));
    let queue =
        af.thing(&kinds::CLUSTER_QUEUE, None, "refused", &json!({"spec": {"queueingStrategy": "Sideways"}}));
    let error = create(queue).await.unwrap_err();
    assert_eq!((error.kind, error.field), (ErrorKind::Invalid, Some(path!["spec", "queueingStrategy"])));

    create(quota(json!({"count/configmaps": "1"}))).await.unwrap();
    eventually("a quota that counts", || {
        cluster.get(&["resourcequota", "quota", "-n", "refused"]).unwrap()["status"]["used"].is_object()
    });
    let error = create(af.config("refused", "a", &json!({}))).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("exceeded quota: quota"), "{error}");

    let reader = cluster.user_kubeconfig("nobody", &[]).unwrap();
    let nobody = Af::with("refused", &reader);
    let error = nobody.apply(&af.namespace("more").step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.help.as_ref().unwrap().contains("resources: [namespaces], verbs: [patch]"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_what_was_applied_is_remembered() {
    if !wanted("real_what_was_applied_is_remembered") {
        return;
    }
    let cluster = shared();
    let af = Af::new("memory", cluster);
    let home = af.namespace("afctl-memory");
    let a = af.quota("afctl-memory", "a", &json!({}));
    let (first, second) = (a.address.clone(), home.address.clone());
    let remember = |applied: &[&afctl_contract::Address], gone: &[&afctl_contract::Address]| {
        let own = |list: &[&afctl_contract::Address]| list.iter().map(|a| (*a).clone()).collect::<Vec<_>>();
        let (af, applied, gone) = (&af, own(applied), own(gone));
        async move { af.driver.record(&applied, &gone, &af.token).await }
    };
    // Nowhere to keep it: nothing to keep.
    remember(&[&first], &[]).await.unwrap();
    assert!(af.look(&[]).await.recorded.is_empty());
    af.create(&home).await;
    remember(&[&first, &second], &[]).await.unwrap();
    remember(&[&first], &[]).await.unwrap();
    assert_eq!(af.look(&[]).await.recorded, [first.clone(), second.clone()].into());
    remember(&[], &[&first]).await.unwrap();
    let inventory = af.look(&[]).await;
    assert_eq!(inventory.recorded, [second].into());
    assert_eq!(inventory.observed.len(), 1, "the record is no resource of the facility");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_volumes_with_claims_count_as_data() {
    if !wanted("real_volumes_with_claims_count_as_data") {
        return;
    }
    let cluster = shared();
    let af = Af::new("bound", cluster);
    af.create(&af.namespace("bound")).await;
    let common = |spec: &mut Value, size: &str| {
        spec["accessModes"] = json!(["ReadWriteMany"]);
        spec["storageClassName"] = "".into();
        if size.is_empty() {
            spec["resources"] = json!({"requests": {"storage": "1Ti"}});
        } else {
            spec["capacity"] = json!({"storage": size});
        }
    };
    let mut volume = json!({"nfs": {"server": "nfs.example.org", "path": "/home"}, "persistentVolumeReclaimPolicy": "Retain"});
    common(&mut volume, "1Ti");
    let mut claim = json!({"volumeName": "bound-home"});
    common(&mut claim, "");
    let volume = af.thing(&kinds::PERSISTENT_VOLUME, None, "bound-home", &json!({ "spec": volume }));
    let claim = af.thing(&kinds::PERSISTENT_VOLUME_CLAIM, Some("bound"), "home", &json!({ "spec": claim }));
    af.create(&volume).await;
    let unbound = af.seen(&volume).await.unwrap();
    assert_eq!(unbound.data, None);
    af.create(&claim).await;
    eventually("a bound claim", || {
        cluster.get(&["pvc", "home", "-n", "bound"]).unwrap()["status"]["phase"] == "Bound"
    });
    let states = af.driver.ready(&af.owner, &[claim.address.clone(), volume.address.clone()]).await;
    assert!(states.values().all(|state| *state == Readiness::Ready), "{states:?}");
    let bound = af.seen(&volume).await.unwrap();
    assert_eq!(bound.data.as_deref(), Some("the volume of claim bound/home"));
    assert_eq!(af.seen(&claim).await.unwrap().data.as_deref(), Some("the volume of claim home"));
    let error = af.apply(&volume.on(Action::Delete, &unbound)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stale, "it has data now: {error}");
}
