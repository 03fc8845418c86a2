//! What people do to a facility behind its back.

use serde_json::Value;

use crate::bench::Bench;

/// The step of `afctl drift` about this kind, which must be the only one.
#[track_caller]
fn drifted(bench: &Bench, kind: &str) -> Value {
    let said = bench.afctl("drift", &["--output", "json"]).expect(3);
    let drift = said.json();
    let steps = drift["drifted"].as_array().unwrap();
    assert_eq!(steps.len(), 1, "{drift}");
    assert_eq!(drift["notApplied"], serde_json::json!([]), "{drift}");
    assert!(steps[0]["address"].as_str().unwrap().contains(&format!("/{kind}/")), "{drift}");
    steps[0].clone()
}

/// The line of the strawman that a step or one of its fields names.
fn line(origin: &Value) -> &str {
    origin["position"]["text"].as_str().unwrap_or_default()
}

#[track_caller]
fn repaired(bench: &Bench) {
    bench.apply().expect(0);
    bench.afctl("drift", &[]).expect(0);
    bench.afctl("plan", &[]).expect(0);
}

pub fn each_drift_is_found_and_repaired(bench: &Bench) {
    bench.afctl("drift", &[]).expect(0);
    let all = bench.cluster.get(&["resourcequotas", "-A", "-l", "afctl.dev/facility=uchicago-af"]).unwrap();
    let quota = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["metadata"]["namespace"].as_str().unwrap().contains("higgs"))
        .unwrap_or_else(|| panic!("{all}"));
    let namespace = quota["metadata"]["namespace"].as_str().unwrap();
    let name = quota["metadata"]["name"].as_str().unwrap();
    let kubectl = |arguments: &[&str]| {
        let mut all = vec!["-n", namespace];
        all.extend(arguments);
        bench.cluster.kubectl(&all).unwrap();
    };

    // An object deleted.
    kubectl(&["delete", "resourcequota", name]);
    let step = drifted(bench, "ResourceQuota");
    assert_eq!((&step["action"], &step["reason"]), (&"create".into(), &"lost".into()));
    assert!(line(&step["origin"]).contains("higgs"), "{step}");
    repaired(bench);

    // A quota edited with kubectl: the line is that of the account's quota.
    kubectl(&[
        "patch",
        "resourcequota",
        name,
        "--type=merge",
        "-p",
        r#"{"spec":{"hard":{"requests.memory":"9999Gi"}}}"#,
    ]);
    let step = drifted(bench, "ResourceQuota");
    assert_eq!(step["reason"], "drifted");
    let field = &step["fields"][0];
    assert_eq!(field["before"], "9999Gi", "{step}");
    assert!(field["by"].as_str().unwrap().starts_with("kubectl"), "{step}");
    assert!(line(&step["origin"]).contains("higgs"), "{step}");
    let asked: Vec<&Value> = step["fieldOrigins"].as_array().unwrap().iter().map(|pair| &pair[1]).collect();
    assert!(asked.iter().any(|o| o["path"].as_str().unwrap().ends_with("higgs.quota.memory")), "{step}");
    repaired(bench);

    // A field removed.
    kubectl(&[
        "patch",
        "resourcequota",
        name,
        "--type=json",
        "-p",
        r#"[{"op":"remove","path":"/spec/hard/requests.memory"}]"#,
    ]);
    let step = drifted(bench, "ResourceQuota");
    assert_eq!(step["fields"][0]["before"], Value::Null, "{step}");
    repaired(bench);

    // A field changed in something else: who may do what.
    let bindings = bench
        .cluster
        .get(&["rolebindings", "-n", namespace, "-l", "afctl.dev/facility=uchicago-af"])
        .unwrap();
    let binding = bindings["items"][0]["metadata"]["name"].as_str().unwrap().to_owned();
    let eve = r#"{"subjects":[{"kind":"User","name":"eve","apiGroup":"rbac.authorization.k8s.io"}]}"#;
    kubectl(&["patch", "rolebinding", &binding, "--type=merge", "-p", eve]);
    drifted(bench, "RoleBinding.rbac.authorization.k8s.io");
    repaired(bench);
    let live = bench.cluster.get(&["rolebinding", &binding, "-n", namespace]).unwrap();
    assert_ne!(live["subjects"][0]["name"], "eve");

    // A node label changed, a taint removed; what others put on the node stays.
    let nodes = bench.cluster.get(&["nodes", "-l", "afctl.dev/facility=uchicago-af"]).unwrap();
    let node = nodes["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["spec"]["taints"].as_array().is_some_and(|taints| !taints.is_empty()))
        .unwrap();
    let name = node["metadata"]["name"].as_str().unwrap();
    bench.cluster.kubectl(&["label", "node", name, "afctl.dev/pool=wrong", "--overwrite"]).unwrap();
    bench.cluster.kubectl(&["label", "node", name, "rack=r7"]).unwrap();
    bench.cluster.kubectl(&["taint", "node", name, "maintenance=soon:PreferNoSchedule"]).unwrap();
    let step = drifted(bench, "Node");
    assert!(step["address"].as_str().unwrap().ends_with(name), "{step}");
    assert_eq!(step["fields"][0]["before"], "wrong", "{step}");
    repaired(bench);
    let key = node["spec"]["taints"][0]["key"].as_str().unwrap();
    bench.cluster.kubectl(&["taint", "node", name, &format!("{key}-")]).unwrap();
    drifted(bench, "Node");
    repaired(bench);
    let live = bench.cluster.get(&["node", name]).unwrap();
    assert_eq!(live["metadata"]["labels"]["rack"], "r7");
    let taints: Vec<&str> =
        live["spec"]["taints"].as_array().unwrap().iter().map(|t| t["key"].as_str().unwrap()).collect();
    assert!(taints.contains(&"maintenance") && taints.contains(&key), "{taints:?}");

    // A change of the strawman is not drift.
    let more = bench.overlay("less.yaml", "spec: {accounts: {higgs: {quota: {cpu: 90}}}}\n");
    let said = bench.afctl("drift", &["--overlay", &more, "--output", "json"]).expect(2);
    assert_eq!(said.json()["drifted"], serde_json::json!([]));
}
