//! The promises that every backend must keep, kept on a real control plane.

#![cfg(feature = "driver")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

mod kit;

use std::sync::Arc;

use afctl_contract::conformance::{Fault, Fixture, run_all};
use afctl_contract::{Address, Backend, Driver, Management, Owner, Path, Resource, language, path};
use afctl_kubernetes::driver::KubernetesDriver;
use afctl_kubernetes::{Kubernetes, kinds, labels};
use afctl_testbed::{ControlPlane, shared, wanted};
use async_trait::async_trait;
use kit::flaky::Flaky;
use kit::{Af, Thing};
use serde_json::{Value, json};

struct Bench {
    cluster: &'static ControlPlane,
    way: Flaky,
    af: Af,
}

fn resource(thing: Thing) -> Resource {
    let origin = path!["spec", "accounts", thing.address.name.as_str()];
    Resource { management: thing.management, ..Resource::new(thing.address, thing.object, origin) }
}

/// The same with the digest that it has now.
fn sealed(mut resource: Resource) -> Resource {
    let digest = labels::digest_of(&resource.desired);
    resource.desired["metadata"]["annotations"][labels::DIGEST] = digest.into();
    resource
}

impl Bench {
    fn kubectl(&self, verb: &[&str], address: &Address, more: &[&str]) -> Result<String, String> {
        let plural = kinds::find(&address.kind).unwrap().plural;
        let namespace = address.namespace.as_ref().map(|namespace| format!("--namespace={namespace}"));
        let mut args = [verb, &[plural, address.name.as_str()], more].concat();
        args.extend(namespace.as_deref());
        self.cluster.kubectl(&args).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Fixture for Bench {
    fn backend(&self) -> &dyn Backend {
        &Kubernetes
    }

    fn owners(&self) -> [Owner; 2] {
        [self.af.owner.clone(), Owner { facility: "others".into(), ..self.af.owner.clone() }]
    }

    async fn driver(&self, _: &Owner) -> Result<Arc<dyn Driver>, String> {
        let settings = language::Kubernetes {
            kubeconfig: Some(self.way.kubeconfig().display().to_string()),
            system_namespace: Some("default".to_owned()),
            ..Default::default()
        };
        let driver = KubernetesDriver::connect(&settings).map_err(|error| error.message)?;
        Ok(Arc::new(driver))
    }

    fn resources(&self, set: &str) -> Vec<Resource> {
        let name = format!("conform-{set}");
        let namespace = resource(self.af.namespace(&name));
        let hard = json!({"requests.cpu": "8", "requests.memory": "4Gi"});
        let quota = resource(self.af.quota(&name, "quota", &hard)).needs(namespace.address.clone());
        vec![namespace, quota]
    }

    fn changed(&self, resource: &Resource) -> Resource {
        let mut changed = resource.clone();
        changed.desired["spec"]["hard"]["requests.cpu"] = "16".into();
        sealed(changed)
    }

    fn invalid(&self, set: &str) -> Option<(Resource, Path)> {
        let mut wrong = self.resources(set).pop()?;
        wrong.desired["spec"]["hard"]["requests.cpu"] = "-1".into();
        Some((sealed(wrong), path!["spec", "hard", "requests.cpu"]))
    }

    async fn fields(&self, set: &str) -> Result<Option<Resource>, String> {
        let taint = "example.org/conform=yes:NoSchedule";
        let body = json!({
            "metadata": {"labels": {"example.org/set": set}, "annotations": {labels::TAINTS: taint}},
            "spec": {"taints": [{"key": "example.org/conform", "value": "yes", "effect": "NoSchedule"}]},
        });
        let node = resource(self.af.thing(&kinds::NODE, None, "gpu-3", &body));
        assert_eq!(node.management, Management::Fields);
        Ok(Some(node))
    }

    async fn drift(&self, resource: &Resource) -> Result<(), String> {
        let patch = r#"{"spec": {"hard": {"requests.cpu": "1"}}}"#;
        self.kubectl(&["patch"], &resource.address, &["--type=merge", "-p", patch]).map(|_| ())
    }

    async fn embellish(&self, resource: &Resource) -> Result<bool, String> {
        self.kubectl(&["annotate"], &resource.address, &["example.org/seen=yes"]).map(|_| true)
    }

    async fn delete(&self, address: &Address) -> Result<(), String> {
        self.kubectl(&["delete"], address, &["--wait=false"]).map(|_| ())
    }

    async fn foreign(&self, resource: &Resource) -> Result<(), String> {
        let mut object = resource.desired.clone();
        object["metadata"]["labels"] = Value::Null;
        object["metadata"]["annotations"] = Value::Null;
        let created = self.cluster.kubectl_with_input(&["create", "-f", "-"], &object.to_string());
        created.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn fail(&self, _: &Arc<dyn Driver>, fault: Fault) -> Result<bool, String> {
        self.way.fail_after(0, fault);
        Ok(true)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn real_promises_of_every_backend_are_kept() {
    if !wanted("real_promises_of_every_backend_are_kept") {
        return;
    }
    let cluster = shared();
    let way = Flaky::to(cluster).await;
    let report = run_all(&Bench { cluster, way, af: Af::new("conform", cluster) }).await;
    println!("{report}");
    assert!(report.is_kept(), "\n{report}");
    assert_eq!(report.untried(), Vec::<&str>::new());
}
