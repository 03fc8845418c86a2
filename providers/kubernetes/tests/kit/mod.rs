//! What the tests against a real control plane share: drivers, objects as afctl makes them, and steps.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]

pub mod flaky;

use std::collections::BTreeSet;
use std::path::Path as File;
use std::time::{Duration, Instant};

use afctl_contract::plan::{Origin, Step};
use afctl_contract::{
    Action, Address, ApplyError, Driver, Inventory, Management, Observed, Owner, Path, Reason, WriteToken,
    language, path,
};
use afctl_kubernetes::driver::KubernetesDriver;
use afctl_kubernetes::kinds::{self, Kind};
use afctl_kubernetes::labels;
use afctl_testbed::ControlPlane;
use serde_json::{Value, json};

/// A facility of its own, so that tests on one cluster do not see each other.
pub struct Af {
    pub driver: KubernetesDriver,
    pub owner: Owner,
    pub token: WriteToken,
}

pub fn connect(kubeconfig: &File) -> KubernetesDriver {
    let kubeconfig = Some(kubeconfig.display().to_string());
    KubernetesDriver::connect(&language::Kubernetes { kubeconfig, ..Default::default() }).unwrap()
}

impl Af {
    pub fn new(facility: &str, cluster: &ControlPlane) -> Self {
        Self::with(facility, cluster.kubeconfig())
    }

    #[allow(clippy::disallowed_methods, reason = "the tests stand in for src/apply")]
    pub fn with(facility: &str, kubeconfig: &File) -> Self {
        let owner = Owner { facility: facility.to_owned(), site: "here".to_owned() };
        Self { driver: connect(kubeconfig), token: WriteToken::issue(owner.clone()), owner }
    }

    pub fn address(&self, kind: &Kind, namespace: Option<&str>, name: &str) -> Address {
        Address {
            site: self.owner.site.clone(),
            backend: "kubernetes".to_owned(),
            kind: kind.name.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// An object as `compile` makes one: complete, marked and sealed.
    pub fn thing(&self, kind: &Kind, namespace: Option<&str>, name: &str, body: &Value) -> Thing {
        let mut object = body.clone();
        object["apiVersion"] = kind.api_version.into();
        object["kind"] = kind.kind.into();
        object["metadata"]["name"] = name.into();
        if let Some(namespace) = namespace {
            object["metadata"]["namespace"] = namespace.into();
        }
        for (key, value) in labels::marks(&self.owner, kind) {
            object["metadata"]["labels"][key] = value;
        }
        object["metadata"]["annotations"][labels::ORIGIN] = format!("spec.accounts.{name}").into();
        object["metadata"]["annotations"][labels::DIGEST] = labels::digest_of(&object).into();
        Thing { address: self.address(kind, namespace, name), object, management: kind.management }
    }

    pub fn namespace(&self, name: &str) -> Thing {
        self.thing(&kinds::NAMESPACE, None, name, &json!({}))
    }

    pub fn config(&self, namespace: &str, name: &str, data: &Value) -> Thing {
        self.thing(&kinds::CONFIG_MAP, Some(namespace), name, &json!({ "data": data }))
    }

    pub fn quota(&self, namespace: &str, name: &str, hard: &Value) -> Thing {
        self.thing(&kinds::RESOURCE_QUOTA, Some(namespace), name, &json!({"spec": {"hard": hard}}))
    }

    pub async fn apply(&self, step: &Step) -> Result<(), ApplyError> {
        self.driver.apply(step, &self.token).await
    }

    /// Applies and tries again as the engine does.
    pub async fn insist(&self, step: &Step) -> Result<(), ApplyError> {
        let begun = Instant::now();
        loop {
            match self.apply(step).await {
                Err(error) if error.kind.is_transient() && begun.elapsed() < Duration::from_secs(30) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                result => return result,
            }
        }
    }

    pub async fn create(&self, thing: &Thing) {
        self.insist(&thing.step(Action::Create, Value::Null)).await.unwrap();
    }

    pub async fn look(&self, wanted: &[&Thing]) -> Inventory {
        let wanted: Vec<Address> = wanted.iter().map(|thing| thing.address.clone()).collect();
        self.driver.observe(&self.owner, &wanted).await
    }

    /// What is there at the thing's address.
    pub async fn seen(&self, thing: &Thing) -> Option<Observed> {
        let inventory = self.look(&[thing]).await;
        assert_eq!(inventory.problems, []);
        inventory.observed.get(&thing.address).cloned()
    }
}

/// Something wanted.
#[derive(Clone)]
pub struct Thing {
    pub address: Address,
    pub object: Value,
    pub management: Management,
}

impl Thing {
    pub fn step(&self, action: Action, handle: Value) -> Step {
        let takes_away = matches!(action, Action::Delete | Action::Forget);
        Step {
            id: 0,
            action,
            address: self.address.clone(),
            management: self.management,
            reason: Reason::New,
            fields: Vec::new(),
            forced_by: Vec::new(),
            disruption: None,
            desired: (!takes_away).then(|| self.object.clone()),
            requires: Vec::new(),
            after: Vec::new(),
            stage: 0,
            handle,
            origin: Origin { path: path!["spec"], position: None },
            field_origins: Vec::new(),
        }
    }

    pub fn on(&self, action: Action, seen: &Observed) -> Step {
        self.step(action, seen.handle.clone())
    }
}

pub fn paths(seen: &Observed) -> BTreeSet<String> {
    seen.others.keys().map(Path::to_string).collect()
}

pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come about in 30 s");
        std::thread::sleep(Duration::from_millis(100));
    }
}
