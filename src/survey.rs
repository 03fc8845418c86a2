//! From a facility to what its sites look like now: compiles every site, then looks at all of them at once.
//!
//! A site that cannot be compiled for stops everything, because the strawman is wrong; a site that cannot be looked
//! at stops nothing but itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use afctl_contract::codes::engine;
use afctl_contract::language::Site;
use afctl_contract::world::World;
use afctl_contract::{
    Backend, Diagnostic, Diagnostics, Driver, Facility, Graph, GraphError, Inventory, Owner, path,
};

use crate::plan::{self, Planned, Request, SiteInput};
use crate::registry::{self, Entry};

/// A site that some backend serves, and what it is to be given.
pub struct CompiledSite {
    /// Its name.
    pub name: String,
    /// Its entry in the strawman.
    pub settings: Site,
    /// Its row in the registry.
    pub entry: &'static Entry,
    /// What it is to be given.
    pub graph: Graph,
}

/// Every site that some backend serves.
pub struct Compiled {
    /// The sites, in the order of the strawman.
    pub sites: Vec<CompiledSite>,
    /// Sites that no backend serves yet.
    pub unserved: Vec<String>,
    /// What was found.
    pub findings: Diagnostics,
}

/// Compiles the sites named, or all when none is.
pub fn compile(facility: &Facility, only: &[String]) -> Compiled {
    let mut compiled = Compiled { sites: Vec::new(), unserved: Vec::new(), findings: Diagnostics::new() };
    for (name, settings) in &facility.spec().sites {
        if !only.is_empty() && !only.contains(name) {
            continue;
        }
        let Some(entry) = registry::backend_for(settings) else {
            compiled.unserved.push(name.clone());
            continue;
        };
        match entry.backend.compile(facility, name, &mut compiled.findings) {
            Ok(graph) => compiled.sites.push(CompiledSite {
                name: name.clone(),
                settings: settings.clone(),
                entry,
                graph,
            }),
            Err(error) => compiled.findings.push(graph_finding(&error, name)),
        }
    }
    compiled
}

fn graph_finding(error: &GraphError, site: &str) -> Diagnostic {
    let finding = Diagnostic::new(&engine::NO_GRAPH, format!("site {site} cannot be compiled: {error}"));
    match error {
        GraphError::Twice { first, second, .. } => finding
            .at_key(second.clone())
            .also(first.clone(), "the other one")
            .help("give one of them another name"),
        _ => finding.at_key(path!["spec", "sites", site]),
    }
}

/// What leads to the sites: the real things, or the simulated world.
pub enum Ground<'a> {
    /// The real things.
    Real,
    /// The simulated world.
    Sandbox(&'a World),
}

/// Sites that were looked at.
pub struct Survey {
    /// The sites with what is wanted and what is there.
    pub sites: Vec<SurveyedSite>,
    /// What leads to them.
    pub drivers: BTreeMap<String, Arc<dyn Driver>>,
}

/// A site that was looked at.
pub struct SurveyedSite {
    /// What it is to be given.
    pub compiled: CompiledSite,
    /// What the driver talked to.
    pub target: String,
    /// What is there.
    pub inventory: Inventory,
}

/// A driver for a site on this ground.
pub fn driver(ground: &Ground<'_>, name: &str, site: &Site, entry: &Entry) -> Arc<dyn Driver> {
    match ground {
        Ground::Real => entry.driver(site),
        Ground::Sandbox(world) => {
            let target = format!("sandbox, {} of {name}", entry.backend.name());
            Arc::new(world.driver(name, (entry.shared)(), target))
        }
    }
}

/// Looks at all sites at once.
pub async fn look(facility: &str, compiled: Vec<CompiledSite>, ground: &Ground<'_>) -> Survey {
    let looks = compiled.into_iter().map(|compiled| async move {
        let driver = driver(ground, &compiled.name, &compiled.settings, compiled.entry);
        let owner = Owner { facility: facility.to_owned(), site: compiled.name.clone() };
        let wanted: Vec<_> = compiled.graph.iter().map(|resource| resource.address.clone()).collect();
        let inventory = driver.observe(&owner, &wanted).await;
        (SurveyedSite { target: driver.target(), compiled, inventory }, driver)
    });
    let mut survey = Survey { sites: Vec::new(), drivers: BTreeMap::new() };
    for (site, driver) in futures::future::join_all(looks).await {
        survey.drivers.insert(site.compiled.name.clone(), driver);
        survey.sites.push(site);
    }
    survey
}

impl Survey {
    /// Plans what was looked at, and keeps what leads there.
    pub fn plan(self, request: &Request<'_>) -> (Planned, BTreeMap<String, Arc<dyn Driver>>) {
        let inputs = self.sites.into_iter().map(|site| SiteInput {
            name: site.compiled.name,
            settings: site.compiled.settings,
            backend: site.compiled.entry.backend as &dyn Backend,
            target: site.target,
            graph: site.compiled.graph,
            inventory: site.inventory,
        });
        (plan::make(inputs.collect(), request), self.drivers)
    }
}
