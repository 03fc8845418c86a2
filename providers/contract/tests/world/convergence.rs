//! Whatever happens in whatever order, a simple loop that looks, compares and acts gets the world to be as it is wanted,
//! touches nothing of others, and a world that is opened again is the one that was left.

use std::collections::BTreeMap;

use afctl_contract::conformance::step;
use afctl_contract::inventory::Ownership;
use afctl_contract::world::{Effect, Listing, On, Rule, Thing, World};
use afctl_contract::{Action, Address, Backend, Driver, Observed, Resource, Step, Verdict, compare, path};
use proptest::prelude::*;
use serde_json::json;

use crate::toy::{Toy, driver, owner, resource, token};

/// What can happen.
#[derive(Debug, Clone)]
enum Happening {
    Want(usize, u8),
    Unwant(usize),
    Drift(usize, u8),
    Strip(usize),
    Lose(usize),
    Intrude,
    Fault(Rule),
    Reconcile,
    Kill,
}

/// The names that things are taken from: two namespaces, what is in them, and what is in none.
const NAMES: [&str; 7] = [
    "Namespace/a",
    "Namespace/b",
    "Quota/a/q",
    "Quota/a/r",
    "Quota/b/q",
    "Flavor/f",
    "PersistentVolumeClaim/b/c",
];

/// What somebody else may come to make under a name that is ours to make.
const FLAVOR: usize = 5;

fn wanted(which: usize, version: u8) -> Resource {
    let spec = match version {
        6.. => json!({"fixed": version}),
        3..6 => json!({"cpu": version}),
        _ => json!({"cpu": version, "l": [version, 1]}),
    };
    let resource = resource(NAMES[which], spec);
    match &resource.address.namespace {
        Some(namespace) => {
            let namespace = crate::toy::at(&format!("Namespace/{namespace}"));
            resource.needs(namespace)
        }
        None => resource,
    }
}

fn faults() -> impl Strategy<Value = Rule> {
    let on = prop_oneof![
        Just(On::Write),
        Just(On::Do(Action::Create)),
        Just(On::Do(Action::Delete)),
        Just(On::Observe)
    ];
    let refused = |kind: &str| Effect::Refused { kind: kind.into(), message: "no".into(), field: None };
    let effect = prop_oneof![
        Just(Effect::Throttled(None)),
        Just(Effect::CutBefore),
        Just(Effect::CutAfter),
        Just(Effect::StopBefore),
        Just(Effect::StopAfter),
        Just(refused("denied")),
        Just(Effect::MissingKind("no such kind".into())),
        Just(Effect::Linger(2)),
    ];
    (on, effect, prop::option::of(0..NAMES.len()), 1_u64..4, 1_u64..3).prop_map(
        |(on, effect, name, nth, times)| {
            let rule = Rule::new(on, effect).nth(nth).times(times);
            match name {
                Some(name) if on == On::Observe => rule.kind(crate::toy::at(NAMES[name]).kind),
                Some(name) => rule.address(NAMES[name]),
                None => rule,
            }
        },
    )
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let which = 0..NAMES.len();
    let one = prop_oneof![
        4 => (which.clone(), 0_u8..9).prop_map(|(which, version)| Happening::Want(which, version)),
        2 => which.clone().prop_map(Happening::Unwant),
        2 => (which.clone(), 10_u8..20).prop_map(|(which, value)| Happening::Drift(which, value)),
        1 => which.clone().prop_map(Happening::Strip),
        1 => which.prop_map(Happening::Lose),
        1 => Just(Happening::Intrude),
        2 => faults().prop_map(Happening::Fault),
        4 => Just(Happening::Reconcile),
        1 => Just(Happening::Kill),
    ];
    prop::collection::vec(one, 1..48)
}

/// The step that brings one thing nearer to what is wanted.
fn next(resource: &Resource, seen: Option<&Observed>) -> Option<Step> {
    let Some(seen) = seen else { return Some(step(Action::Create, resource, None)) };
    let action = match Toy.classify(seen, resource).verdict {
        _ if seen.deleting.is_some() => return None,
        Verdict::Same | Verdict::Refused { .. } => return None,
        Verdict::Replace(_) => Action::Replace,
        Verdict::InPlace | Verdict::Disruptive(_) => Action::Update,
    };
    Some(step(action, resource, Some(seen)))
}

/// One round: looks, makes what is wanted, deletes what is not. What fails waits for the next round.
async fn reconcile(world: &World, desired: &BTreeMap<usize, u8>) {
    let resources: Vec<Resource> = desired
        .iter()
        .filter(|(which, _)| namespace_of(**which).is_none_or(|namespace| desired.contains_key(&namespace)))
        .map(|(which, version)| wanted(*which, *version))
        .collect();
    let addresses: Vec<Address> = resources.iter().map(|resource| resource.address.clone()).collect();
    let inventory = driver(world).observe(&owner("af"), &addresses).await;
    for resource in &resources {
        let is_unknown = inventory.unknown(&resource.address.kind).is_some()
            || inventory.missing_kinds.contains_key(&resource.address.kind);
        let next = next(resource, inventory.observed.get(&resource.address)).filter(|_| !is_unknown);
        if let Some(step) = next {
            // What fails is tried again in the next round, as it is then.
            let _ = driver(world).apply(&step, &token("af")).await;
        }
    }
    for seen in inventory.observed.values().rev() {
        let is_orphan = seen.ownership == Ownership::Ours && !addresses.contains(&seen.address);
        if is_orphan && seen.deleting.is_none() {
            let resource = Resource::new(seen.address.clone(), json!({}), path!["gone"]);
            let _ = driver(world).apply(&step(Action::Delete, &resource, Some(seen)), &token("af")).await;
        }
    }
}

fn namespace_of(which: usize) -> Option<usize> {
    let namespace = crate::toy::at(NAMES[which]).namespace?;
    NAMES.iter().position(|name| *name == format!("Namespace/{namespace}"))
}

/// What the file holds at this instant, as one who opens it after a kill finds it.
fn killed(world: &World, folder: &std::path::Path, count: usize) -> World {
    let copy = folder.join(format!("{count}.redb"));
    std::fs::copy(world.path().unwrap(), &copy).unwrap();
    World::open(copy).unwrap()
}

/// Plays it through in a world in this folder, or in memory, where nothing can be killed.
async fn play(happenings: Vec<Happening>, folder: Option<&std::path::Path>) -> Result<(), TestCaseError> {
    let mut world = match folder {
        Some(folder) => World::open(folder.join("first.redb")).unwrap(),
        None => World::in_memory().unwrap(),
    };
    let foreign = ["Flavor/theirs", "Quota/zoo/theirs"].map(crate::toy::at);
    for (address, tool) in foreign.iter().zip([None, Some("helm")]) {
        world.foreign(address, json!({"spec": {"cpu": 1}}), tool).unwrap();
    }
    let before: Vec<_> = foreign.iter().map(|address| world.thing(address).unwrap()).collect();
    let mut intruder = None;
    let mut desired = BTreeMap::new();
    for (count, happening) in happenings.into_iter().enumerate() {
        match happening {
            Happening::Want(which, version) => {
                desired.insert(which, version);
            }
            Happening::Unwant(which) => {
                desired.remove(&which);
            }
            // What is not ours stays as its owner left it.
            Happening::Drift(FLAVOR, _) | Happening::Strip(FLAVOR) | Happening::Lose(FLAVOR)
                if intruder.is_some() => {}
            // There may be nothing there to meddle with.
            Happening::Drift(which, value) => {
                let _ =
                    world.drift(&crate::toy::at(NAMES[which]), &path!["spec", "cpu"], json!(value), "eve");
            }
            Happening::Strip(which) => {
                let _ = world.remove_field(&crate::toy::at(NAMES[which]), &path!["spec", "l"], "eve");
            }
            Happening::Lose(which) => {
                let _ = world.delete(&crate::toy::at(NAMES[which]), "eve");
            }
            Happening::Intrude => {
                let address = crate::toy::at(NAMES[FLAVOR]);
                if world.foreign(&address, json!({"spec": {"cpu": 1}}), Some("helm")).is_ok() {
                    intruder = world.thing(&address).unwrap();
                }
            }
            Happening::Fault(rule) => {
                world.fail(rule).unwrap();
            }
            Happening::Reconcile => reconcile(&world, &desired).await,
            Happening::Kill => {
                let left: Listing = world.show().unwrap();
                if let Some(folder) = folder {
                    world = killed(&world, folder, count);
                }
                prop_assert_eq!(world.show().unwrap(), left);
                world.resume().unwrap();
            }
        }
    }
    // Faults pass; then it comes to an end, and stays there.
    world.heal(None).unwrap();
    world.resume().unwrap();
    for _ in 0..12 {
        reconcile(&world, &desired).await;
    }
    let changes = world.calls().unwrap().changes();
    reconcile(&world, &desired).await;
    prop_assert_eq!(world.calls().unwrap().changes(), changes, "it does not come to rest");
    for (which, name) in NAMES.iter().enumerate() {
        let thing = world.thing(&crate::toy::at(name)).unwrap();
        let has_home = namespace_of(which).is_none_or(|namespace| desired.contains_key(&namespace));
        match desired.get(&which).filter(|_| has_home) {
            _ if which == FLAVOR && intruder.is_some() => prop_assert_eq!(&thing, &intruder),
            None => prop_assert_eq!(thing, None, "{} stays", name),
            Some(version) => {
                let wanted = wanted(which, *version).desired;
                let Thing { live, others, .. } = thing.unwrap();
                let missing = compare(&live, &wanted, &wanted, &|_, _, _| false);
                prop_assert!(missing.is_empty(), "{name}: {missing:?}");
                for key in live["spec"].as_object().unwrap().keys() {
                    let is_known = wanted["spec"].get(key).is_some()
                        || others.contains_key(&path!["spec", key.as_str()]);
                    prop_assert!(is_known, "{name}: {key} is left over");
                }
            }
        }
    }
    let after: Vec<_> = foreign.iter().map(|address| world.thing(address).unwrap()).collect();
    prop_assert_eq!(after, before, "what is not ours was touched");
    Ok(())
}

fn block_on(play: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(play)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_world_comes_to_be_as_it_is_wanted(happenings in happenings()) {
        block_on(play(happenings, None))?;
    }
}

proptest! {
    // Files are slow: each of some thousand changes waits for the disk.
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn kills_do_not_keep_it_from_that(happenings in happenings()) {
        let folder = tempfile::tempdir().unwrap();
        block_on(play(happenings, Some(folder.path())))?;
    }
}
