use std::collections::BTreeMap;
use std::time::Duration;

use afctl_contract::journal::Silence;
use afctl_contract::world::{Effect, On, Rule};
use afctl_contract::{Action, Event, path};
use serde_json::json;
use tokio::sync::watch;

use super::{Patience, moved};
use crate::testing::{Allow, Bench, Memory, SITE, at, resource, said, two_accounts};

#[tokio::test(start_paused = true)]
async fn throttling_and_cut_connections_are_survived_and_nothing_is_made_twice() {
    for effect in [Effect::Throttled(Some(500)), Effect::CutBefore, Effect::CutAfter] {
        let bench = Bench::new();
        bench.world.fail(Rule::new(On::Do(Action::Create), effect).times(3)).unwrap();
        let (_, outcome) = bench.apply(&two_accounts()).await;
        assert!(outcome.is_complete(), "{:?}", outcome.failed);
        let again = bench.plan(&two_accounts(), &Allow::default()).await.plan;
        assert!(again.is_empty(), "{:?}", said(&again));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_takes_with_it_what_stands_on_it_and_nothing_else() {
    let bench = Bench::new();
    let refused =
        Effect::Refused { kind: "invalid".into(), message: "no".into(), field: Some(path!["metadata"]) };
    bench.world.fail(Rule::new(On::Do(Action::Create), refused).address("Namespace/higgs").always()).unwrap();
    let (plan, outcome) = bench.apply(&two_accounts()).await;
    assert_eq!(outcome.failed.len(), 1);
    assert_eq!(outcome.done.len(), 2);
    let skipped: Vec<&str> = outcome.skipped.keys().map(|id| plan.steps[*id].address.kind.as_str()).collect();
    assert_eq!(skipped, ["ResourceQuota"]);
    // The next run goes on from there.
    bench.world.heal(None).unwrap();
    let (_, outcome) = bench.apply(&two_accounts()).await;
    assert!(outcome.is_complete());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_after_a_failure() {
    let bench = Bench::new();
    bench.apply(&two_accounts()).await;
    let refused = Effect::Refused { kind: "denied".into(), message: "no".into(), field: None };
    bench.world.fail(Rule::new(On::Do(Action::Create), refused).always()).unwrap();
    let mut resources = two_accounts().split_off(2);
    resources.push(resource("Namespace/new", json!({})));
    let (plan, outcome) = bench.apply(&resources).await;
    assert_eq!(plan.counts().get(&Action::Delete), Some(&2));
    assert_eq!(outcome.skipped.len(), 2);
    assert!(bench.world.thing(&at("Namespace/higgs")).unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn stopped_anywhere_the_next_run_converges() {
    let all = 4;
    for call in 1..=all {
        for effect in [Effect::StopBefore, Effect::StopAfter] {
            let mut bench = Bench::new();
            bench.parallel = 1;
            bench.patience = Patience { tries: 2, ..Patience::default() };
            bench.world.fail(Rule::new(On::Write, effect.clone()).nth(call)).unwrap();
            let (_, outcome) = bench.apply(&two_accounts()).await;
            assert!(!outcome.is_complete());
            bench.world.resume().unwrap();
            bench.world.heal(None).unwrap();
            let (_, outcome) = bench.apply(&two_accounts()).await;
            assert!(outcome.is_complete(), "{effect:?} at {call}: {:?}", outcome.failed);
            let again = bench.plan(&two_accounts(), &Allow::default()).await.plan;
            assert!(again.is_empty() && again.unchanged() == 4, "{effect:?} at {call}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_the_steps_in_hand_are_finished() {
    let mut bench = Bench::new();
    bench.parallel = 1;
    bench.world.fail(Rule::new(On::Write, Effect::Slow(1000)).always()).unwrap();
    let plan = bench.plan(&two_accounts(), &Allow::default()).await.plan;
    let (tell, stop) = watch::channel(false);
    let run = bench.carry_out_until(&plan, &Silence, stop);
    let signal = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        tell.send(true).unwrap();
    };
    let (outcome, ()) = tokio::join!(run, signal);
    assert!(outcome.stopped);
    assert_eq!((outcome.done.len(), outcome.skipped.len(), outcome.failed.len()), (2, 2, 0));
}

#[tokio::test]
async fn a_plan_is_stale_once_what_it_touches_has_moved() {
    let bench = Bench::new();
    bench.apply(&two_accounts()).await;
    let mut wanted = two_accounts();
    wanted[1].desired["spec"]["hard"]["cpu"] = json!("1");
    let plan = bench.plan(&wanted, &Allow::default()).await.plan;
    let looked = async || BTreeMap::from([(SITE.to_owned(), bench.look(&wanted).await)]);
    assert!(moved(&plan, &looked().await).is_empty());
    // What it does not touch may move.
    bench.world.drift(&at("ResourceQuota/exotics/quota"), &path!["spec", "x"], json!(1), "eve").unwrap();
    assert!(moved(&plan, &looked().await).is_empty());
    bench
        .world
        .drift(&at("ResourceQuota/higgs/quota"), &path!["spec", "hard", "cpu"], json!("7"), "eve")
        .unwrap();
    assert_eq!(moved(&plan, &looked().await).len(), 1);
    bench.world.delete(&at("ResourceQuota/higgs/quota"), "eve").unwrap();
    assert_eq!(moved(&plan, &looked().await)[0].1, "it was there, and now is not");
}

#[tokio::test(start_paused = true)]
async fn coming_to_work_is_an_outcome_of_its_own() {
    let mut bench = Bench::new();
    bench.wait = Duration::from_secs(10);
    bench
        .world
        .fail(Rule::new(On::Ready, Effect::Pending("the controller".into())).kind("ResourceQuota").always())
        .unwrap();
    let (_, outcome) = bench.apply(&two_accounts()).await;
    assert!(outcome.is_complete());
    assert_eq!(outcome.pending.len(), 2);
    assert!(outcome.pending.values().all(|on| on.contains("the controller")));
}

#[tokio::test(start_paused = true)]
async fn everything_that_happens_is_told() {
    let bench = Bench::new();
    let memory = Memory::default();
    bench.world.fail(Rule::new(On::Do(Action::Create), Effect::CutBefore)).unwrap();
    let plan = bench.plan(&two_accounts(), &Allow::default()).await.plan;
    bench.carry_out(&plan, &memory).await;
    let events = memory.0.into_inner().unwrap();
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|e| wanted(e)).count();
    assert_eq!(count(|e| matches!(e, Event::StepDone { .. })), 4);
    assert_eq!(count(|e| matches!(e, Event::StepRetried { .. })), 1);
    assert!(matches!(events.last(), Some(Event::Finished { done: 4, failed: 0, .. })));
}
