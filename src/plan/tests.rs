use afctl_contract::world::{Effect, On, Rule};
use afctl_contract::{Action, Reason, WithheldKind, path};
use serde_json::json;

use crate::testing::{Allow, Bench, at, resource, said, two_accounts};

fn kinds(plan: &afctl_contract::Plan, kind: WithheldKind) -> Vec<String> {
    plan.withheld(kind).map(|w| w.address.name.clone()).collect()
}

#[tokio::test]
async fn everything_is_made_once_and_then_there_is_nothing_to_do() {
    let bench = Bench::new();
    let resources = two_accounts();
    let (plan, outcome) = bench.apply(&resources).await;
    assert_eq!(plan.counts().get(&Action::Create), Some(&4));
    assert!(plan.steps.iter().all(|step| step.reason == Reason::New));
    assert!(outcome.is_complete());
    let again = bench.plan(&resources, &Allow::default()).await.plan;
    assert!(again.is_empty(), "{:?}", said(&again));
    assert_eq!(again.unchanged(), 4);
    assert!(again.sites["s"].unrecorded.is_empty());
}

#[tokio::test]
async fn what_somebody_changed_is_drift_and_what_we_changed_is_not() {
    let bench = Bench::new();
    let mut resources = two_accounts();
    bench.apply(&resources).await;
    let quota = at("ResourceQuota/higgs/quota");
    bench.world.drift(&quota, &path!["spec", "hard", "cpu"], json!("999"), "eve").unwrap();
    bench.world.delete(&at("ResourceQuota/exotics/quota"), "eve").unwrap();
    let plan = bench.plan(&resources, &Allow::default()).await.plan;
    let reasons: Vec<_> = plan.steps.iter().map(|step| (step.action, step.reason)).collect();
    assert_eq!(reasons, [(Action::Update, Reason::Drifted), (Action::Create, Reason::Lost)]);
    assert_eq!(plan.steps[0].fields[0].by.as_deref(), Some("eve"));
    assert_eq!(plan.steps[0].fields[0].before, Some(json!("999")));

    bench.apply(&resources).await;
    resources[1].desired["spec"]["hard"]["cpu"] = json!("128");
    let plan = bench.plan(&resources, &Allow::default()).await.plan;
    assert_eq!(plan.steps.len(), 1);
    assert_eq!(plan.steps[0].reason, Reason::Configured);
}

#[tokio::test]
async fn what_is_no_longer_wanted_goes_in_order_and_nothing_else() {
    let bench = Bench::new();
    let resources = two_accounts();
    bench.apply(&resources).await;
    let plan = bench.plan(&resources[2..], &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["delete ResourceQuota/higgs/quota", "delete Namespace/higgs"]);
    assert!(plan.steps[0].stage < plan.steps[1].stage);
    assert!(plan.steps.iter().all(|step| step.reason == Reason::Removed));
}

#[tokio::test]
async fn what_others_made_is_refused_and_taken_over_only_by_name() {
    let bench = Bench::new();
    let resources = two_accounts();
    bench
        .world
        .foreign(&at("Namespace/higgs"), json!({"metadata": {"name": "higgs"}}), Some("helm"))
        .unwrap();
    let plan = bench.plan(&resources, &Allow::default()).await.plan;
    assert_eq!(kinds(&plan, WithheldKind::Refused), ["higgs"]);
    let help = plan.withheld(WithheldKind::Refused).next().and_then(|w| w.help.clone()).unwrap();
    assert!(help.contains("--adopt Namespace/higgs"), "{help}");
    assert_eq!(kinds(&plan, WithheldKind::Waiting), ["quota"], "its quota waits");
    assert_eq!(said(&plan), ["create Namespace/exotics", "create ResourceQuota/exotics/quota"]);

    let allow = Allow { adopt: vec!["Namespace/higgs".into()], ..Allow::default() };
    let plan = bench.plan(&resources, &allow).await.plan;
    assert_eq!(said(&plan)[..2], ["adopt Namespace/higgs", "create ResourceQuota/higgs/quota"]);
}

#[tokio::test]
async fn data_is_held_until_it_is_named() {
    let bench = Bench::new();
    let mut resources = two_accounts();
    resources.push(resource("PersistentVolumeClaim/higgs/data", json!({"size": 1})));
    bench.apply(&resources).await;
    let left = &resources[2..4];
    let plan = bench.plan(left, &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["delete ResourceQuota/higgs/quota"]);
    let mut held = kinds(&plan, WithheldKind::Held);
    held.sort();
    assert_eq!(held, ["data", "higgs"]);
    let allow = Allow { delete_data: vec!["Namespace/higgs".into()], ..Allow::default() };
    let plan = bench.plan(left, &allow).await.plan;
    assert_eq!(plan.steps.len(), 3, "{:?}", said(&plan));
    assert_eq!(plan.steps.last().map(|s| s.address.kind.as_str()), Some("Namespace"));
}

#[tokio::test]
async fn what_carries_data_stays_with_it_and_goes_with_it() {
    let bench = Bench::new();
    let mut resources = two_accounts();
    resources.push(resource("PersistentVolume/disk", json!({"carries": "PersistentVolumeClaim/higgs/data"})));
    resources.push(resource("PersistentVolumeClaim/higgs/data", json!({"size": 1})));
    bench.apply(&resources).await;
    let plan = bench.plan(&resources[..4], &Allow::default()).await.plan;
    assert!(plan.is_empty(), "a volume does not go before its claim: {:?}", said(&plan));
    let mut held = kinds(&plan, WithheldKind::Held);
    held.sort();
    assert_eq!(held, ["data", "disk"]);
    let why: Vec<_> = plan.withheld.iter().map(|withheld| withheld.why.as_str()).collect();
    assert!(
        why.iter().any(|why| why.contains("the PersistentVolumeClaim that stands on it stays")),
        "{why:?}"
    );
    let allow = Allow { delete_data: vec!["PersistentVolumeClaim/higgs/data".into()], ..Allow::default() };
    let plan = bench.plan(&resources[..4], &allow).await.plan;
    assert_eq!(plan.steps.len(), 2, "{:?}", said(&plan));
    // A claim that is wanted still keeps its volume as well.
    let wanted: Vec<_> = resources.iter().filter(|r| r.address.name != "disk").cloned().collect();
    let plan = bench.plan(&wanted, &Allow::default()).await.plan;
    assert_eq!(kinds(&plan, WithheldKind::Held), ["disk"]);
    assert!(plan.is_empty());
}

#[tokio::test]
async fn what_cannot_be_seen_is_unknown_and_never_gone() {
    let bench = Bench::new();
    let resources = two_accounts();
    bench.apply(&resources).await;
    bench
        .world
        .fail(
            Rule::new(On::Observe, Effect::Incomplete("no permission".into())).kind("ResourceQuota").always(),
        )
        .unwrap();
    let plan = bench.plan(&resources[2..], &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["delete Namespace/higgs"], "no quota is deleted that could not be seen");
    let all = bench.plan(&resources, &Allow::default()).await.plan;
    assert!(all.is_empty(), "and none is made twice: {:?}", said(&all));
    assert_eq!(kinds(&all, WithheldKind::Waiting).len(), 2);
}

#[tokio::test]
async fn a_missing_kind_makes_its_things_wait_and_nothing_else() {
    let bench = Bench::new();
    let resources = two_accounts();
    bench
        .world
        .fail(
            Rule::new(On::Observe, Effect::MissingKind("the CRD is not installed".into()))
                .kind("ResourceQuota")
                .always(),
        )
        .unwrap();
    let plan = bench.plan(&resources, &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["create Namespace/higgs", "create Namespace/exotics"]);
    assert!(plan.withheld(WithheldKind::Waiting).all(|w| w.why.contains("not installed")));
}

#[tokio::test]
async fn a_node_is_never_made_and_only_let_go() {
    let bench = Bench::new();
    let node = vec![resource("Node/n1", json!({"pool": "gpu"}))];
    let plan = bench.plan(&node, &Allow::default()).await.plan;
    assert!(plan.is_empty());
    assert_eq!(kinds(&plan, WithheldKind::Waiting), ["n1"]);
    bench
        .world
        .give([(at("Node/n1"), json!({"metadata": {"name": "n1", "labels": {"kernel": "6"}}}))])
        .unwrap();
    let (plan, outcome) = bench.apply(&node).await;
    assert_eq!(said(&plan), ["update Node/n1"]);
    assert!(outcome.is_complete());
    assert!(bench.plan(&node, &Allow::default()).await.plan.is_empty());
    let plan = bench.plan(&[], &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["forget Node/n1"]);
    bench.apply(&[]).await;
    let live = bench.world.thing(&at("Node/n1")).unwrap().unwrap();
    assert_eq!(serde_json::to_value(&live).unwrap()["live"]["metadata"]["labels"], json!({"kernel": "6"}));
}

#[tokio::test]
async fn a_field_that_is_fixed_means_replacement_and_says_so() {
    let bench = Bench::new();
    let mut resources = vec![resource("Namespace/a", json!({})), resource("Thing/a/t", json!({"fixed": 1}))];
    bench.apply(&resources).await;
    resources[1].desired["spec"]["fixed"] = json!(2);
    let plan = bench.plan(&resources, &Allow::default()).await.plan;
    assert_eq!(said(&plan), ["replace Thing/a/t"]);
    assert_eq!(plan.steps[0].forced_by, [path!["spec", "fixed"]]);
}

#[tokio::test]
async fn destroy_takes_all_that_is_ours_and_leaves_the_rest() {
    let bench = Bench::new();
    bench.apply(&two_accounts()).await;
    bench.world.foreign(&at("Namespace/other"), json!({"metadata": {"name": "other"}}), None).unwrap();
    let allow = Allow { destroy: true, ..Allow::default() };
    let plan = bench.plan(&two_accounts(), &allow).await.plan;
    assert_eq!(plan.counts().get(&Action::Delete), Some(&4));
    assert!(plan.steps.iter().all(|step| step.reason == Reason::Destroyed && step.address.name != "other"));
}
