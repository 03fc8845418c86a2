//! From empty to applied, unchanged, one account less, and gone.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::{Bench, facility};

/// Everything that bears the marks of a facility, as `Kind namespace/name`.
fn marked(bench: &Bench, name: &str) -> BTreeSet<String> {
    let kinds = "namespaces,resourcequotas,limitranges,roles,rolebindings,networkpolicies,priorityclasses,storageclasses,\
                 persistentvolumes,persistentvolumeclaims,configmaps,resourceflavors.kueue.x-k8s.io,\
                 cohorts.kueue.x-k8s.io,clusterqueues.kueue.x-k8s.io,localqueues.kueue.x-k8s.io,\
                 workloadpriorityclasses.kueue.x-k8s.io";
    let list = bench.cluster.get(&[kinds, "-A", "-l", &format!("afctl.dev/facility={name}")]).unwrap();
    let name_of = |item: &Value| {
        let metadata = &item["metadata"];
        format!(
            "{} {}/{}",
            item["kind"].as_str().unwrap(),
            metadata["namespace"].as_str().unwrap_or_default(),
            metadata["name"].as_str().unwrap()
        )
    };
    list["items"].as_array().unwrap().iter().map(name_of).collect()
}

/// Applied from empty; then nothing to do, and applying again writes nothing (the API server's audit log says so).
fn applied_once(bench: &Bench) {
    let plan = bench.plan(&[]);
    assert!(plan["counts"]["create"].as_u64().unwrap() > 20, "{plan}");
    assert_eq!(plan["withheld"], serde_json::json!([]), "everything can be made");
    bench.apply().expect(0);
    let again = bench.afctl("plan", &[]).expect(0);
    assert!(again.out.contains("nothing to do"), "{}", again.out);
    let mark = bench.cluster.audit_mark().unwrap();
    bench.apply().expect(0);
    let writes = bench.cluster.writes_by("afctl", mark).unwrap();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn real_coffea_casa_is_applied_and_stays() {
    if !afctl_testbed::wanted("real_coffea_casa_is_applied_and_stays") {
        return;
    }
    let bench = Bench::new("coffea-casa");
    let mark = bench.cluster.audit_mark().unwrap();
    applied_once(&bench);
    assert!(!bench.cluster.writes_by("afctl", mark).unwrap().is_empty(), "the audit log sees our writes");
    removing_an_account_takes_exactly_its_things(&bench, "coffea-casa");
}

fn removing_an_account_takes_exactly_its_things(bench: &Bench, name: &str) {
    let spec = facility(name).spec().clone();
    // An account that nothing else names.
    let account = spec
        .accounts_with_members()
        .map(|(account, _)| account.to_owned())
        .find(|account| {
            let text = serde_json::to_string(&spec).unwrap();
            text.matches(&format!("\"{account}\"")).count() == 1
        })
        .unwrap_or_else(|| panic!("{name}: every account is named elsewhere"));
    let without = bench.overlay("without.yaml", &format!("spec: {{accounts: {{{account}: null}}}}\n"));
    let before = marked(bench, name);
    let plan = bench.plan(&["--overlay", &without]);
    let deleted: BTreeSet<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["action"] == "delete")
        .map(|step| step["address"].as_str().unwrap())
        .collect();
    assert!(!deleted.is_empty(), "{plan}");
    // The namespace and the claims that hold data are named, and so they go as well.
    let held: Vec<&str> =
        plan["withheld"].as_array().unwrap().iter().map(|held| held["address"].as_str().unwrap()).collect();
    let namespace = deleted
        .iter()
        .chain(&held)
        .find_map(|address| address.split_once("/Namespace/"))
        .map_or_else(|| panic!("{plan}"), |(_, namespace)| namespace.to_owned());
    let mut arguments = vec!["--overlay", without.as_str(), "--yes", "--wait", "60s"];
    for address in &held {
        arguments.extend(["--delete-data", *address]);
    }
    bench.afctl("apply", &arguments).expect(0);
    let after = marked(bench, name);
    let gone: Vec<&String> = before.difference(&after).collect();
    assert!(!gone.is_empty());
    for thing in &gone {
        let theirs = thing.contains(&account) || thing.contains(namespace.as_str());
        assert!(theirs, "{thing} is not of {account}");
    }
    assert!(after.iter().all(|thing| !thing.contains(&format!(" {namespace}/"))), "{after:?}");
    assert_eq!(after.difference(&before).count(), 0, "and nothing new came");
    bench.afctl("plan", &["--overlay", &without]).expect(0);
}

#[test]
fn real_uchicago_is_applied_stays_and_goes() {
    if !afctl_testbed::wanted("real_uchicago_is_applied_stays_and_goes") {
        return;
    }
    let bench = Bench::new("uchicago-af");
    applied_once(&bench);
    crate::drift::each_drift_is_found_and_repaired(&bench);
    crate::limits::quotas_and_pools_hold(&bench);
    // What holds data stays until it is named.
    let held = bench.afctl("destroy", &["--yes", "--wait", "0s"]).expect(4);
    assert!(held.out.contains("--delete-data"), "{}", held.out);
    let plan = bench.plan(&["--destroy"]);
    let names: Vec<String> = plan["withheld"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|w| w["kind"] == "held")
        .map(|w| w["address"].as_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["--yes", "--wait", "90s"];
    for name in &names {
        arguments.extend(["--delete-data", name.as_str()]);
    }
    bench.afctl("destroy", &arguments).expect(0);
    assert_eq!(marked(&bench, "uchicago-af"), BTreeSet::new());
    let nodes = bench.cluster.get(&["nodes", "-l", "afctl.dev/facility=uchicago-af"]).unwrap();
    assert_eq!(nodes["items"], serde_json::json!([]), "no node bears our marks");
}

#[test]
fn real_what_somebody_else_made_is_refused_and_taken_over_only_by_name() {
    if !afctl_testbed::wanted("real_what_somebody_else_made") {
        return;
    }
    let bench = Bench::new("quickstart");
    let namespaces = Bench::named(&bench.plan(&[]), "Namespace");
    let theirs = &namespaces.last().unwrap().1;
    bench.cluster.kubectl(&["create", "namespace", theirs]).unwrap();
    bench.cluster.kubectl(&["label", "namespace", theirs, "team=others"]).unwrap();
    let said = bench.apply().expect(4);
    assert!(said.out.contains(&format!("--adopt Namespace/{theirs}")), "{}", said.out);
    let live = bench.cluster.get(&["namespace", theirs]).unwrap();
    assert_eq!(live["metadata"]["labels"]["afctl.dev/facility"], Value::Null, "it is untouched");

    bench.afctl("apply", &["--yes", "--wait", "0s", "--adopt", &format!("Namespace/{theirs}")]).expect(0);
    let live = bench.cluster.get(&["namespace", theirs]).unwrap();
    assert_eq!(live["metadata"]["labels"]["afctl.dev/facility"], "quickstart");
    assert_eq!(live["metadata"]["labels"]["team"], "others", "what others wrote stays");
    bench.afctl("plan", &[]).expect(0);

    // A saved plan is done exactly, or refused once something moved.
    let more = bench.overlay("more.yaml", "spec: {accounts: {detectors: {quota: {cpu: 64}}}}\n");
    bench.afctl("plan", &["--overlay", &more, "-o", "saved.plan"]).expect(2);
    bench.run(&["show", "saved.plan"]).expect(0);
    let quotas = bench.cluster.get(&["resourcequotas", "-A", "-l", "afctl.dev/facility=quickstart"]).unwrap();
    let quota = quotas["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["metadata"]["namespace"].as_str().unwrap().contains("detectors"))
        .unwrap();
    let (namespace, name) =
        (quota["metadata"]["namespace"].as_str().unwrap(), quota["metadata"]["name"].as_str().unwrap());
    let patch = r#"{"spec":{"hard":{"requests.cpu":"1"}}}"#;
    bench
        .cluster
        .kubectl(&["-n", namespace, "patch", "resourcequota", name, "--type=merge", "-p", patch])
        .unwrap();
    let stale = bench.run(&["apply", "saved.plan", "--yes"]).expect(4);
    assert!(stale.err.contains("stale"), "{}", stale.err);
    bench.afctl("plan", &["--overlay", &more, "-o", "saved.plan"]).expect(2);
    bench.run(&["apply", "saved.plan", "--yes", "--wait", "0s"]).expect(0);
    bench.afctl("plan", &["--overlay", &more]).expect(0);
}
