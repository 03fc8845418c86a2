//! A small backend on the simulated world, for tests of the engine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use afctl_contract::language::Site;
use afctl_contract::world::World;
use afctl_contract::{
    Address, Backend, Classified, Diagnostics, Driver, Event, Facility, Graph, GraphError, Inventory,
    Journal, Management, Observed, Owner, Path, Plan, Rendered, Resource, SourceMap, Verdict, compare, path,
};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::apply::{self, Outcome, Patience, Setting};
use crate::plan::{Planned, Request, Selection, SiteInput, make};

/// Namespaces, nodes, and things in namespaces; `spec.fixed` cannot be changed in place, and `spec.carries` stands on it.
pub struct Toy;

impl Backend for Toy {
    fn name(&self) -> &'static str {
        "kubernetes"
    }
    fn serves(&self, _: &Site) -> bool {
        true
    }
    fn compile(&self, _: &Facility, _: &str, _: &mut Diagnostics) -> Result<Graph, GraphError> {
        Ok(Graph::default())
    }
    fn classify(&self, observed: &Observed, desired: &Resource) -> Classified {
        let fields = compare(&observed.live, &observed.managed, &desired.desired, &|_, _, _| false);
        let fixed: Vec<Path> = fields
            .iter()
            .filter(|f| f.path.is_within(&path!["spec", "fixed"]))
            .map(|f| f.path.clone())
            .collect();
        if fixed.is_empty() {
            Classified::in_place(fields)
        } else {
            Classified { fields, verdict: Verdict::Replace(fixed) }
        }
    }
    fn rank(&self, kind: &str) -> u16 {
        u16::from(kind != "Namespace")
    }
    fn carriers(&self, inventory: &Inventory) -> BTreeMap<Address, Vec<Address>> {
        let carried = |seen: &Observed| Some(vec![at(seen.live["spec"]["carries"].as_str()?)]);
        inventory
            .observed
            .iter()
            .filter_map(|(address, seen)| Some((address.clone(), carried(seen)?)))
            .collect()
    }
    fn management(&self, kind: &str) -> Management {
        if kind == "Node" { Management::Fields } else { Management::Whole }
    }
    fn render(&self, _: &Graph) -> Vec<Rendered> {
        Vec::new()
    }
    fn given(&self, _: &Facility, _: &str) -> Vec<(Address, Value)> {
        Vec::new()
    }
}

/// The site of all tests.
pub const SITE: &str = "s";

/// `Kind/name` or `Kind/namespace/name` at the site.
pub fn at(rest: &str) -> Address {
    format!("{SITE}/kubernetes/{rest}").parse().unwrap()
}

/// A thing; what is in a namespace needs it, where `resources` has it.
#[allow(clippy::needless_pass_by_value, reason = "reads better where a specification is written out")]
pub fn resource(rest: &str, spec: Value) -> Resource {
    let address = at(rest);
    let mut metadata = json!({"name": address.name});
    let mut needs = None;
    if let Some(namespace) = &address.namespace {
        metadata["namespace"] = json!(namespace);
        needs = Some(at(&format!("Namespace/{namespace}")));
    }
    let origin = path!["spec", "accounts", address.name.clone()];
    let mut resource = Resource::new(
        address.clone(),
        json!({"kind": address.kind, "metadata": metadata, "spec": spec}),
        origin,
    );
    if address.kind == "Node" {
        resource.management = Management::Fields;
        resource.desired = json!({"metadata": {"labels": spec}});
    }
    match needs {
        Some(namespace) => resource.needs(namespace),
        None => resource,
    }
}

/// Two namespaces with a quota each.
pub fn two_accounts() -> Vec<Resource> {
    vec![
        resource("Namespace/higgs", json!({})),
        resource("ResourceQuota/higgs/quota", json!({"hard": {"cpu": "64"}})),
        resource("Namespace/exotics", json!({})),
        resource("ResourceQuota/exotics/quota", json!({"hard": {"cpu": "32"}})),
    ]
}

/// What a test allows.
#[derive(Default)]
pub struct Allow {
    pub destroy: bool,
    pub adopt: Vec<String>,
    pub delete_data: Vec<String>,
}

/// A world, and the engine on it.
pub struct Bench {
    pub world: World,
    pub wait: Duration,
    pub parallel: usize,
    pub patience: Patience,
}

/// Remembers what happened.
#[derive(Default)]
pub struct Memory(pub Mutex<Vec<Event>>);

impl Journal for Memory {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Bench {
    pub fn new() -> Self {
        let world = World::in_memory().unwrap();
        Self { world, wait: Duration::ZERO, parallel: 8, patience: Patience::default() }
    }

    pub fn driver(&self) -> Arc<dyn Driver> {
        Arc::new(self.world.driver(SITE, Arc::new(Toy), "sandbox"))
    }

    pub async fn look(&self, resources: &[Resource]) -> Inventory {
        let wanted: Vec<Address> = resources.iter().map(|r| r.address.clone()).collect();
        let owner = Owner { facility: "f".into(), site: SITE.into() };
        self.driver().observe(&owner, &wanted).await
    }

    pub async fn plan(&self, resources: &[Resource], allow: &Allow) -> Planned {
        let inventory = self.look(resources).await;
        let site: Site = serde_json::from_value(json!({"scheduler": {"kubernetes": {}}})).unwrap();
        let input = SiteInput {
            name: SITE.into(),
            settings: site,
            backend: &Toy,
            target: "sandbox".into(),
            graph: Graph::new(resources.to_vec()).unwrap(),
            inventory,
        };
        let request = Request {
            facility: "f",
            sources: &SourceMap::default(),
            destroy: allow.destroy,
            adopt: &Selection::new(&allow.adopt).unwrap(),
            delete_data: &Selection::new(&allow.delete_data).unwrap(),
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        make(vec![input], &request)
    }

    pub async fn carry_out(&self, plan: &Plan, journal: &dyn Journal) -> Outcome {
        let (_tell, stop) = watch::channel(false);
        self.carry_out_until(plan, journal, stop).await
    }

    pub async fn carry_out_until(
        &self,
        plan: &Plan,
        journal: &dyn Journal,
        stop: watch::Receiver<bool>,
    ) -> Outcome {
        let drivers = BTreeMap::from([(SITE.to_owned(), self.driver())]);
        let setting = Setting {
            drivers: &drivers,
            journal,
            parallel: self.parallel,
            patience: self.patience,
            wait: self.wait,
            stop,
        };
        apply::carry_out(plan, &setting).await
    }

    /// Plans and does, and gives both.
    pub async fn apply(&self, resources: &[Resource]) -> (Plan, Outcome) {
        let plan = self.plan(resources, &Allow::default()).await.plan;
        let outcome = self.carry_out(&plan, &afctl_contract::journal::Silence).await;
        (plan, outcome)
    }
}

/// `action Kind/name` of each step, in order.
pub fn said(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .map(|step| {
            let whole = step.address.to_string();
            let rest = whole.splitn(3, '/').nth(2).unwrap_or_default().to_owned();
            format!("{} {rest}", step.action.as_str())
        })
        .collect()
}
