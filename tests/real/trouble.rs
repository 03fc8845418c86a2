//! What people are told when a cluster lacks something, cannot be reached, or says no.

use std::time::Duration;

use afctl_testbed::{ControlPlane, Options, shared, wanted};
use serde_json::{Value, json};

use crate::rig::{ACCOUNTS, Rig, eventually};

fn withheld<'p>(plan: &'p Value, kind: &str) -> Vec<&'p Value> {
    plan["withheld"].as_array().unwrap().iter().filter(|withheld| withheld["kind"] == kind).collect()
}

/// Kueue's definitions, as another cluster has them, in a folder.
fn definitions(of: &ControlPlane, folder: &std::path::Path) {
    let all = of.get(&["customresourcedefinitions"]).unwrap();
    for definition in all["items"].as_array().unwrap() {
        let name = definition["metadata"]["name"].as_str().unwrap();
        let bare = json!({
            "apiVersion": definition["apiVersion"], "kind": definition["kind"], "spec": definition["spec"],
            "metadata": {"name": name, "annotations": definition["metadata"]["annotations"]},
        });
        if name.ends_with(".kueue.x-k8s.io") {
            std::fs::write(folder.join(format!("{name}.json")), bare.to_string()).unwrap();
        }
    }
}

#[test]
fn real_what_needs_kueue_waits_for_it() {
    if !wanted("real_what_needs_kueue_waits_for_it") {
        return;
    }
    let cluster = ControlPlane::start(&Options::default()).unwrap_or_else(|error| panic!("{error}"));
    let rig = Rig::new(&cluster, "early");
    let said = rig.apply().expect(0);
    assert!(said.out.contains("install Kueue"), "{}", said.out);
    let plan = rig.plan(&[]);
    assert_eq!(plan["steps"], json!([]), "the rest is applied");
    let waiting = withheld(&plan, "waiting");
    let all = rig.wanted();
    assert_eq!(waiting.len() + rig.there().len(), all.len());
    for waits in &waiting {
        assert!(waits["address"].as_str().unwrap().contains(".kueue.x-k8s.io/"), "{waits}");
        let why = waits["why"].as_str().unwrap();
        assert!(why.contains("is not installed") || why.starts_with("it waits for"), "{waits}");
        assert!(waits["origin"]["position"]["line"].is_u64(), "{waits}");
    }

    let folder = tempfile::TempDir::new().unwrap();
    definitions(shared(), folder.path());
    cluster.apply_crd_dir(folder.path()).unwrap();
    rig.apply().expect(0);
    rig.is_whole();
}

#[test]
fn real_a_site_that_cannot_be_reached_holds_up_no_other() {
    if !wanted("real_a_site_that_cannot_be_reached_holds_up_no_other") {
        return;
    }
    let far = ControlPlane::start(&Options { kueue_crds: true, ..Options::default() })
        .unwrap_or_else(|error| panic!("{error}"));
    let mut rig = Rig::new(shared(), "halves");
    let site = |kubeconfig: &std::path::Path| {
        format!(
            "spec:\n  topology: distributed\n  sites:\n    far:\n      network: {{wan: 10Gbps}}\n      \
             scheduler: {{kubernetes: {{kueue: true, namespacePrefix: far-, kubeconfig: {}}}}}\n",
            kubeconfig.display()
        )
    };
    rig.overlay("far.yaml", &site(far.kubeconfig()));
    rig.apply().expect(0);
    let namespaces = || far.get(&["namespaces", "-l", "afctl.dev/facility=halves"]).unwrap()["items"].clone();
    let before = namespaces();
    assert!(before.as_array().unwrap().len() >= ACCOUNTS.len(), "{before}");

    // The far site goes away, and at the same time an account does.
    let config: Value = far
        .kubectl(&["config", "view", "--raw", "-o", "json"])
        .map(|text| serde_json::from_str(&text).unwrap())
        .unwrap();
    let mut closed = config;
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    closed["clusters"][0]["cluster"]["server"] = json!(format!("https://127.0.0.1:{port}"));
    let kubeconfig = rig.folder.path().join("closed");
    std::fs::write(&kubeconfig, closed.to_string()).unwrap();
    rig.overlay("far.yaml", &site(&kubeconfig));
    rig.overlay("less.yaml", "spec:\n  accounts: {opendata: {quota: {cpu: 250}}}\n");

    let begun = std::time::Instant::now();
    let said = rig.apply().expect(1);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let text = format!("{}{}", said.out, said.err);
    assert!(text.contains("? unknown") && text.contains("cannot be reached"), "{text}");
    let quota = ["resourcequota", "quota", "-n", &rig.namespace("opendata")];
    assert_eq!(
        rig.cluster.get(&quota).unwrap()["spec"]["hard"]["requests.cpu"],
        "250",
        "the near one goes on"
    );

    // Without the account, nothing of the far site is deleted, and it is not said to be.
    rig.overlay("less.yaml", "spec:\n  accounts: {opendata: null}\n  services: {opendata-prod: null}\n");
    let plan = rig.plan(&[]);
    let steps = plan["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["action"] == "delete"), "{plan}");
    assert!(steps.iter().all(|step| step["address"].as_str().unwrap().starts_with("flatiron/")), "{plan}");
    assert_eq!(rig.afctl("drift", &[]).code, 1);
    assert_eq!(namespaces(), before, "nothing was deleted");
}

#[test]
fn real_a_right_that_is_missing_is_named() {
    if !wanted("real_a_right_that_is_missing_is_named") {
        return;
    }
    let cluster = shared();
    let mut rig = Rig::new(cluster, "rights");
    let whole = rig.wanted();
    let alice = cluster.user_kubeconfig("rights-alice", &["rights-people"]).unwrap();
    rig.lead_to(&alice);
    let mark = cluster.audit_mark().unwrap();
    let writes = || {
        let mut events = cluster.writes_by("afctl", mark).unwrap();
        events.retain(|event| event.user == "rights-alice");
        events
    };

    // She may not even look: everything is unknown, and nothing is tried.
    let said = rig.apply().expect(1);
    let text = format!("{}{}", said.out, said.err);
    assert!(text.contains("? unknown") && text.contains("cannot be listed"), "{text}");
    let rule = "give rights-alice a ClusterRole with the rule {apiGroups: [\"\"], resources: [namespaces], verbs: [list]}";
    assert!(text.contains(rule), "{text}");
    assert!(writes().is_empty(), "{:?}", writes());

    // She may look: each thing that she may not make is refused by the server, with the right that she lacks.
    let looking = r#"{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": {"name": "rights-look"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]}"#;
    cluster.kubectl_with_input(&["create", "-f", "-"], looking).unwrap();
    let bind =
        ["create", "clusterrolebinding", "rights-look", "--clusterrole=rights-look", "--group=rights-people"];
    cluster.kubectl(&bind).unwrap();
    let bob = cluster.kubectl_as(&alice);
    eventually("her right to look", || bob.run(&["get", "namespaces"]).is_ok());
    let said = rig.apply().expect(1);
    assert!(said.err.contains("cannot patch resource \"namespaces\""), "{}", said.err);
    let rule = "give rights-alice a ClusterRole with the rule {apiGroups: [\"\"], resources: [namespaces], verbs: [patch]}";
    assert!(said.err.contains(rule), "{}", said.err);
    assert!(!writes().is_empty() && writes().iter().all(|event| event.code == 403), "{:?}", writes());
    assert_eq!(rig.there().len(), 0, "nothing is half made");

    // As the administrator it all goes.
    rig.lead_to(cluster.kubeconfig());
    rig.apply().expect(0);
    assert_eq!(rig.there().len(), whole.len());
}

#[test]
fn real_a_policys_refusal_is_shown_under_the_line_that_asked() {
    if !wanted("real_a_policys_refusal_is_shown_under_the_line_that_asked") {
        return;
    }
    let cluster = shared();
    let rig = Rig::new(cluster, "policed");
    let policed = rig.namespace("cms-dev");
    let policy = json!({
        "apiVersion": "v1", "kind": "List", "items": [{
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "policed-quotas"},
            "spec": {
                "matchConstraints": {"resourceRules": [{
                    "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"],
                    "resources": ["resourcequotas"],
                }]},
                "validations": [{
                    "expression": format!("!(object.metadata.namespace in ['{policed}', 'policed-probe'])"),
                    "message": "quotas here are given by the resource board",
                }],
            },
        }, {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": "policed-quotas"},
            "spec": {"policyName": "policed-quotas", "validationActions": ["Deny"]},
        }],
    });
    cluster.kubectl_with_input(&["create", "-f", "-"], &policy.to_string()).unwrap();
    cluster.kubectl(&["create", "namespace", "policed-probe"]).unwrap();
    let probe = ["create", "quota", "probe", "-n", "policed-probe", "--dry-run=server"];
    eventually("the policy", || cluster.kubectl(&probe).is_err());

    let said = rig.apply().expect(1);
    assert!(said.err.contains("quotas here are given by the resource board"), "{}", said.err);
    assert!(said.err.contains("ValidatingAdmissionPolicy policed-quotas refuses it"), "{}", said.err);
    let example = std::fs::read_to_string(&rig.files[0]).unwrap();
    let (number, line) = example
        .lines()
        .enumerate()
        .find(|(_, line)| line.trim_start().starts_with("cms-dev: {parent"))
        .unwrap();
    assert!(said.err.contains(&format!("{} | {line}", number + 1)), "{}", said.err);
    let there = rig.there();
    let missing: Vec<String> = rig.wanted().into_iter().filter(|thing| !there.contains_key(thing)).collect();
    assert_eq!(missing, [format!("ResourceQuota/{policed}/quota")], "all the rest is made");

    cluster.kubectl(&["delete", "validatingadmissionpolicybinding", "policed-quotas"]).unwrap();
    eventually("the end of the policy", || cluster.kubectl(&probe).is_ok());
    rig.apply().expect(0);
    rig.is_whole();
}
