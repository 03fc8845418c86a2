//! Carries out a plan: in order, in parallel where the order allows, sites apart from each other.
//!
//! Guarantees: a step starts only when the steps it stands on are done; a step that failed for good takes those with
//! it that stand on it, and the deletions of its site, and nothing else; what may be tried again is tried again, with
//! growing pauses and as the backend asks. When told to stop it finishes the steps in hand. It makes no choices: all
//! of them are in the plan.
//!
//! Assumes that drivers are idempotent: a step whose connection broke is simply done again.

mod ready;
mod retry;
mod site;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use afctl_contract::{Address, ApplyError, Driver, Event, Inventory, Journal, Plan, WriteToken};
use tokio::sync::watch;

pub use retry::Patience;

/// What the caller hands in.
pub struct Setting<'a> {
    /// Drivers, by site.
    pub drivers: &'a BTreeMap<String, Arc<dyn Driver>>,
    /// Who listens.
    pub journal: &'a dyn Journal,
    /// How many steps of one site may be in hand at once.
    pub parallel: usize,
    /// How long and how often steps are tried again.
    pub patience: Patience,
    /// How long to wait for what was applied to come to work.
    pub wait: Duration,
    /// Becomes true when no further step is to be started.
    pub stop: watch::Receiver<bool>,
}

/// A step that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The step's number in the plan.
    pub step: usize,
    /// What happened.
    pub error: ApplyError,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Steps that are done.
    pub done: Vec<usize>,
    /// Steps that failed.
    pub failed: Vec<Failure>,
    /// Steps that were not tried, and why.
    pub skipped: BTreeMap<usize, String>,
    /// What was applied and has not come to work in time, and what it waits for.
    pub pending: BTreeMap<Address, String>,
    /// Whether it was told to stop before it was through.
    pub stopped: bool,
}

impl Outcome {
    /// Whether every step was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }

    fn add(&mut self, other: Self) {
        self.done.extend(other.done);
        self.failed.extend(other.failed);
        self.skipped.extend(other.skipped);
        self.pending.extend(other.pending);
        self.stopped |= other.stopped;
    }
}

/// Carries out a plan, all sites at once.
pub async fn carry_out(plan: &Plan, setting: &Setting<'_>) -> Outcome {
    setting.journal.record(&Event::Started { steps: plan.steps.len() });
    let runs = plan.sites.iter().map(|(name, basis)| async move {
        // The one place where a token is made: whoever calls this has said yes.
        #[allow(clippy::disallowed_methods)]
        let token = WriteToken::issue(plan.owner(name));
        site::run(plan, name, basis, &token, setting).await
    });
    let mut outcome = Outcome::default();
    for part in futures::future::join_all(runs).await {
        outcome.add(part);
    }
    outcome.done.sort_unstable();
    outcome.failed.sort_by_key(|failure| failure.step);
    setting.journal.record(&Event::Finished {
        done: outcome.done.len(),
        failed: outcome.failed.len(),
        skipped: outcome.skipped.len(),
        pending: outcome.pending.len(),
    });
    outcome
}

/// Things that are no longer as a plan saw them: a plan is done exactly or not at all.
pub fn moved(plan: &Plan, inventories: &BTreeMap<String, Inventory>) -> Vec<(Address, String)> {
    let mut moved = Vec::new();
    for (address, digest) in &plan.based_on {
        let Some(inventory) = inventories.get(&address.site) else {
            moved.push((address.clone(), "its site was not looked at".to_owned()));
            continue;
        };
        if let Some(problem) = inventory.unknown(&address.kind) {
            moved.push((address.clone(), format!("it cannot be seen: {}", problem.message)));
            continue;
        }
        let why = match (digest, inventory.observed.get(address)) {
            (None, Some(_)) => "it was not there, and now is",
            (Some(_), None) => "it was there, and now is not",
            (Some(before), Some(now)) if *before != now.digest => "it has changed",
            _ => continue,
        };
        moved.push((address.clone(), why.to_owned()));
    }
    moved
}

#[cfg(test)]
mod tests;
