//! What is compiled, asked of a real API server: whether it takes every object as it is, whether what it stores is the
//! same to `classify` as what was sent, and whether it holds to each rule that `classify` knows.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use std::time::{Duration, Instant};

use afctl_contract::language::Strawman;
use afctl_contract::{
    Address, Backend, Diagnostics, Driver, Facility, Graph, Management, Observed, Owner, Resource, SourceMap,
    Verdict, path,
};
use afctl_kubernetes::kinds::{self, Kind};
use afctl_kubernetes::{Kubernetes, labels};
use afctl_testbed::{Binaries, ControlPlane};
use serde_json::{Value, json};

/// A facility that has one of everything.
const EVERYTHING: &str = r#"
apiVersion: afctl.dev/v1alpha1
kind: Strawman
metadata: {name: everything}
spec:
  topology: single-site
  sites:
    here:
      scheduler:
        kubernetes: {kueue: true, namespacePrefix: ev-, podSecurity: restricted, networkPolicy: strict, groupsPrefix: "oidc:", usersPrefix: "oidc:"}
  nodePools:
    cpu: {site: here, nodes: {names: "cpu-[0-7]"}, cores: 64, memory: 256GiB, features: ["MEM_SZE:1920GB"], reserved: {cpu: 500m, memory: 4GiB}}
    gpu:
      site: here
      nodes: {selector: {pool: gpu}, count: 4}
      cores: 64
      memory: 512GiB
      gpu: {model: a100-40gb, perNode: 4, sharing: {mig: {1g.5gb: 14, whole: 14}}}
      taints: ["af.example.org/gpu=true:NoSchedule", "af.example.org/soft:PreferNoSchedule"]
      gres: {xilinx.com/fpga: 1}
      ownedBy: higgs
    burst: {site: here, nodes: {min: 0, max: 10}, cores: 8, threadsPerCore: 2, memory: 128GiB}
  qos:
    normal: {priority: 100, maxWalltime: 2d}
    low: {priority: 0, preemptedBy: [normal], description: "May be pushed aside: yes"}
  queues:
    batch: {pools: [cpu], priority: 10, default: true, overflow: {to: [burst]}, maxWalltime: 3d}
    gpu: {pools: [gpu, cpu], accounts: [atlas], qos: low}
  accounts:
    atlas: {fairShare: 80, quota: {cpu: 400}}
    higgs:
      parent: atlas
      fairShare: 40
      quota: {storage: 500TB, cpu: 64.5, memory: 256GiB, gpu: 2, jobs: 100}
      perUser: {cpu: 16, memory: 64GiB}
      members: {idpGroup: atlas-higgs, users: [dave], coordinators: [erin]}
    exotics: {parent: atlas, fairShare: 30, members: {idpGroup: "/atlas/exotics"}}
    startup: {fairShare: 0, qos: [low], members: {users: [alice@example.org, "bob"]}}
    "atlas:usatlas_with-a.very~long name that no label nor namespace of any cluster in the world would take": {}
  storage:
    home: {role: home, site: here, system: {nfs: {server: nfs.example.org, export: /home, mountOptions: [nfsvers=4.1]}}, usable: 19TB, quotaPerUser: 100GB}
    group: {role: project, site: here, system: {nfs: {server: nfs.example.org, export: /group}}}
    data: {role: data, site: here, system: {cephfs: {fsName: af, pool: p, secretRef: {kubernetes: rook-ceph/af-data}}}, usable: 4.5PB}
    archive: {role: data, site: here, system: {cephfs: {fsName: af, rootPath: /archive, secretRef: {kubernetes: ceph/key}}}, access: ROX}
    scratch: {role: scratch, site: here, system: {storageClass: {name: fast}}, quotaPerAccount: 1TiB, accounts: [atlas]}
    software: {role: software, system: {cvmfs: {repositories: [atlas.cern.ch]}}}
"#;

fn compiled(text: &str) -> (Facility, Graph) {
    let strawman: Strawman = serde_yaml::from_str(text).unwrap();
    let facility = Facility::admit(strawman, SourceMap::default(), &Diagnostics::new()).unwrap();
    let mut findings = Diagnostics::new();
    let graph = Kubernetes.compile(&facility, "here", &mut findings).unwrap();
    assert!(!findings.has_errors(), "{findings:?}");
    (facility, graph)
}

/// Applies the files that `afctl compile` writes, as a person with kubectl would.
fn apply_files(cluster: &ControlPlane, graph: &Graph) {
    for file in Kubernetes.render(graph) {
        if !file.text.contains("---\n") {
            continue;
        }
        let args = ["apply", "--server-side", "--field-manager=afctl", "--validate=strict", "-f", "-"];
        cluster.kubectl_with_input(&args, &file.text).unwrap_or_else(|e| panic!("{}: {e}", file.path));
    }
}

async fn look(cluster: &ControlPlane, owner: &Owner, graph: &Graph) -> afctl_contract::Inventory {
    let wanted: Vec<Address> = graph.iter().map(|resource| resource.address.clone()).collect();
    let inventory = kit::connect(cluster.kubeconfig()).observe(owner, &wanted).await;
    assert_eq!(inventory.problems, []);
    assert!(inventory.missing_kinds.is_empty(), "{:?}", inventory.missing_kinds);
    inventory
}

#[tokio::test]
async fn real_server_takes_everything_and_gives_back_the_same() {
    if !afctl_testbed::wanted("real_server_takes_everything_and_gives_back_the_same") {
        return;
    }
    let cluster = afctl_testbed::shared();
    let (facility, graph) = compiled(EVERYTHING);
    apply_files(cluster, &graph);
    let owner = Owner { facility: facility.name().to_owned(), site: "here".to_owned() };

    // The controller binds what exists to who claims it.
    let begun = Instant::now();
    loop {
        let claims = cluster.get(&["pvc", "-n", "ev-higgs"]).unwrap();
        let bound = |name: &str| {
            let items = claims["items"].as_array().unwrap();
            items.iter().any(|claim| claim["metadata"]["name"] == name && claim["status"]["phase"] == "Bound")
        };
        if bound("home") && bound("group") && bound("archive") {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{claims}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let quota = cluster.get(&["resourcequota", "quota", "-n", "ev-higgs"]).unwrap();
    assert_eq!(quota["spec"]["hard"]["requests.cpu"], "64500m");

    let inventory = look(cluster, &owner, &graph).await;
    let resolved = Kubernetes.resolve(graph, &inventory);
    assert_eq!(resolved.withheld, [], "eight cpu nodes and four gpu nodes are there");
    let messages: Vec<&str> = resolved.findings.iter().map(|finding| finding.message.as_str()).collect();
    // The testbed's cards are whole, and it has no FPGAs.
    assert_eq!(messages.len(), 3, "{messages:?}");
    let mut objects = 0;
    for resource in &resolved.graph {
        let observed =
            inventory.observed.get(&resource.address).unwrap_or_else(|| panic!("{}", resource.address));
        let classified = Kubernetes.classify(observed, resource);
        if resource.management == Management::Whole {
            assert_eq!(classified.verdict, Verdict::Same, "{}: {:?}", resource.address, classified.fields);
            assert_eq!(observed.applied.as_deref(), Some(&*Kubernetes.fingerprint(resource)));
            objects += 1;
        } else {
            assert_eq!(classified.verdict, Verdict::InPlace, "{}", resource.address);
        }
    }
    assert!(objects > 90, "{objects}");
    one_line_changes_one_field(&inventory.observed, &owner);
    a_claim_that_somebody_deletes_can_be_bound_again(cluster, &owner, &resolved.graph).await;
}

/// A volume whose claim is gone is never bound again by itself: it is made anew, which costs no data.
async fn a_claim_that_somebody_deletes_can_be_bound_again(
    cluster: &ControlPlane,
    owner: &Owner,
    graph: &Graph,
) {
    cluster.kubectl(&["delete", "pvc", "home", "-n", "ev-higgs"]).unwrap();
    let begun = Instant::now();
    while cluster.get(&["pv", "everything.higgs.home"]).unwrap()["status"]["phase"] != "Released" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the volume is not let go");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let volume = graph.iter().find(|r| r.address.name == "everything.higgs.home").unwrap();
    let seen = look(cluster, owner, graph).await.observed.remove(&volume.address).unwrap();
    assert_eq!(seen.data, None, "the data is the server's, and stays there");
    assert_eq!(Kubernetes.classify(&seen, volume).verdict, Verdict::Replace(vec![path!["spec", "claimRef"]]));
}

/// A change of one line in the strawman is a change of just that field.
fn one_line_changes_one_field(observed: &std::collections::BTreeMap<Address, Observed>, owner: &Owner) {
    let changed = |from: &str, to: &str| -> Vec<String> {
        assert!(EVERYTHING.contains(from));
        let (_, graph) = compiled(&EVERYTHING.replacen(from, to, 1));
        let mut all = Vec::new();
        for resource in graph.iter().filter(|r| r.management == Management::Whole) {
            let Some(seen) = observed.get(&resource.address) else { continue };
            let classified = Kubernetes.classify(seen, resource);
            let address = resource.address.to_string().replace(&format!("{}/kubernetes/", owner.site), "");
            all.extend(classified.fields.iter().map(|field| format!("{address} {}", field.path)));
        }
        all
    };
    assert_eq!(changed("jobs: 100", "jobs: 50"), ["ResourceQuota/ev-higgs/quota spec.hard.pods"]);
    assert_eq!(changed("fairShare: 0,", "fairShare: 0, description: x,"), Vec::<String>::new());
    assert_eq!(
        changed("idpGroup: \"/atlas/exotics\"", "idpGroup: exotics"),
        [
            "RoleBinding.rbac.authorization.k8s.io/ev-exotics/members subjects[0].name",
            "RoleBinding.rbac.authorization.k8s.io/ev-exotics/queues subjects[0].name",
        ]
    );
    let stance = changed("networkPolicy: strict", "networkPolicy: isolated");
    assert!(
        stance.iter().all(|field| field.contains("NetworkPolicy") && field.contains("spec.")),
        "{stance:?}"
    );
    assert!(!stance.is_empty());
    let owned = changed("ownedBy: higgs", "ownedBy: exotics");
    assert!(owned.iter().all(|field| field.contains("kueue.x-k8s.io")), "{owned:?}");
}

/// A change that `classify` judges, and whether the server takes it.
struct Row {
    kind: &'static Kind,
    before: Value,
    after: Value,
}

fn row(kind: &'static Kind, before: Value, after: Value) -> Row {
    Row { kind, before, after }
}

fn rows() -> Vec<Row> {
    let role = |name: &str| {
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name});
        json!({"roleRef": role, "subjects": []})
    };
    let class = |provisioner: &str, pool: &str, policy: &str, mode: &str, grows: bool| {
        json!({"provisioner": provisioner, "parameters": {"pool": pool}, "reclaimPolicy": policy,
               "volumeBindingMode": mode, "allowVolumeExpansion": grows})
    };
    let classes = || class("a.example.org", "p", "Retain", "Immediate", true);
    let volume = |driver: &str, size: &str, option: &str| {
        json!({"spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteMany"], "storageClassName": "",
               "persistentVolumeReclaimPolicy": "Retain", "mountOptions": [option],
               "csi": {"driver": driver, "volumeHandle": "h"}}})
    };
    let claim = |size: &str, class: &str, mode: &str| json!({"spec": {"accessModes": [mode], "storageClassName": class, "resources": {"requests": {"storage": size}}}});
    let claims = || claim("1Gi", "c", "ReadWriteMany");
    let quota = |pods: &str, scope: &str| json!({"spec": {"hard": {"pods": pods}, "scopes": [scope]}});
    let scoped = |class: &str| {
        let expression = json!({"scopeName": "PriorityClass", "operator": "In", "values": [class]});
        json!({"spec": {"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": [expression]}}})
    };
    let priority = |value: u32, policy: &str, text: &str| json!({"value": value, "preemptionPolicy": policy, "description": text});
    vec![
        row(&kinds::PRIORITY_CLASS, priority(1, "Never", ""), priority(2, "Never", "")),
        row(&kinds::PRIORITY_CLASS, priority(1, "Never", ""), priority(1, "PreemptLowerPriority", "")),
        row(&kinds::PRIORITY_CLASS, priority(1, "Never", "a"), priority(1, "Never", "b")),
        row(&kinds::ROLE_BINDING, role("edit"), role("view")),
        row(&kinds::STORAGE_CLASS, classes(), class("b.example.org", "p", "Retain", "Immediate", true)),
        row(&kinds::STORAGE_CLASS, classes(), class("a.example.org", "q", "Retain", "Immediate", true)),
        row(&kinds::STORAGE_CLASS, classes(), class("a.example.org", "p", "Delete", "Immediate", true)),
        row(
            &kinds::STORAGE_CLASS,
            classes(),
            class("a.example.org", "p", "Retain", "WaitForFirstConsumer", true),
        ),
        row(&kinds::STORAGE_CLASS, classes(), class("a.example.org", "p", "Retain", "Immediate", false)),
        row(&kinds::PERSISTENT_VOLUME, volume("d", "1Gi", "a"), volume("e", "1Gi", "a")),
        row(&kinds::PERSISTENT_VOLUME, volume("d", "1Gi", "a"), volume("d", "2Gi", "b")),
        row(&kinds::PERSISTENT_VOLUME_CLAIM, claims(), claim("2Gi", "c", "ReadWriteMany")),
        row(&kinds::PERSISTENT_VOLUME_CLAIM, claims(), claim("1Gi", "d", "ReadWriteMany")),
        row(&kinds::PERSISTENT_VOLUME_CLAIM, claims(), claim("1Gi", "c", "ReadOnlyMany")),
        row(&kinds::RESOURCE_QUOTA, quota("1", "BestEffort"), quota("1", "NotBestEffort")),
        row(&kinds::RESOURCE_QUOTA, quota("1", "BestEffort"), quota("2", "BestEffort")),
        row(&kinds::RESOURCE_QUOTA, scoped("a"), scoped("b")),
        row(
            &kinds::LOCAL_QUEUE,
            json!({"spec": {"clusterQueue": "a"}}),
            json!({"spec": {"clusterQueue": "b"}}),
        ),
        row(&kinds::WORKLOAD_PRIORITY_CLASS, json!({"value": 1}), json!({"value": 2})),
        row(
            &kinds::COHORT,
            json!({"spec": {"parentName": "a"}}),
            json!({"spec": {"parentName": "b", "fairSharing": {"weight": "2"}}}),
        ),
        row(
            &kinds::CLUSTER_QUEUE,
            json!({"spec": {"cohortName": "a", "preemption": {"withinClusterQueue": "Never"}}}),
            json!({"spec": {"cohortName": "b", "preemption": {"withinClusterQueue": "LowerPriority"}}}),
        ),
        row(
            &kinds::RESOURCE_FLAVOR,
            json!({"spec": {"nodeLabels": {"a": "b"}}}),
            json!({"spec": {"nodeLabels": {"a": "c"}, "tolerations": [{"key": "k", "operator": "Exists"}]}}),
        ),
        row(
            &kinds::NETWORK_POLICY,
            json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}),
            json!({"spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}),
        ),
        row(
            &kinds::LIMIT_RANGE,
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}}),
            json!({"spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}}]}}),
        ),
    ]
}

/// The server refuses exactly what is to be replaced or refused, and takes what is to be changed in place.
#[tokio::test]
async fn real_server_holds_to_the_rules_of_classify() {
    if !afctl_testbed::wanted("real_server_holds_to_the_rules_of_classify") {
        return;
    }
    let cluster = afctl_testbed::shared();
    let af = kit::Af::new("rules", cluster);
    af.create(&af.namespace("rules")).await;
    for (i, Row { kind, before, after }) in rows().into_iter().enumerate() {
        let namespace = kind.namespaced.then_some("rules");
        let name = format!("rule-{i}");
        let (before, after) =
            (af.thing(kind, namespace, &name, &before), af.thing(kind, namespace, &name, &after));
        let yaml = |object: &Value| serde_yaml::to_string(object).unwrap();
        let args = ["apply", "--server-side", "--field-manager=afctl", "--validate=strict", "-f", "-"];
        cluster
            .kubectl_with_input(&args, &yaml(&before.object))
            .unwrap_or_else(|e| panic!("{i} {}: {e}", kind.name));
        let seen = af.seen(&before).await.unwrap();
        let desired = Resource::new(after.address.clone(), after.object.clone(), path!["spec"]);
        let verdict = Kubernetes.classify(&seen, &desired).verdict;
        let dry = ["apply", "--server-side", "--field-manager=afctl", "--dry-run=server", "-f", "-"];
        let taken = cluster.kubectl_with_input(&dry, &yaml(&after.object));
        match verdict {
            Verdict::InPlace => {
                taken.unwrap_or_else(|e| panic!("{i} {} is to be changed in place: {e}", kind.name));
            }
            Verdict::Replace(_) | Verdict::Refused { .. } => {
                assert!(taken.is_err(), "{i} {}: {verdict:?}, and the server takes it", kind.name);
            }
            other => panic!("{i} {}: {other:?}", kind.name),
        }
    }
}

/// kubectl knows the parent for what it is, and keeps its hands off a set of another tool.
#[test]
fn real_kubectl_respects_the_apply_set() {
    if !afctl_testbed::wanted("real_kubectl_respects_the_apply_set") {
        return;
    }
    let cluster = afctl_testbed::shared();
    let text = "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {name: apply-set}\nspec: {topology: single-site, \
                sites: {here: {scheduler: {kubernetes: {namespacePrefix: as-}}}}, accounts: {a: {quota: {jobs: 1}}}}\n";
    let (_, graph) = compiled(text);
    apply_files(cluster, &graph);
    // Pruning by set is an alpha of kubectl's own, switched on by a variable. Its first act is to check the parent.
    let output = std::process::Command::new(Binaries::find().unwrap().path("kubectl"))
        .env("KUBECTL_APPLYSET", "true")
        .arg(format!("--kubeconfig={}", cluster.kubeconfig().display()))
        .args(["apply", "--prune", "--applyset=configmaps/afctl-apply-set-here", "-n", "afctl-apply-set"])
        .args(["--dry-run=server", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/answers/one.yaml")])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains(r#"is managed by tooling "afctl" instead of "kubectl""#), "{error}");
    let member =
        labels::ApplySet { name: "afctl-apply-set-here".into(), namespace: "afctl-apply-set".into() }
            .member();
    let selector = format!("{}={}", member.0, member.1);
    let found = cluster.get(&["resourcequotas", "-A", "-l", &selector]).unwrap();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
}
