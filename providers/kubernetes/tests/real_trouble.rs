//! What the driver promises when the cluster is not as one would like: large, limited, old, closed or silent.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use std::time::{Duration, Instant};

use afctl_contract::{Action, Driver, ErrorKind, Scope, language};
use afctl_kubernetes::driver::KubernetesDriver;
use afctl_kubernetes::{kinds, labels};
use afctl_testbed::{Component, ControlPlane, KueueApi, Options, shared, wanted};
use futures::StreamExt;
use kit::{Af, connect};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn real_many_objects_are_read_page_by_page() {
    if !wanted("real_many_objects_are_read_page_by_page") {
        return;
    }
    let cluster = shared();
    let af = Af::new("many", cluster);
    af.create(&af.namespace("many")).await;
    let maps: Vec<_> = (0..1201).map(|i| af.config("many", &format!("c{i}"), &json!({}))).collect();
    let creations = futures::stream::iter(&maps).map(|map| af.create(map));
    creations.buffer_unordered(32).collect::<Vec<()>>().await;
    let mark = cluster.audit_mark().unwrap();
    let inventory = af.look(&[&maps[0]]).await;
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.observed.len(), 1202);
    let events = cluster.audit_since(mark).unwrap();
    let ours: Vec<&str> = events
        .iter()
        .filter(|event| event.user_agent.starts_with("afctl/"))
        .map(|event| event.uri.as_str())
        .collect();
    let pages = ours.iter().filter(|uri| uri.starts_with("/api/v1/configmaps?")).count();
    assert_eq!(pages, 3);
    // One a kind, two more pages, the record, and the claims of the one namespace.
    assert_eq!(ours.len(), kinds::ALL.len() + 2 + 1 + 1, "{ours:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_missing_and_old_kinds_are_told_from_empty_ones() {
    if !wanted("real_missing_and_old_kinds_are_told_from_empty_ones") {
        return;
    }
    let bare = ControlPlane::start(&Options::default()).unwrap();
    let af = Af::new("bare", &bare);
    let queue = af.thing(&kinds::CLUSTER_QUEUE, None, "q", &json!({"spec": {}}));
    let inventory = af.look(&[&queue]).await;
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.missing_kinds.len(), 5);
    let why = &inventory.missing_kinds[kinds::CLUSTER_QUEUE.name];
    assert!(why.starts_with("the CRD clusterqueues.kueue.x-k8s.io is not installed; install Kueue"), "{why}");
    let error = af.apply(&queue.step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!((error.kind, &error.message), (ErrorKind::NotYet, why));

    // Whoever may list next to nothing learns which kinds he may not see, and still which are missing.
    let role = ["create", "clusterrole", "half", "--verb=list", "--resource=namespaces,configmaps,nodes"];
    bare.kubectl(&role).unwrap();
    bare.kubectl(&["create", "clusterrolebinding", "half", "--clusterrole=half", "--user=half"]).unwrap();
    let half = Af::with("bare", &bare.user_kubeconfig("half", &[]).unwrap());
    kit::eventually("the right to list", || {
        let half = bare.kubectl_as(&bare.user_kubeconfig("half", &[]).unwrap());
        half.run(&["get", "configmaps", "-A"]).is_ok()
    });
    let inventory = half.look(&[&queue]).await;
    assert_eq!(inventory.missing_kinds.len(), 5);
    let unknown = inventory.unknown(kinds::RESOURCE_QUOTA.name).unwrap();
    assert_eq!(unknown.scope, Scope::Kind("ResourceQuota".to_owned()));
    assert!(
        unknown.message.starts_with("resourcequotas cannot be listed: resourcequotas is forbidden"),
        "{unknown:?}"
    );
    let rule = "give half a ClusterRole with the rule {apiGroups: [\"\"], resources: [resourcequotas], verbs: [list]}";
    assert_eq!(unknown.help.as_deref(), Some(rule));
    assert!(inventory.unknown(kinds::CONFIG_MAP.name).is_none());

    drop(bare);
    let old = ControlPlane::start(&Options {
        kueue_crds: true,
        kueue_api: KueueApi::V1Beta1,
        ..Options::default()
    });
    let old = old.unwrap();
    let inventory = Af::new("old", &old).look(&[]).await;
    assert_eq!(inventory.problems, []);
    assert_eq!(
        inventory.missing_kinds[kinds::CLUSTER_QUEUE.name],
        "the cluster serves clusterqueues.kueue.x-k8s.io as v1beta1, and afctl writes v1beta2; install Kueue 0.15 or newer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn real_silent_servers_are_unknown_and_soon_so() {
    if !wanted("real_silent_servers_are_unknown_and_soon_so") {
        return;
    }
    let cluster = ControlPlane::start(&Options::default()).unwrap();
    let af = Af::new("silent", &cluster);
    let thing = af.namespace("silent");
    af.create(&thing).await;
    let look = async |af: &Af, within: u64| {
        let begun = Instant::now();
        let inventory = af.look(&[&thing]).await;
        assert!(begun.elapsed() < Duration::from_secs(within), "{:?}", begun.elapsed());
        assert_eq!(inventory.problems.len(), 1, "{:?}", inventory.problems);
        assert_eq!(inventory.problems[0].scope, Scope::Site);
        assert!(inventory.observed.is_empty());
        inventory.problems[0].clone()
    };

    // It hangs: on a connection that is there, and on a new one.
    cluster.pause(Component::ApiServer).unwrap();
    for af in [&af, &Af::new("silent", &cluster)] {
        let problem = look(af, 10).await;
        assert!(problem.message.starts_with("https://127.0.0.1:"), "{problem:?}");
    }
    cluster.resume(Component::ApiServer).unwrap();
    let inventory = af.look(&[&thing]).await;
    assert_eq!((inventory.problems.len(), inventory.observed.len()), (0, 1), "{:?}", inventory.problems);

    cluster.kill(Component::ApiServer).unwrap();
    let problem = look(&af, 2).await;
    assert!(problem.message.contains("cannot be reached: Connection refused"), "{problem:?}");
    assert!(problem.help.is_some());
    let error = af.apply(&thing.step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    cluster.restart(Component::ApiServer).unwrap();
    assert_eq!(af.look(&[&thing]).await.observed.len(), 1, "over the same driver");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_credential_plugins_are_run_and_their_failures_told() {
    if !wanted("real_credential_plugins_are_run_and_their_failures_told") {
        return;
    }
    let cluster = shared();
    let mut config: Value =
        serde_json::from_str(&std::fs::read_to_string(cluster.kubeconfig()).unwrap()).unwrap();
    let certificate = config["users"][0]["user"].take();
    let plain = |key: &str| {
        use base64::Engine;
        let text = certificate[key].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap()
    };
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
        "status": {
            "clientCertificateData": plain("client-certificate-data"),
            "clientKeyData": plain("client-key-data"),
        }
    });
    let folder = std::env::temp_dir().join(format!("afctl-exec-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("credential.json"), credential.to_string()).unwrap();
    let mut with = |command: &str, args: Value| {
        config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never", "command": command, "args": args,
        }});
        let path = folder.join("kubeconfig");
        std::fs::write(&path, config.to_string()).unwrap();
        Af::with("plugin", &path)
    };
    let af = with("cat", json!([folder.join("credential.json")]));
    assert_eq!(af.look(&[]).await.problems, []);
    let af = with("sh", json!(["-c", "echo token-that-is-secret; echo 'log in first' >&2; exit 3"]));
    let problem = &af.look(&[]).await.problems[0];
    assert_eq!(problem.scope, Scope::Site);
    assert!(problem.message.ends_with("failed (exit status: 3): log in first"), "{problem:?}");
    assert!(!problem.message.contains("secret"), "{problem:?}");
    let af = with("no-such-plugin", json!([]));
    assert!(af.look(&[]).await.problems[0].message.contains("cannot be started"));
    let error = af.apply(&af.namespace("plugin").step(Action::Create, Value::Null)).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied, "trying again does not help");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn real_contexts_are_checked_before_anything_is_sent() {
    if !wanted("real_contexts_are_checked_before_anything_is_sent") {
        return;
    }
    let cluster = shared();
    let kubeconfig = Some(cluster.kubeconfig().display().to_string());
    let context = |name: &str| language::Kubernetes {
        kubeconfig: kubeconfig.clone(),
        context: Some(name.to_owned()),
        ..Default::default()
    };
    let error = KubernetesDriver::connect(&context("testbad")).unwrap_err();
    assert!(error.help.unwrap().starts_with("did you mean `testbed`?"));
    let driver = KubernetesDriver::connect(&context("testbed")).unwrap();
    assert_eq!(driver.target(), connect(cluster.kubeconfig()).target());
}

#[tokio::test(flavor = "multi_thread")]
async fn real_throttling_is_heeded() {
    if !wanted("real_throttling_is_heeded") {
        return;
    }
    let limits = Some((1, 1));
    let cluster =
        ControlPlane::start(&Options { priority_and_fairness: limits, ..Options::default() }).unwrap();
    // Not the administrator, who is exempt.
    let rights = ["create", "clusterrolebinding", "worker", "--clusterrole=cluster-admin", "--user=worker"];
    cluster.kubectl(&rights).unwrap();
    let worker = cluster.user_kubeconfig("worker", &[]).unwrap();
    let af = Af::with("throttled", &worker);
    af.create(&af.namespace("throttled")).await;
    let things: Vec<_> = (0..300).map(|i| af.config("throttled", &format!("c{i}"), &json!({}))).collect();
    // Several processes, so that the limits are reached.
    let crowd: Vec<Af> = (0..8).map(|_| Af::with("throttled", &worker)).collect();
    let throttled = std::sync::atomic::AtomicUsize::new(0);
    let (throttled_ref, crowd_ref) = (&throttled, &crowd);
    let made = futures::stream::iter(things.iter().enumerate())
        .map(|(i, thing)| async move {
            let step = thing.step(Action::Create, Value::Null);
            for _ in 0..60 {
                match crowd_ref[i % 8].apply(&step).await {
                    Err(error) if matches!(error.kind, ErrorKind::Throttled(_)) => {
                        throttled_ref.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let ErrorKind::Throttled(wait) = error.kind else { unreachable!() };
                        tokio::time::sleep(wait.unwrap_or_default()).await;
                    }
                    result => return result,
                }
            }
            panic!("throttled for ever");
        })
        .buffer_unordered(128)
        .collect::<Vec<_>>();
    let looks = async {
        let mut complete = 0;
        for _ in 0..5 {
            complete += usize::from(crowd[0].look(&[]).await.problems.is_empty());
        }
        complete
    };
    let (made, complete) = futures::join!(made, looks);
    assert_eq!(made.into_iter().filter(Result::is_err).count(), 0);
    assert_eq!(complete, 5, "lists wait for their turn");
    assert_eq!(af.look(&[]).await.observed.len(), 301);
    println!("throttled {} times", throttled.into_inner());
}

#[tokio::test(flavor = "multi_thread")]
async fn real_broken_webhooks_are_named() {
    if !wanted("real_broken_webhooks_are_named") {
        return;
    }
    let cluster = shared();
    let af = Af::new("hooked", cluster);
    af.create(&af.namespace("hooked")).await;
    let hook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "hooked"},
        "webhooks": [{
            "name": "down.example.org", "clientConfig": {"url": "https://127.0.0.1:9/"},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["limitranges"]}],
            "namespaceSelector": {"matchLabels": {labels::FACILITY: "hooked"}},
            "sideEffects": "None", "admissionReviewVersions": ["v1"]
        }]
    });
    cluster.kubectl_with_input(&["apply", "-f", "-"], &hook.to_string()).unwrap();
    let mut last = None;
    for i in 0..50 {
        let range =
            af.thing(&kinds::LIMIT_RANGE, Some("hooked"), &format!("l{i}"), &json!({"spec": {"limits": []}}));
        // Webhooks come into force a little after they are made.
        match af.apply(&range.step(Action::Create, Value::Null)).await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => {
                last = Some(error);
                break;
            }
        }
    }
    cluster.kubectl(&["delete", "validatingwebhookconfiguration", "hooked"]).unwrap();
    let error = last.unwrap();
    assert_eq!(error.kind, ErrorKind::NotYet);
    assert!(error.help.unwrap().contains("webhook down.example.org does not answer"));
}
