//! What the world refuses, and what it shows.

use afctl_contract::conformance::step;
use afctl_contract::inventory::{Observed, Ownership};
use afctl_contract::world::{Mark, World};
use afctl_contract::{Action, Address, Driver, ErrorKind, Readiness, Resource, path};
use serde_json::json;

use crate::toy::{address, at, driver, node, owner, resource, token};

async fn see(world: &World, wanted: &Resource) -> Option<Observed> {
    let inventory = driver(world).observe(&owner("af"), std::slice::from_ref(&wanted.address)).await;
    inventory.observed.get(&wanted.address).cloned()
}

async fn act(world: &World, action: Action, resource: &Resource) -> Result<(), ErrorKind> {
    let seen = see(world, resource).await;
    driver(world).apply(&step(action, resource, seen.as_ref()), &token("af")).await.map_err(|e| e.kind)
}

/// A world with a namespace `ns` and a quota in it.
async fn world() -> (World, Resource, Resource) {
    let world = World::in_memory().unwrap();
    let namespace = resource("Namespace/ns", json!({}));
    let quota = resource("Quota/ns/q", json!({"cpu": 1, "list": [{"a": 1}]}));
    act(&world, Action::Create, &namespace).await.unwrap();
    act(&world, Action::Create, &quota).await.unwrap();
    (world, namespace, quota)
}

#[tokio::test]
async fn what_was_applied_is_ours_and_as_it_was_asked_for() {
    let (world, _, quota) = world().await;
    let seen = see(&world, &quota).await.unwrap();
    assert_eq!(seen.ownership, Ownership::Ours);
    assert_eq!((&seen.live, &seen.managed), (&quota.desired, &quota.desired));
    assert_eq!(seen.applied, Some(afctl_contract::digest(&quota.desired)));
    assert_eq!(seen.origin, Some(path!["spec", "asked"]));
    assert!(seen.others.is_empty() && seen.data.is_none() && seen.deleting.is_none());
}

#[tokio::test]
async fn done_again_a_step_changes_nothing() {
    let (world, _, quota) = world().await;
    let before = see(&world, &quota).await.unwrap();
    let changes = world.calls().unwrap().changes();
    act(&world, Action::Create, &quota).await.unwrap();
    let mut wider = quota.clone();
    wider.desired["spec"]["cpu"] = json!(2);
    let update = step(Action::Update, &wider, Some(&before));
    driver(&world).apply(&update, &token("af")).await.unwrap();
    let between = see(&world, &quota).await.unwrap();
    driver(&world).apply(&update, &token("af")).await.unwrap();
    assert_eq!(see(&world, &quota).await.unwrap(), between);
    assert_eq!(world.calls().unwrap().changes(), changes + 1);
}

#[tokio::test]
async fn what_moved_since_it_was_seen_is_not_written() {
    let (world, _, quota) = world().await;
    let seen = see(&world, &quota).await.unwrap();
    let mut wider = quota.clone();
    wider.desired["spec"]["cpu"] = json!(2);
    world.drift(&quota.address, &path!["spec", "cpu"], json!(7), "eve").unwrap();
    for action in [Action::Update, Action::Delete, Action::Replace] {
        let refused = driver(&world).apply(&step(action, &wider, Some(&seen)), &token("af")).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Stale, "{action:?}");
    }
    // Another of the same name is another one.
    let seen = see(&world, &quota).await.unwrap();
    world.delete(&quota.address, "eve").unwrap();
    act(&world, Action::Create, &quota).await.unwrap();
    let refused = driver(&world).apply(&step(Action::Update, &wider, Some(&seen)), &token("af")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Stale);
}

#[tokio::test]
async fn drift_is_shown_with_its_author_and_taken_back() {
    let (world, _, quota) = world().await;
    assert!(world.drift(&quota.address, &path!["spec", "cpu"], json!(7), "eve").unwrap());
    assert!(!world.drift(&quota.address, &path!["spec", "cpu"], json!(7), "eve").unwrap());
    world.drift(&quota.address, &path!["spec", "list", 0, "a"], json!(9), "mallory").unwrap();
    world.drift(&quota.address, &path!["metadata", "labels", "x"], json!("y"), "eve").unwrap();
    let seen = see(&world, &quota).await.unwrap();
    assert_eq!(seen.others[&path!["spec", "cpu"]], "eve");
    assert_eq!(seen.managed["spec"], json!({}));
    act(&world, Action::Update, &quota).await.unwrap();
    let seen = see(&world, &quota).await.unwrap();
    assert_eq!(seen.live["spec"], quota.desired["spec"]);
    assert_eq!(seen.live["metadata"]["labels"]["x"], "y", "what others added stays");
    assert_eq!(seen.others.keys().collect::<Vec<_>>(), [&path!["metadata", "labels", "x"]]);
    let history: Vec<_> = world.show().unwrap().things[1].history.iter().map(|d| d.by.clone()).collect();
    assert_eq!(history, ["afctl/af", "eve", "mallory", "eve", "afctl/af"]);
}

#[tokio::test]
async fn fields_that_are_no_longer_wanted_go_away() {
    let (world, _, mut quota) = world().await;
    world.drift(&quota.address, &path!["spec", "theirs"], json!(1), "eve").unwrap();
    quota.desired["spec"] = json!({"mem": 4});
    act(&world, Action::Update, &quota).await.unwrap();
    assert_eq!(see(&world, &quota).await.unwrap().live["spec"], json!({"theirs": 1, "mem": 4}));
    assert!(world.remove_field(&quota.address, &path!["spec", "mem"], "eve").unwrap());
    assert_eq!(see(&world, &quota).await.unwrap().managed["spec"], json!({}));
}

#[tokio::test]
async fn what_is_not_ours_is_not_touched() {
    let (world, _, quota) = world().await;
    let other = resource("Quota/ns/theirs", json!({"cpu": 1}));
    world.foreign(&other.address, other.desired.clone(), Some("helm")).unwrap();
    for action in [Action::Create, Action::Update, Action::Replace, Action::Delete] {
        assert_eq!(act(&world, action, &other).await, Err(ErrorKind::NotOurs), "{action:?}");
    }
    assert_eq!(see(&world, &other).await.unwrap().ownership, Ownership::Other("helm".into()));
    act(&world, Action::Adopt, &other).await.unwrap();
    assert_eq!(see(&world, &other).await.unwrap().ownership, Ownership::Ours);
    // Another facility is another owner; it sees ours only where it wants to put something itself.
    let inventory = driver(&world).observe(&owner("other"), &[]).await;
    assert!(inventory.observed.is_empty());
    let refused = driver(&world).apply(&step(Action::Create, &quota, None), &token("other")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotOurs);
    world.mark(&quota.address, Some(Mark::Tool("flux".into())), "eve").unwrap();
    assert_eq!(act(&world, Action::Delete, &quota).await, Err(ErrorKind::NotOurs));
}

#[tokio::test]
async fn what_things_stand_on_must_be_there() {
    let world = World::in_memory().unwrap();
    let quota = resource("Quota/ns/q", json!({}));
    assert_eq!(act(&world, Action::Create, &quota).await, Err(ErrorKind::NotYet));
    let role = resource("Role/r", json!({})).needs(at("Flavor/f"));
    assert_eq!(act(&world, Action::Create, &role).await, Err(ErrorKind::NotYet));
    act(&world, Action::Create, &resource("Flavor/f", json!({}))).await.unwrap();
    act(&world, Action::Create, &role).await.unwrap();
}

#[tokio::test]
async fn a_namespace_goes_slowly_and_takes_all_along() {
    let (world, namespace, quota) = world().await;
    act(&world, Action::Delete, &namespace).await.unwrap();
    let seen = see(&world, &namespace).await.unwrap();
    assert!(seen.deleting.is_some());
    let more = resource("Quota/ns/more", json!({}));
    let refused = driver(&world).apply(&step(Action::Create, &more, None), &token("af")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::NotYet);
    assert_eq!(see(&world, &namespace).await, None);
    assert_eq!(world.thing(&quota.address).unwrap(), None);
    act(&world, Action::Create, &namespace).await.unwrap();
    assert_eq!(see(&world, &quota).await, None, "nothing of the old one is in the new one");
}

#[tokio::test]
async fn volumes_are_data() {
    let (world, namespace, _) = world().await;
    let before = see(&world, &namespace).await.unwrap();
    let claim =
        resource("PersistentVolumeClaim/ns/home", json!({"resources": {"requests": {"storage": "5Gi"}}}));
    act(&world, Action::Create, &claim).await.unwrap();
    assert_eq!(see(&world, &claim).await.unwrap().data.as_deref(), Some("a volume of 5Gi"));
    let seen = see(&world, &namespace).await.unwrap();
    assert_eq!(seen.data.as_deref(), Some("1 PersistentVolumeClaim"));
    assert_ne!(seen.digest, before.digest);
    // A plan that did not see the volume does not delete it.
    let refused = driver(&world).apply(&step(Action::Delete, &namespace, Some(&before)), &token("af")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Stale);
}

#[tokio::test]
async fn of_nodes_only_fields_are_ours() {
    let world = World::in_memory().unwrap();
    let label = resource("Node/n1", json!({"pool": "gpu"}));
    assert_eq!(act(&world, Action::Create, &label).await, Err(ErrorKind::NotYet));
    world.give([node("s")]).unwrap();
    let before = see(&world, &label).await.unwrap();
    assert_eq!(before.ownership, Ownership::Unmarked);
    act(&world, Action::Update, &label).await.unwrap();
    let seen = see(&world, &label).await.unwrap();
    assert_eq!(seen.ownership, Ownership::Ours);
    assert_eq!(seen.live["metadata"]["labels"], json!({"kernel": "6.1", "pool": "gpu"}));
    // Two facilities label one node and do not see each other's labels as their own.
    let mut theirs = label.clone();
    theirs.desired = json!({"metadata": {"labels": {"their": "label"}}});
    let theirs = step(Action::Update, &theirs, Some(&seen));
    driver(&world).apply(&theirs, &token("other")).await.unwrap();
    assert_eq!(see(&world, &label).await.unwrap().managed, label.desired);
    assert_eq!(act(&world, Action::Delete, &label).await, Err(ErrorKind::Invalid));
    act(&world, Action::Forget, &label).await.unwrap();
    let seen = see(&world, &label).await.unwrap();
    assert_eq!(seen.live["metadata"]["labels"], json!({"kernel": "6.1", "their": "label"}));
    assert_eq!(seen.others[&path!["metadata", "labels", "their"]], "other");
    // What is given again is not made again, and what changed of it is changed.
    world.delete(&label.address, "eve").unwrap();
    world.give([node("s")]).unwrap();
    assert_eq!(see(&world, &label).await, None);
}

#[tokio::test]
async fn what_has_no_shape_or_no_right_is_refused() {
    let (world, _, quota) = world().await;
    let mut wrong = resource("Quota/ns/x", json!({}));
    wrong.desired = json!("text");
    assert_eq!(act(&world, Action::Create, &wrong).await, Err(ErrorKind::Invalid));
    wrong.desired = json!({"metadata": {"name": "y"}});
    let refused = driver(&world).apply(&step(Action::Create, &wrong, None), &token("af")).await.unwrap_err();
    assert_eq!((refused.kind, refused.field), (ErrorKind::Invalid, Some(path!["metadata", "name"])));
    wrong.address = address("elsewhere/kubernetes/Quota/ns/x");
    assert_eq!(act(&world, Action::Create, &wrong).await, Err(ErrorKind::Invalid));
    let elsewhere = world.driver("t", std::sync::Arc::new(crate::toy::Toy), "sandbox");
    let refused = elsewhere.apply(&step(Action::Create, &quota, None), &token("af")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Denied);
    let fixed = resource("Quota/ns/fixed", json!({"fixed": 1}));
    act(&world, Action::Create, &fixed).await.unwrap();
    let changed = resource("Quota/ns/fixed", json!({"fixed": 2}));
    assert_eq!(act(&world, Action::Update, &changed).await, Err(ErrorKind::Invalid));
    act(&world, Action::Replace, &changed).await.unwrap();
}

#[tokio::test]
async fn deleting_what_is_gone_is_fine_and_readiness_tells() {
    let (world, _, quota) = world().await;
    let all: Vec<Address> = vec![quota.address.clone(), at("Quota/ns/none")];
    let ready = driver(&world).ready(&owner("af"), &all).await;
    assert_eq!(ready[&quota.address], Readiness::Ready);
    assert_eq!(ready[&all[1]], Readiness::Ready, "nothing to wait for");
    let seen = see(&world, &quota).await;
    for _ in 0..2 {
        driver(&world).apply(&step(Action::Delete, &quota, seen.as_ref()), &token("af")).await.unwrap();
    }
    driver(&world).record(&all[..1], &[], &token("af")).await.unwrap();
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert!(inventory.recorded.contains(&quota.address), "kept in mind as lost");
    driver(&world).record(&[], &all, &token("af")).await.unwrap();
    assert!(driver(&world).observe(&owner("af"), &[]).await.recorded.is_empty());
}
