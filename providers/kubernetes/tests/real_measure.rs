//! How fast the driver is, beside kubectl and beside bare requests, on 1,000 objects in 100 namespaces.
//!
//! Run by hand: `cargo test --release -p afctl-kubernetes --test real_measure -- --ignored --nocapture`

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use std::time::{Duration, Instant};

use afctl_contract::{Action, Driver};
use afctl_kubernetes::kinds;
use afctl_testbed::{ControlPlane, Options};
use futures::StreamExt;
use kit::{Af, Thing};
use serde_json::{Value, json};

/// A facility as accounts make it: namespace, quota, limits, binding and six config maps for each.
fn facility(af: &Af) -> (Vec<Thing>, Vec<Thing>) {
    let mut inside = Vec::new();
    let names: Vec<String> = (0..100).map(|i| format!("group-{i}")).collect();
    for name in &names {
        let at = Some(name.as_str());
        inside.push(af.quota(name, "quota", &json!({"requests.cpu": "64", "requests.nvidia.com/gpu": "4"})));
        let limits = json!({"spec": {"limits": [{"type": "Container", "default": {"cpu": "1"}}]}});
        inside.push(af.thing(&kinds::LIMIT_RANGE, at, "limits", &limits));
        let binding = json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": name}]
        });
        inside.push(af.thing(&kinds::ROLE_BINDING, at, "members", &binding));
        for i in 0..6 {
            inside.push(af.config(name, &format!("settings-{i}"), &json!({"key": "value"})));
        }
    }
    (names.iter().map(|name| af.namespace(name)).collect(), inside)
}

async fn all(af: &Af, things: &[Thing], parallel: usize, action: Action) -> Duration {
    let begun = Instant::now();
    futures::stream::iter(things)
        .map(|thing| async move { af.insist(&thing.step(action, Value::Null)).await.unwrap() })
        .buffer_unordered(parallel)
        .collect::<Vec<()>>()
        .await;
    begun.elapsed()
}

/// The same objects by bare requests, with nothing looked at and nothing judged: what the server itself takes.
async fn bare(client: &kube::Client, things: &[Thing], parallel: usize) -> Duration {
    let requests: Vec<_> = things
        .iter()
        .map(|thing| {
            let kind = kinds::find(&thing.address.kind).unwrap();
            let path = kind.path(thing.address.namespace.as_deref());
            let uri = format!("{path}/{}?fieldManager=bare&force=true", thing.address.name);
            http::Request::patch(uri)
                .header("content-type", "application/apply-patch+yaml")
                .body(thing.object.to_string().into_bytes())
                .unwrap()
        })
        .collect();
    let begun = Instant::now();
    futures::stream::iter(requests)
        .map(|request| async move { client.request_text(request).await.unwrap() })
        .buffer_unordered(parallel)
        .collect::<Vec<String>>()
        .await;
    begun.elapsed()
}

/// Gives all things names of their own, so that none waits for another's end.
fn rename(things: &mut [Thing], prefix: &str) {
    for thing in things {
        match thing.address.namespace.take() {
            None => {
                thing.address.name = format!("{prefix}-{}", thing.address.name);
                thing.object["metadata"]["name"] = thing.address.name.clone().into();
            }
            Some(namespace) => {
                let namespace = format!("{prefix}-{namespace}");
                thing.object["metadata"]["namespace"] = namespace.clone().into();
                thing.address.namespace = Some(namespace);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, to be run by hand on a quiet machine"]
async fn real_measure_a_thousand_objects() {
    let cluster = ControlPlane::start(&Options { kueue_crds: true, ..Options::default() }).unwrap();
    let config = kube::config::Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let client = kube::Client::try_from(kube::Config::try_from(config).unwrap()).unwrap();
    for parallel in [1, 8, 32] {
        let af = Af::new(&format!("p{parallel}"), &cluster);
        let nobody = Af::new(&format!("bare{parallel}"), &cluster);
        let (mut namespaces, mut inside) = facility(&nobody);
        rename(&mut namespaces, &format!("bare{parallel}"));
        rename(&mut inside, &format!("bare{parallel}"));
        let first = bare(&client, &namespaces, parallel).await;
        let second = bare(&client, &inside, parallel).await;
        println!(
            "{parallel:3}: bare: 100 namespaces {first:?}, 900 objects {second:?}, together {:?}",
            first + second
        );
        let (mut namespaces, mut inside) = facility(&af);
        rename(&mut namespaces, &format!("p{parallel}"));
        rename(&mut inside, &format!("p{parallel}"));
        let wanted: Vec<_> = namespaces.iter().chain(&inside).map(|thing| thing.address.clone()).collect();
        let begun = Instant::now();
        assert_eq!(af.driver.observe(&af.owner, &wanted).await.problems, []);
        println!("{parallel:3}: observe before anything is there  {:?}", begun.elapsed());
        let first = all(&af, &namespaces, parallel, Action::Create).await;
        let second = all(&af, &inside, parallel, Action::Create).await;
        println!(
            "{parallel:3}: create 100 namespaces {first:?}, 900 objects {second:?}, together {:?}",
            first + second
        );
        for _ in 0..3 {
            let begun = Instant::now();
            let inventory = af.driver.observe(&af.owner, &wanted).await;
            println!("{parallel:3}: observe {} objects  {:?}", inventory.observed.len(), begun.elapsed());
            assert_eq!(inventory.observed.len(), 1000);
        }
        let begun = Instant::now();
        let states = af.driver.ready(&af.owner, &wanted).await;
        println!("{parallel:3}: ready {}  {:?}", states.len(), begun.elapsed());
        let selector = format!("-l=afctl.dev/facility=p{parallel}");
        let kinds = "namespaces,resourcequotas,limitranges,rolebindings,configmaps";
        let begun = Instant::now();
        cluster.kubectl(&["get", kinds, "-A", &selector, "-o", "json"]).unwrap();
        println!("{parallel:3}: kubectl get -o json of the same  {:?}", begun.elapsed());
    }
}
