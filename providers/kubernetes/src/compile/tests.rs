//! What a strawman becomes. Assertions are on meaning: objects by address, fields by path.

use afctl_contract::Level;

use super::*;
use crate::testing::{Compiled, compiled, facility};

const SITE: &str = "  sites: {here: {scheduler: {kubernetes: {kueue: true, namespacePrefix: af-, groupsPrefix: 'oidc:', usersPrefix: 'u:'}}}}\n";

const POOLS: &str = r#"
  nodePools:
    cpu: {site: here, nodes: {names: "c[01-14]"}, cores: 96, threadsPerCore: 2, memory: 512GiB, features: [rome]}
    gpu:
      site: here
      nodes: {names: "g[1-2]"}
      cores: 64
      memory: 512GiB
      gpu: {model: a100-40gb, perNode: 4, sharing: {mig: {1g.5gb: 14, whole: 6}}}
      taints: ["af.example.org/gpu=true:NoSchedule"]
      labels: {rack: "7"}
"#;

const ACCOUNTS: &str = r"
  accounts:
    atlas: {fairShare: 80, members: {coordinators: [carol]}}
    higgs:
      parent: atlas
      fairShare: 40
      quota: {storage: 500TB, cpu: 64, memory: 256GiB, gpu: 2, jobs: 100}
      perUser: {cpu: 16}
      members: {idpGroup: atlas-higgs, users: [dave], coordinators: [erin]}
    exotics: {parent: atlas, fairShare: 30, quota: {gpu: 20000 GPU-hours/year}, members: {idpGroup: exotics}}
    startup: {fairShare: 10, qos: [low], members: {users: [alice, bob]}}
  qos:
    normal: {priority: 100}
    low: {priority: 0, preemptedBy: [normal]}
";

const QUEUES: &str = r"
  queues:
    batch: {pools: [cpu], maxWalltime: 3d, priority: 10, default: true, overflow: {to: [gpu]}}
    gpu: {pools: [gpu], accounts: [atlas]}
";

fn all() -> Compiled {
    compiled(&format!("{SITE}{POOLS}{ACCOUNTS}{QUEUES}"))
}

#[test]
fn everything_is_marked_and_says_where_it_comes_from() {
    let all = all();
    let owner = Owner { facility: "af".into(), site: "here".into() };
    for resource in all.graph.iter().filter(|r| r.address.kind != kinds::NODE_POOL) {
        let object = &resource.desired;
        let kind = kinds::find(&resource.address.kind).unwrap_or_else(|| panic!("{}", resource.address));
        assert_eq!(object["kind"], kind.kind);
        assert_eq!(object["apiVersion"], kind.api_version);
        assert_eq!(object["metadata"]["name"], resource.address.name);
        assert_eq!(object["metadata"]["namespace"].as_str(), resource.address.namespace.as_deref());
        assert!(labels::owned_by(&object["metadata"]["labels"], &owner), "{}", resource.address);
        let annotations = &object["metadata"]["annotations"];
        assert_eq!(annotations[labels::DIGEST], labels::digest_of(object));
        assert_eq!(annotations[labels::ORIGIN], resource.origin.to_string());
        for (_, value) in object["metadata"]["labels"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_else(|| panic!("{value}"));
            assert!(afctl_contract::units::is_label_value(value), "{value}");
        }
    }
    assert!(!all.findings.has_errors(), "{:?}", all.findings);
}

#[test]
fn compiling_again_gives_the_same() {
    assert_eq!(all().graph, all().graph);
}

#[test]
fn accounts_with_users_become_namespaces() {
    let all = all();
    let names: Vec<_> =
        all.graph.iter().filter(|r| r.address.kind == "Namespace").map(|r| r.address.name.as_str()).collect();
    assert_eq!(names, ["af-atlas", "af-higgs", "af-exotics", "af-startup", "afctl-af"]);
    let enforce = "/metadata/labels/pod-security.kubernetes.io~1enforce";
    assert_eq!(all.field("Namespace/af-higgs", enforce), "baseline");
    assert_eq!(all.get("Namespace/af-higgs").origin.to_string(), "spec.accounts.higgs");
    let quota = all.get("ResourceQuota/af-higgs/quota");
    assert!(quota.depends_on.iter().any(|a| a.kind == "Namespace" && a.name == "af-higgs"));
}

#[test]
fn an_account_that_no_queue_lets_in_has_no_namespace() {
    let spec = format!(
        "{SITE}{POOLS}  accounts: {{a: {{}}, b: {{}}, c: {{parent: a}}}}\n  queues: {{q: {{pools: [cpu], accounts: [a]}}}}\n"
    );
    let compiled = compiled(&spec);
    assert!(compiled.find("Namespace/af-c").is_some());
    assert!(compiled.find("Namespace/af-b").is_none());
    assert!(compiled.find("Namespace/af-a").is_none(), "a groups others only");
}

#[test]
fn quotas_are_on_requests_and_name_the_line() {
    let all = all();
    let hard = all.field("ResourceQuota/af-higgs/quota", "/spec/hard");
    assert_eq!(
        hard,
        json!({
            "requests.cpu": "64",
            "requests.memory": "256Gi",
            "requests.nvidia.com/gpu": "2",
            "requests.nvidia.com/mig-1g.5gb": "14",
            "pods": "100",
            "requests.storage": "500T",
        })
    );
    let quota = all.get("ResourceQuota/af-higgs/quota");
    let from = quota.origin_of(&path!["spec", "hard", "requests.nvidia.com/gpu"]);
    assert_eq!(from.to_string(), "spec.accounts.higgs.quota.gpu");
    assert!(all.find("ResourceQuota/af-exotics/quota").is_none(), "hours are no quota at once");
    assert!(all.codes().contains(&"AF1003"));
    assert!(all.codes().contains(&"AF1004"));
}

#[test]
fn shared_cards_count_as_often_as_they_are_shared() {
    let spec = format!(
        "{SITE}  nodePools: {{g: {{site: here, nodes: {{names: g1}}, gpu: {{model: v100-32gb, perNode: 1, sharing: {{time-slice: {{replicas: 4}}}}}}}}}}\n  accounts: {{a: {{quota: {{gpu: 1.5}}}}}}\n"
    );
    let hard = compiled(&spec).field("ResourceQuota/af-a/quota", "/spec/hard");
    assert_eq!(hard, json!({"requests.nvidia.com/gpu": "6"}));
}

#[test]
fn a_container_that_asks_for_nothing_gets_its_part_of_a_node() {
    let limits = all().field("LimitRange/af-higgs/limits", "/spec/limits/0");
    assert_eq!(
        limits,
        json!({
            "type": "Container",
            "defaultRequest": {"cpu": "1", "memory": "2730Mi"},
            "default": {"memory": "2730Mi", "cpu": "16"},
            "max": {"cpu": "16", "memory": "512Gi"},
        })
    );
    assert_eq!(all().field("LimitRange/af-startup/limits", "/spec/limits/0/max/cpu"), "192");
}

#[test]
fn members_edit_and_coordinators_administer() {
    let all = all();
    let members = "RoleBinding.rbac.authorization.k8s.io/af-higgs/members";
    assert_eq!(all.field(members, "/roleRef/name"), "edit");
    let who = |end: &str| -> Vec<String> {
        let subjects = all.field(end, "/subjects");
        let all = subjects.as_array().cloned().unwrap_or_default();
        all.iter()
            .map(|s| format!("{} {}", s["kind"].as_str().unwrap_or(""), s["name"].as_str().unwrap_or("")))
            .collect()
    };
    assert_eq!(who(members), ["Group oidc:atlas-higgs", "User u:dave"]);
    let coordinators = "RoleBinding.rbac.authorization.k8s.io/af-higgs/coordinators";
    assert_eq!(all.field(coordinators, "/roleRef/name"), "admin");
    assert_eq!(who(coordinators), ["User u:erin", "User u:carol"], "those of the account above count too");
    let from = all.get(coordinators).origin_of(&path!["subjects", 1usize]).to_string();
    assert_eq!(from, "spec.accounts.atlas.members.coordinators[0]");
    assert_eq!(who("RoleBinding.rbac.authorization.k8s.io/af-higgs/queues").len(), 4);
}

#[test]
fn walls_follow_the_stance() {
    let wall = |stance: &str| {
        let spec = format!(
            "  sites: {{here: {{scheduler: {{kubernetes: {{networkPolicy: {stance}}}}}}}}}\n  accounts: {{a: {{}}}}\n"
        );
        compiled(&spec).find("NetworkPolicy.networking.k8s.io/a/isolate").map(|r| r.desired["spec"].clone())
    };
    assert_eq!(wall("open"), None);
    let isolated = wall("isolated").unwrap_or_default();
    assert_eq!(isolated["policyTypes"], json!(["Ingress"]));
    let strict = wall("strict").unwrap_or_default();
    assert_eq!(strict["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(strict["egress"][1]["ports"][0]["port"], 53);
}

#[test]
fn nodes_are_given_fields_only() {
    let all = all();
    assert_eq!(all.graph.iter().filter(|r| r.address.kind == "Node").count(), 16);
    let node = all.get("Node/g1");
    assert_eq!(node.management, Management::Fields);
    assert_eq!(
        node.desired["metadata"]["labels"],
        json!({"afctl.dev/facility": "af", "afctl.dev/site": "here", "afctl.dev/pool": "gpu", "rack": "7"})
    );
    assert_eq!(
        node.desired["spec"]["taints"],
        json!([{"key": "af.example.org/gpu", "effect": "NoSchedule", "value": "true"}])
    );
    assert_eq!(node.desired["metadata"]["annotations"][labels::TAINTS], "af.example.org/gpu=true:NoSchedule");
    assert_eq!(
        node.origin_of(&path!["metadata", "labels", "rack"]).to_string(),
        "spec.nodePools.gpu.labels.rack"
    );
    assert_eq!(all.field("Node/c01", "/metadata/labels/feature.afctl.dev~1rome"), "true");
    assert_eq!(all.get("NodePool/cpu").desired["cpu"], 192);
}

#[test]
fn an_account_that_lists_its_qualities_gets_no_others() {
    let all = all();
    let quota = all.field("ResourceQuota/af-startup/other-qos", "/spec");
    assert_eq!(quota["hard"], json!({"pods": "0"}));
    assert_eq!(quota["scopeSelector"]["matchExpressions"][0]["values"], json!(["af.normal"]));
    assert!(all.find("ResourceQuota/af-higgs/other-qos").is_none());
}

#[test]
fn qualities_become_priorities() {
    let all = all();
    let normal = all.get("PriorityClass.scheduling.k8s.io/af.normal");
    assert_eq!(
        (&normal.desired["value"], &normal.desired["preemptionPolicy"]),
        (&json!(100), &json!("PreemptLowerPriority"))
    );
    assert_eq!(all.field("PriorityClass.scheduling.k8s.io/af.low", "/preemptionPolicy"), "Never");
    assert_eq!(all.field("WorkloadPriorityClass.kueue.x-k8s.io/af.low", "/value"), 0);
    assert_eq!(all.field("PriorityClass.scheduling.k8s.io/af.queue.batch", "/value"), 10);
    assert!(all.codes().contains(&"AF1006"));
}

/// What is given of a resource in a flavour of a cohort.
fn nominal(all: &Compiled, cohort: &str, flavor: &str, resource: &str) -> Value {
    let groups = all.field(&format!("Cohort.kueue.x-k8s.io/{cohort}"), "/spec/resourceGroups/0/flavors");
    let flavors = groups.as_array().cloned().unwrap_or_default();
    let found = flavors.iter().find(|f| f["name"] == flavor).cloned().unwrap_or_default();
    let resources = found["resources"].as_array().cloned().unwrap_or_default();
    resources.iter().find(|r| r["name"] == resource).map(|r| r["nominalQuota"].clone()).unwrap_or_default()
}

#[test]
fn fair_shares_become_quotas_of_the_accounts_cohorts() {
    let all = all();
    let cpu = |account: &str| nominal(&all, account, "af.cpu", "cpu");
    // 2688 threads: atlas 80 of 90; in it higgs 40, exotics 30, and its own users 1.
    assert_eq!(
        [cpu("af.higgs"), cpu("af.exotics"), cpu("af.startup")],
        ["64", "1009", "299"].map(Value::from)
    );
    assert_eq!(cpu("af.atlas"), "34");
    // higgs is held to 64 at once: what it may not have, all may borrow.
    assert_eq!(cpu("af"), "1282");
    let groups = all.field("Cohort.kueue.x-k8s.io/af.higgs", "/spec/resourceGroups/0/flavors/0/resources/0");
    assert_eq!(groups, json!({"name": "cpu", "nominalQuota": "64", "borrowingLimit": "0"}));
    assert_eq!(all.field("Cohort.kueue.x-k8s.io/af.higgs", "/spec/parentName"), "af.atlas");
    assert_eq!(all.field("Cohort.kueue.x-k8s.io/af.higgs", "/spec/fairSharing/weight"), "40");
    assert_eq!(nominal(&all, "af.higgs", "af.gpu", "nvidia.com/gpu"), "2");
}

#[test]
fn a_quota_at_once_leaves_cpus_beside_the_cards() {
    let all = all();
    // higgs may have 64 CPUs, all of which it has on the first pool; on the second it has its share all the same.
    let flavors = all.field("Cohort.kueue.x-k8s.io/af.higgs", "/spec/resourceGroups/0/flavors");
    let cpu = &flavors[1]["resources"][0];
    assert_eq!(
        (&flavors[1]["name"], &cpu["nominalQuota"], &cpu["borrowingLimit"]),
        (&json!("af.gpu"), &json!("64"), &json!("0"))
    );
    assert!(!all.codes().contains(&"AF1019"));
    let spec = format!("{SITE}  accounts: {{top: {{quota: {{cpu: 8}}}}, a: {{parent: top}}}}\n");
    assert_eq!(compiled(&spec).codes(), ["AF1019"]);
}

#[test]
fn queues_keep_their_pools_in_order() {
    let all = all();
    let queue = "ClusterQueue.kueue.x-k8s.io/af.higgs.batch";
    let flavors = all.field(queue, "/spec/resourceGroups/0/flavors");
    let names: Vec<_> = flavors.as_array().into_iter().flatten().map(|f| f["name"].clone()).collect();
    assert_eq!(names, ["af.cpu", "af.gpu"], "its own pool first, then where it overflows to");
    assert_eq!(all.field(queue, "/spec/cohortName"), "af.higgs");
    assert_eq!(
        all.field(queue, "/spec/namespaceSelector/matchLabels"),
        json!({"kubernetes.io/metadata.name": "af-higgs"})
    );
    let covered = all.field(queue, "/spec/resourceGroups/0/coveredResources");
    for flavor in flavors.as_array().into_iter().flatten() {
        let names: Vec<_> =
            flavor["resources"].as_array().into_iter().flatten().map(|r| r["name"].clone()).collect();
        assert_eq!(
            Value::from(names),
            covered,
            "Kueue wants every flavour to cover every resource, in order"
        );
    }
    assert_eq!(all.field("LocalQueue.kueue.x-k8s.io/af-higgs/batch", "/spec/clusterQueue"), "af.higgs.batch");
    assert_eq!(
        all.field("LocalQueue.kueue.x-k8s.io/af-higgs/default", "/spec/clusterQueue"),
        "af.higgs.batch"
    );
    assert!(all.find("LocalQueue.kueue.x-k8s.io/af-startup/gpu").is_none(), "the gpu queue is atlas' own");
    assert_eq!(all.field(queue, "/spec/preemption/borrowWithinCohort/maxPriorityThreshold"), 0);
}

#[test]
fn flavours_tolerate_what_the_pool_is_tainted_with() {
    let all = all();
    let flavor = all.field("ResourceFlavor.kueue.x-k8s.io/af.gpu", "/spec");
    assert_eq!(flavor["tolerations"][0]["value"], "true");
    assert_eq!(
        flavor["nodeLabels"],
        json!({"afctl.dev/pool": "gpu", "afctl.dev/facility": "af", "rack": "7"})
    );
}

#[test]
fn an_owned_pool_is_its_owners() {
    let spec = format!(
        "{SITE}  nodePools: {{p: {{site: here, nodes: {{count: 10}}, cores: 10, memory: 10GiB, ownedBy: a}}}}\n  accounts: {{a: {{}}, b: {{}}}}\n  queues: {{q: {{pools: [p]}}}}\n"
    );
    let all = compiled(&spec);
    assert_eq!(nominal(&all, "af.a", "af.p", "cpu"), "100");
    assert_eq!(all.field("Cohort.kueue.x-k8s.io/af.b", "/spec/resourceGroups"), Value::Null);
    let reclaim = |q: &str| {
        all.field(&format!("ClusterQueue.kueue.x-k8s.io/{q}"), "/spec/preemption/reclaimWithinCohort")
    };
    assert_eq!((reclaim("af.a.q"), reclaim("af.b.q")), (json!("Any"), json!("Never")));
}

#[test]
fn without_kueue_queues_are_priorities() {
    let spec = format!("  sites: {{here: {{scheduler: {{kubernetes: {{}}}}}}}}\n{POOLS}{ACCOUNTS}{QUEUES}");
    let all = compiled(&spec);
    assert!(all.graph.iter().all(|r| !r.address.kind.contains("kueue")));
    assert!(all.find("PriorityClass.scheduling.k8s.io/af.queue.batch").is_some());
    assert!(all.codes().contains(&"AF1008"));
}

#[test]
fn reserved_and_clashing_namespaces_are_refused() {
    let spec = "  sites: {here: {scheduler: {kubernetes: {}}}}\n  accounts: {kube-system: {}, afctl-af: {}, ok: {}}\n";
    let all = compiled(spec);
    assert_eq!(all.codes(), ["AF1002", "AF1001"]);
    assert!(all.findings.iter().all(|d| d.level == Level::Error));
    assert!(all.find("Namespace/ok").is_some());
}

#[test]
fn a_node_in_two_pools_is_refused() {
    let spec = format!(
        "{SITE}  nodePools: {{a: {{site: here, nodes: {{names: n1}}}}, b: {{site: here, nodes: {{names: n1}}}}}}\n"
    );
    let all = compiled(&spec);
    assert_eq!(all.codes(), ["AF1001"]);
    assert_eq!(all.field("Node/n1", "/metadata/labels/afctl.dev~1pool"), "a");
}

#[test]
fn the_apply_set_names_what_it_holds() {
    let all = all();
    let parent = all.get("ConfigMap/afctl-af/afctl-af-here");
    let annotations = &parent.desired["metadata"]["annotations"];
    let namespaces = annotations["applyset.kubernetes.io/additional-namespaces"].as_str().unwrap_or("");
    assert_eq!(namespaces, "af-atlas,af-exotics,af-higgs,af-startup");
    let kinds = annotations["applyset.kubernetes.io/contains-group-kinds"].as_str().unwrap_or("");
    assert!(kinds.split(',').is_sorted() && kinds.contains("Cohort.kueue.x-k8s.io"));
    assert!(!kinds.contains("Node"), "a node must never be pruned");
    let id = &parent.desired["metadata"]["labels"]["applyset.kubernetes.io/id"];
    assert_eq!(
        &all.get("Namespace/af-higgs").desired["metadata"]["labels"]["applyset.kubernetes.io/part-of"],
        id
    );
    assert!(all.get("Node/g1").desired["metadata"]["labels"].get("applyset.kubernetes.io/part-of").is_none());
}

#[test]
fn thousands_of_accounts_take_no_quadratic_time() {
    use std::fmt::Write;
    let mut spec = format!("{SITE}{POOLS}  accounts:\n    top: {{}}\n");
    for i in 0..4_000 {
        let _ = writeln!(spec, "    a{i}: {{parent: top, fairShare: {}}}", i % 7);
    }
    spec.push_str("  queues: {q1: {pools: [cpu]}, q2: {pools: [cpu, gpu], accounts: [top]}}\n");
    let facility = facility(&spec);
    let start = std::time::Instant::now();
    let mut findings = Diagnostics::new();
    let graph = compile(&facility, "here", &mut findings).unwrap_or_else(|e| panic!("{e}"));
    assert!(graph.len() > 28_000);
    // A quadratic step takes minutes in this build; the rest a few seconds.
    assert!(start.elapsed().as_secs() < 120, "{:?}", start.elapsed());
}

const STORAGE: &str = r"
  storage:
    home: {role: home, site: here, system: {nfs: {server: nfs.example.org, export: /home, mountOptions: [nfsvers=4.1]}}, usable: 19TB, quotaPerUser: 100GB}
    group: {role: project, site: here, system: {nfs: {server: nfs.example.org, export: /group}}}
    data: {role: data, site: here, system: {cephfs: {fsName: af, secretRef: {kubernetes: rook-ceph/af-data}}}, usable: 4.5PB, deletion: delete}
    archive: {role: data, site: here, system: {cephfs: {fsName: af, rootPath: /archive, secretRef: {kubernetes: ceph/key}}}, access: ROX}
    scratch: {role: scratch, site: here, system: {storageClass: {name: fast}}, quotaPerAccount: 1TiB, accounts: [a]}
    software: {role: software, system: {cvmfs: {repositories: [atlas.cern.ch]}}}
    bucket: {role: data, site: here, system: {s3: {bucket: b}}}
    elsewhere: {role: data, site: other, system: {nfs: {server: s, export: /e}}}
  accounts:
    a: {quota: {storage: 500TB}}
    b: {}
";

fn stored() -> Compiled {
    compiled(&format!("{SITE}{STORAGE}"))
}

#[test]
fn what_exists_is_one_volume_for_each_namespace() {
    let all = stored();
    for account in ["a", "b"] {
        let volume = all.get(&format!("PersistentVolume/af.{account}.home"));
        let spec = &volume.desired["spec"];
        assert_eq!(spec["csi"]["driver"], "nfs.csi.k8s.io");
        assert_eq!(spec["csi"]["volumeAttributes"], json!({"server": "nfs.example.org", "share": "/home"}));
        assert_eq!(spec["csi"]["volumeHandle"], format!("af.{account}.home"), "one handle a volume");
        assert_eq!(spec["persistentVolumeReclaimPolicy"], "Retain");
        assert_eq!(spec["capacity"]["storage"], "19T");
        assert_eq!(spec["mountOptions"], json!(["nfsvers=4.1"]));
        assert!(spec.get("claimRef").is_none(), "it is the controller's: writing it anew loses the claim");
        let claim = all.get(&format!("PersistentVolumeClaim/af-{account}/home"));
        assert_eq!(claim.desired["spec"]["volumeName"], format!("af.{account}.home"));
        assert_eq!(claim.desired["spec"]["storageClassName"], "");
        assert!(claim.depends_on.contains(&volume.address));
    }
    assert_eq!(all.field("PersistentVolume/af.a.group", "/spec/csi/volumeAttributes/subDir"), "a");
    let archive = all.field("PersistentVolume/af.a.archive", "/spec/csi");
    assert_eq!(archive["volumeAttributes"]["rootPath"], "/archive");
    assert_eq!(archive["nodeStageSecretRef"], json!({"name": "key", "namespace": "ceph"}));
    assert_eq!(archive["driver"], "cephfs.csi.ceph.com");
    assert_eq!(archive["readOnly"], true);
    assert!(all.find("PersistentVolume/af.a.elsewhere").is_none(), "it is not seen from here");
    assert!(all.codes().contains(&"AF1005") && all.codes().contains(&"AF1012"));
}

#[test]
fn what_is_made_has_a_class() {
    let all = stored();
    let class = &all.get("StorageClass.storage.k8s.io/af.data").desired;
    assert_eq!(class["provisioner"], "rook-ceph.cephfs.csi.ceph.com");
    assert_eq!(class["parameters"]["clusterID"], "rook-ceph");
    assert_eq!(class["parameters"]["csi.storage.k8s.io/node-stage-secret-name"], "af-data");
    assert_eq!(class["reclaimPolicy"], "Delete");
    assert_eq!(all.field("PersistentVolumeClaim/af-a/data", "/spec/storageClassName"), "af.data");
    assert_eq!(all.field("PersistentVolumeClaim/af-a/data", "/spec/resources/requests/storage"), "500T");
    let from = path!["spec", "resources", "requests", "storage"];
    assert_eq!(
        all.get("PersistentVolumeClaim/af-a/data").origin_of(&from).to_string(),
        "spec.accounts.a.quota.storage"
    );
    assert_eq!(all.field("PersistentVolumeClaim/af-b/data", "/spec/resources/requests/storage"), "4500T");
    assert_eq!(
        all.field("PersistentVolumeClaim/af-a/software", "/spec/accessModes"),
        json!(["ReadOnlyMany"])
    );
    assert!(all.find("PersistentVolumeClaim/af-b/scratch").is_none(), "scratch is for a only");
}

#[test]
fn storage_quotas_leave_room_for_what_the_facility_mounts() {
    let all = stored();
    let hard = all.field("ResourceQuota/af-a/quota", "/spec/hard");
    // 500 TB, scratch of 1 TiB, and home, group, archive and software of one MiB each.
    let total = 500_000_000_000_000 + (1_u64 << 40) + 4 * storage::NOMINAL;
    assert_eq!(hard["requests.storage"], crate::quantity::bytes(total));
    assert_eq!(hard["af.data.storageclass.storage.k8s.io/requests.storage"], "500T");
    assert_eq!(hard["fast.storageclass.storage.k8s.io/requests.storage"], "1Ti");
    let hard = all.field("ResourceQuota/af-b/quota", "/spec/hard");
    assert_eq!(hard, json!({"fast.storageclass.storage.k8s.io/requests.storage": "0"}));
}

#[test]
fn a_claim_of_no_size_is_not_made() {
    let spec = format!(
        "{SITE}  storage: {{s: {{role: scratch, site: here, system: {{storageClass: {{name: fast}}}}}}}}\n  accounts: {{a: {{}}}}\n"
    );
    let all = compiled(&spec);
    assert_eq!(all.codes(), ["AF1014"]);
    assert!(all.find("PersistentVolumeClaim/af-a/s").is_none());
}

#[test]
fn a_key_outside_the_cluster_is_an_error() {
    let spec = format!(
        "{SITE}  storage: {{s: {{role: data, site: here, system: {{cephfs: {{fsName: f, secretRef: {{env: KEY}}}}}}}}}}\n  accounts: {{a: {{}}}}\n"
    );
    let all = compiled(&spec);
    assert_eq!(all.codes(), ["AF1013"]);
    assert!(all.findings.has_errors());
}
