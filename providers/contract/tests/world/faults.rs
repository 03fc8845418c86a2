//! Faults strike when they are told to, and only then; what is counted is counted.

use std::time::Duration;

use afctl_contract::conformance::step;
use afctl_contract::world::{Effect, On, Rule, World};
use afctl_contract::{Action, Driver, ErrorKind, Readiness, Scope, path};
use serde_json::json;

use crate::toy::{driver, owner, resource, token};

async fn create(world: &World, name: &str) -> Result<(), ErrorKind> {
    let resource = resource(&format!("Flavor.kueue.x-k8s.io/{name}"), json!({}));
    driver(world).apply(&step(Action::Create, &resource, None), &token("af")).await.map_err(|e| e.kind)
}

#[tokio::test]
async fn a_rule_strikes_from_the_nth_call_so_many_times() {
    let world = World::in_memory().unwrap();
    let rule = Rule::new(On::Do(Action::Create), Effect::Throttled(Some(50))).kind("Flavor").nth(2).times(2);
    let id = world.fail(rule).unwrap();
    let throttled = Err(ErrorKind::Throttled(Some(Duration::from_millis(50))));
    assert_eq!(create(&world, "a").await, Ok(()));
    assert_eq!(create(&world, "b").await, throttled);
    assert_eq!(create(&world, "b").await, throttled);
    assert_eq!(create(&world, "b").await, Ok(()));
    let shown = world.show().unwrap();
    assert_eq!((shown.faults[0].0, shown.faults[0].2), (id, 2));
    let calls = serde_json::to_value(world.calls().unwrap()).unwrap();
    assert_eq!(calls, json!({"create": {"Flavor.kueue.x-k8s.io": {"calls": 4, "changes": 2}}}));
    assert!(world.heal(Some(id)).unwrap() && !world.heal(None).unwrap());
}

#[tokio::test]
async fn rules_are_about_kinds_addresses_and_sites() {
    let world = World::in_memory().unwrap();
    let refused = |message: &str| Effect::Refused {
        kind: "invalid".into(),
        message: message.into(),
        field: Some(path!["spec", "cpu"]),
    };
    world.fail(Rule::new(On::Write, refused("elsewhere")).site("t").always()).unwrap();
    world.fail(Rule::new(On::Write, refused("other kind")).kind("Quota*").always()).unwrap();
    world.fail(Rule::new(On::Write, refused("this")).address("x-k8s.io/b?*").always()).unwrap();
    world.fail(Rule::new(On::Write, refused("that")).address("Flavor*/c*").always()).unwrap();
    assert_eq!(create(&world, "b").await, Ok(()));
    let flavor = resource("Flavor.kueue.x-k8s.io/ca", json!({}));
    let error = driver(&world).apply(&step(Action::Create, &flavor, None), &token("af")).await.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str(), error.field),
        (ErrorKind::Invalid, "that", Some(path!["spec", "cpu"]))
    );
}

#[tokio::test]
async fn a_cut_connection_may_have_done_it() {
    let world = World::in_memory().unwrap();
    world.fail(Rule::new(On::Write, Effect::CutBefore)).unwrap();
    world.fail(Rule::new(On::Write, Effect::CutAfter)).unwrap();
    assert_eq!(create(&world, "a").await, Err(ErrorKind::Unreachable));
    assert!(world.is_empty().unwrap());
    assert_eq!(create(&world, "a").await, Err(ErrorKind::Unreachable));
    assert_eq!(world.len().unwrap(), 1);
    assert_eq!(create(&world, "a").await, Ok(()));
    assert_eq!(world.calls().unwrap().changes(), 1, "nothing was made twice");
}

#[tokio::test]
async fn a_stopped_world_refuses_everything_until_it_is_told_to_go_on() {
    let world = World::in_memory().unwrap();
    world.fail(Rule::new(On::Write, Effect::StopAfter).nth(2)).unwrap();
    assert_eq!(create(&world, "a").await, Ok(()));
    assert_eq!(create(&world, "b").await, Err(ErrorKind::Other));
    assert!(world.is_stopped().unwrap());
    assert_eq!(create(&world, "c").await, Err(ErrorKind::Other));
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert_eq!(inventory.problems[0].scope, Scope::Site);
    assert!(inventory.observed.is_empty());
    world.resume().unwrap();
    assert_eq!(driver(&world).observe(&owner("af"), &[]).await.observed.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn slowness_is_time_that_can_be_paused() {
    let world = World::in_memory().unwrap();
    world.fail(Rule::new(On::Write, Effect::Slow(60_000)).always()).unwrap();
    world.fail(Rule::new(On::Write, Effect::Throttled(None))).unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(create(&world, "a").await, Err(ErrorKind::Throttled(None)));
    assert_eq!(create(&world, "a").await, Ok(()));
    assert_eq!(start.elapsed(), Duration::from_mins(2));
}

#[tokio::test]
async fn what_cannot_be_seen_is_unknown() {
    let world = World::in_memory().unwrap();
    create(&world, "a").await.unwrap();
    let hidden = Effect::Incomplete("the list timed out".into());
    world.fail(Rule::new(On::Observe, hidden.clone()).kind("Flavor")).unwrap();
    world.fail(Rule::new(On::Observe, hidden).nth(2)).unwrap();
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert!(inventory.unknown("Flavor.kueue.x-k8s.io").is_some() && inventory.unknown("Quota").is_none());
    assert!(inventory.observed.is_empty());
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert!(inventory.unknown("Quota").is_some() && inventory.observed.is_empty());
    assert_eq!(driver(&world).observe(&owner("af"), &[]).await.observed.len(), 1);
}

#[tokio::test]
async fn a_missing_kind_waits_until_looks_have_passed() {
    let world = World::in_memory().unwrap();
    let why = "the CRD is not installed".to_owned();
    world
        .fail(Rule::new(On::Write, Effect::MissingKind(why)).kind("Flavor.kueue.x-k8s.io").times(1))
        .unwrap();
    assert_eq!(create(&world, "a").await, Err(ErrorKind::NotYet));
    assert_eq!(create(&world, "a").await, Err(ErrorKind::NotYet), "trying does not count");
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    assert!(inventory.missing_kinds.contains_key("Flavor.kueue.x-k8s.io"));
    assert_eq!(create(&world, "a").await, Ok(()));
}

#[tokio::test]
async fn readiness_is_counted_for_each_thing() {
    let world = World::in_memory().unwrap();
    let all = ["a", "b"].map(|name| crate::toy::at(&format!("Flavor.kueue.x-k8s.io/{name}")));
    create(&world, "a").await.unwrap();
    create(&world, "b").await.unwrap();
    world.fail(Rule::new(On::Ready, Effect::Pending("quota".into())).times(2)).unwrap();
    for _ in 0..2 {
        let ready = driver(&world).ready(&owner("af"), &all).await;
        assert!(ready.values().all(|r| *r == Readiness::Pending("quota".into())));
    }
    assert!(driver(&world).ready(&owner("af"), &all).await.values().all(|r| *r == Readiness::Ready));
}

#[tokio::test]
async fn what_lingers_is_seen_to() {
    let world = World::in_memory().unwrap();
    create(&world, "a").await.unwrap();
    world.fail(Rule::new(On::Write, Effect::Linger(2)).kind("Flavor")).unwrap();
    let flavor = resource("Flavor.kueue.x-k8s.io/a", json!({}));
    let inventory = driver(&world).observe(&owner("af"), &[]).await;
    let delete = step(Action::Delete, &flavor, inventory.observed.get(&flavor.address));
    driver(&world).apply(&delete, &token("af")).await.unwrap();
    assert!(world.thing(&flavor.address).unwrap().unwrap().deleting.is_some());
    driver(&world).apply(&delete, &token("af")).await.unwrap();
    driver(&world).observe(&owner("af"), &[]).await;
    assert!(world.is_empty().unwrap());
}

#[tokio::test]
async fn reset_leaves_nothing_but_the_past() {
    let world = World::in_memory().unwrap();
    create(&world, "a").await.unwrap();
    let uid = world.show().unwrap().things[0].thing.uid;
    world.fail(Rule::new(On::Write, Effect::CutBefore).always()).unwrap();
    world.reset().unwrap();
    assert!(world.is_empty().unwrap() && world.show().unwrap().faults.is_empty());
    create(&world, "a").await.unwrap();
    assert!(world.show().unwrap().things[0].thing.uid > uid, "what was seen before is recognisably old");
}
