//! From what is wanted and what is there to a [`Plan`]: pure, no I/O.
//!
//! Guarantees: nothing is planned on what could not be seen; what is not ours is never changed unless the user names
//! it; what would lose data is held unless the user names it; steps stand in an order that holds. Every resource ends
//! as a step, as unchanged, or as withheld with a reason.

mod delete;
mod select;
mod site;

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::language::Site;
use afctl_contract::plan::{PLAN_SCHEMA, SiteBasis};
use afctl_contract::{
    Address, Backend, Diagnostic, Graph, Half, Inventory, Origin, Path, Plan, SourceMap, Step, Withheld,
};

pub use select::{Selection, SelectionError};

/// One site, ready to be planned.
pub struct SiteInput<'a> {
    /// Its name.
    pub name: String,
    /// Its entry in the strawman.
    pub settings: Site,
    /// The backend that serves it.
    pub backend: &'a dyn Backend,
    /// What the driver talked to.
    pub target: String,
    /// What is wanted.
    pub graph: Graph,
    /// What is there.
    pub inventory: Inventory,
}

/// What the user allows, and what is handed in from outside.
pub struct Request<'a> {
    /// The facility's name.
    pub facility: &'a str,
    /// Where everything was written.
    pub sources: &'a SourceMap,
    /// Takes everything away.
    pub destroy: bool,
    /// Things of others that may be taken over.
    pub adopt: &'a Selection,
    /// Things that may be deleted with the data in them.
    pub delete_data: &'a Selection,
    /// The time.
    pub now: jiff::Timestamp,
}

/// A plan, and what was found while fitting the strawman to what is there.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Findings, such as a node with less memory than declared.
    pub findings: Vec<Diagnostic>,
}

/// Plans all sites together.
pub fn make(sites: Vec<SiteInput<'_>>, request: &Request<'_>) -> Planned {
    let mut plan = Plan {
        schema: PLAN_SCHEMA.to_owned(),
        made_by: format!("afctl {}", env!("CARGO_PKG_VERSION")),
        made_at: request.now,
        facility: request.facility.to_owned(),
        destroy: request.destroy,
        sites: BTreeMap::new(),
        based_on: BTreeMap::new(),
        steps: Vec::new(),
        withheld: Vec::new(),
    };
    let mut findings = Vec::new();
    for input in sites {
        let mut draft = Draft { first: plan.steps.len(), ..Draft::default() };
        let basis = SiteBasis {
            backend: input.backend.name().to_owned(),
            target: input.target.clone(),
            taken_at: input.inventory.taken_at,
            problems: input.inventory.problems.clone(),
            settings: input.settings.clone(),
            unchanged: 0,
            unrecorded: Vec::new(),
            outdated: Vec::new(),
        };
        let name = input.name.clone();
        findings.extend(site::plan_site(input, request, &mut draft));
        plan.based_on.extend(draft.based_on);
        plan.steps.extend(draft.steps);
        plan.withheld.extend(draft.withheld);
        plan.sites.insert(
            name,
            SiteBasis {
                unchanged: draft.unchanged,
                unrecorded: draft.unrecorded,
                outdated: draft.outdated,
                ..basis
            },
        );
    }
    Planned { plan, findings }
}

/// The part of a plan that is about one site.
#[derive(Default)]
struct Draft {
    /// Number of its first step.
    first: usize,
    steps: Vec<Step>,
    withheld: Vec<Withheld>,
    based_on: BTreeMap<Address, Option<String>>,
    unchanged: usize,
    unrecorded: Vec<Address>,
    outdated: Vec<Address>,
    /// Addresses that are withheld or wait for something that is.
    blocked: BTreeMap<Address, String>,
    /// Which step makes an address.
    step_of: BTreeMap<Address, usize>,
    /// Everything that somebody still wants, withheld or not.
    wanted: BTreeSet<Address>,
}

impl Draft {
    const fn next_id(&self) -> usize {
        self.first + self.steps.len()
    }

    fn withhold(&mut self, withheld: Withheld) {
        self.blocked.insert(withheld.address.clone(), withheld.why.clone());
        self.withheld.push(withheld);
    }
}

/// A place with its line, for a plan that is shown without the file.
fn origin(path: &Path, sources: &SourceMap) -> Origin {
    Origin { path: path.clone(), position: sources.position_of(path, Half::Key) }
}

#[cfg(test)]
mod tests;
