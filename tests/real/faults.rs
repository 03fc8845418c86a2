//! What becomes of a facility when `afctl`, or the API server, is ended in the middle.
//!
//! Moments are counted in steps that were done, not in seconds, so that they are spread over the work however fast it is.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use afctl_testbed::{Component, ControlPlane, Options, shared, wanted};

use crate::rig::{Rig, Running, eventually};

/// At how many moments a run is killed.
const MOMENTS: usize = 12;

/// A control plane whose servers tests may stop, one test at a time.
fn breakable() -> MutexGuard<'static, ControlPlane> {
    static CLUSTER: OnceLock<Mutex<ControlPlane>> = OnceLock::new();
    let start = || {
        let options = Options { kueue_crds: true, audit: true, ..Options::default() };
        Mutex::new(ControlPlane::start(&options).unwrap_or_else(|error| panic!("{error}")))
    };
    // A test that failed left its own facility behind, and nothing else.
    CLUSTER.get_or_init(start).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills a run again and again, each after a share of the steps, until one comes to its end. Gives how many were killed
/// with steps left to do.
fn killed_again_and_again(
    rig: &Rig<'_>,
    command: &str,
    arguments: &[&str],
    mut between: impl FnMut(),
) -> usize {
    let mut killed = 0;
    let share = rig.wanted().len().saturating_sub(1) / MOMENTS;
    for moment in 0..MOMENTS {
        let mut afctl = rig.begin(command, arguments);
        let began = afctl.read_until("started", 1);
        // The first is killed as it begins.
        let worked = moment == 0 || afctl.read_until("step-done", share);
        afctl.kill();
        if began && worked && afctl.count("finished") == 0 {
            killed += 1;
        }
        between();
    }
    killed
}

#[test]
fn real_killed_at_any_moment_the_next_run_goes_on() {
    if !wanted("real_killed_at_any_moment_the_next_run_goes_on") {
        return;
    }
    let rig = Rig::new(shared(), "killed");
    // Few at a time, so that there is a middle.
    let hasty = ["--yes", "--wait", "0s", "--parallel", "2"];
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    let killed = killed_again_and_again(&rig, "apply", &hasty, || {
        for (thing, uid) in rig.there() {
            let first = made.entry(thing.clone()).or_insert_with(|| uid.clone());
            assert_eq!(*first, uid, "{thing} was made twice");
        }
    });
    assert!(killed >= MOMENTS / 2, "only {killed} were killed at work");
    rig.apply().expect(0);
    rig.is_whole();
    let there = rig.there();
    assert!(made.iter().all(|(thing, uid)| there.get(thing) == Some(uid)), "nothing was made anew");

    let data = rig.all_data();
    let mut arguments = hasty.to_vec();
    arguments.extend(data.iter().map(String::as_str));
    let killed = killed_again_and_again(&rig, "destroy", &arguments, || {});
    assert!(killed >= MOMENTS / 2, "only {killed} were killed at work");
    rig.afctl("destroy", &arguments).expect(0);
    eventually("the end of everything", || rig.there().is_empty());
    nothing_is_left(&rig);
}

/// Nothing whose name is the facility's is there, whatever its marks.
fn nothing_is_left(rig: &Rig<'_>) {
    let names = "-o=jsonpath={range .items[*]}{.kind}/{.metadata.name}{\"\\n\"}{end}";
    let kinds = "namespaces,priorityclasses,storageclasses,persistentvolumes,resourceflavors.kueue.x-k8s.io,\
                 cohorts.kueue.x-k8s.io,clusterqueues.kueue.x-k8s.io,workloadpriorityclasses.kueue.x-k8s.io";
    eventually("the end of all that bears its name", || {
        let all = rig.cluster.kubectl(&["get", kinds, names]).unwrap();
        !all.lines().any(|thing| {
            let (_, name) = thing.split_once('/').unwrap();
            name.starts_with(&format!("{}-", rig.name))
                || name.starts_with(&format!("{}.", rig.name))
                || name == rig.name
                || name == format!("afctl-{}", rig.name)
        })
    });
    let nodes = rig.cluster.get(&["nodes"]).unwrap();
    for node in nodes["items"].as_array().unwrap() {
        let ours = node["metadata"]["name"].as_str().unwrap().starts_with(&format!("{}-", rig.name));
        let text = node.to_string();
        // Who wrote a field once stays in `managedFields`; no field of ours may.
        let metadata = &node["metadata"];
        let marks = format!("{}{}{}", metadata["labels"], metadata["annotations"], node["spec"]["taints"]);
        assert!(!ours || !marks.contains("afctl.dev"), "{text}");
    }
}

/// Tells a run to stop while the API server is frozen, so that steps are in hand, and lets it end.
fn stopped_with_steps_in_hand(cluster: &ControlPlane, afctl: &mut Running) {
    assert!(afctl.read_until("step-done", 3));
    cluster.pause(Component::ApiServer).unwrap();
    afctl.signal("-TERM");
    eventually("its word that it stops", || afctl.said().contains("finishing the steps in hand"));
    cluster.resume(Component::ApiServer).unwrap();
    assert_eq!(afctl.end(), Some(1), "{}", afctl.said());
    let done = afctl.count("step-done");
    assert_eq!(afctl.count("step-started"), done, "what was begun was finished");
    let finished = afctl.events.iter().find(|event| event["event"] == "finished").unwrap();
    assert!(finished["skipped"].as_u64().unwrap() > 0, "{finished}");
    assert_eq!((finished["failed"].as_u64(), finished["done"].as_u64()), (Some(0), Some(done as u64)));
}

#[test]
fn real_told_to_stop_it_finishes_the_steps_in_hand() {
    if !wanted("real_told_to_stop_it_finishes_the_steps_in_hand") {
        return;
    }
    let cluster = breakable();
    let rig = Rig::new(&cluster, "told");
    let mut apply = rig.begin("apply", &["--yes", "--wait", "0s", "--parallel", "4"]);
    stopped_with_steps_in_hand(&cluster, &mut apply);
    let before = rig.there();

    let mut reconcile = rig.begin("reconcile", &["--interval", "1h", "--wait", "0s"]);
    stopped_with_steps_in_hand(&cluster, &mut reconcile);
    // The next one goes on, and is told to stop between two rounds.
    let mut reconcile = rig.begin("reconcile", &["--interval", "1h", "--wait", "0s"]);
    assert!(reconcile.read_until("finished", 1));
    reconcile.signal("-TERM");
    assert_eq!(reconcile.end(), Some(0), "{}", reconcile.said());
    rig.is_whole();
    let there = rig.there();
    assert!(before.iter().all(|(thing, uid)| there.get(thing) == Some(uid)), "nothing was made anew");
}

#[test]
fn real_a_server_that_restarts_is_waited_for() {
    if !wanted("real_a_server_that_restarts_is_waited_for") {
        return;
    }
    let cluster = breakable();
    let rig = Rig::new(&cluster, "restarted");
    let mut apply = rig.begin("apply", &["--yes", "--wait", "0s", "--parallel", "4"]);
    assert!(apply.read_until("step-done", 5));
    cluster.kill(Component::ApiServer).unwrap();
    assert!(apply.read_until("step-retried", 1), "the server is away: {}", apply.said());
    cluster.restart(Component::ApiServer).unwrap();
    assert_eq!(apply.end(), Some(0), "{}", apply.said());
    rig.is_whole();
}

#[test]
fn real_reconcile_repairs_what_kubectl_did_between_two_rounds() {
    if !wanted("real_reconcile_repairs_what_kubectl_did_between_two_rounds") {
        return;
    }
    let rig = Rig::new(shared(), "rounds");
    let namespace = rig.namespace("opendata");
    let mut reconcile = rig.begin("reconcile", &["--interval", "3s", "--rounds", "3", "--wait", "0s"]);
    assert!(reconcile.read_until("finished", 1), "the first round");
    let quota = ["resourcequota", "quota", "-n", &namespace];
    let cpu = || rig.cluster.get(&quota).unwrap()["spec"]["hard"]["requests.cpu"].clone();
    let right = cpu();
    let patch = r#"{"spec":{"hard":{"requests.cpu":"1"}}}"#;
    rig.cluster.kubectl(&[&["patch"], &quota[..], &["--type=merge", "-p", patch]].concat()).unwrap();
    assert_eq!(reconcile.end(), Some(0), "{}", reconcile.said());
    assert_eq!(cpu(), right, "it is repaired");
    let repairs: Vec<_> = reconcile
        .events
        .iter()
        .filter(|event| event["event"] == "step-done" && event["action"] == "update")
        .map(|event| event["address"].as_str().unwrap())
        .filter(|address| !address.contains("/Node/"))
        .collect();
    assert_eq!(repairs, [format!("flatiron/kubernetes/ResourceQuota/{namespace}/quota")]);
    rig.is_whole();
}
