//! What every backend's driver must keep: the promises of [`Driver`], as checks.
//!
//! A backend's tests implement [`Fixture`] over the real thing and call [`run_all`]; the simulated world passes the same
//! checks. Each check makes things of its own, under names that hold the check's, and takes them away again, so that
//! checks may run against one control plane, one after the other or all at once.
//!
//! Assumes nothing about time but [`Fixture::pause`].

mod applying;
mod bench;
mod failing;
mod owning;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;

pub use bench::step;

use crate::backend::{Backend, Driver};
use crate::inventory::Owner;
use crate::place::Path;
use crate::resource::{Address, Resource};

/// A fault that a fixture may be asked for. It strikes once, at the next call that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A write meets with too many requests.
    Throttled,
    /// The connection of a write fails before anything was done.
    CutBefore,
    /// The connection of a write fails when it was done.
    CutAfter,
    /// Things of this kind cannot be listed.
    Hidden(String),
}

/// What a backend's tests give the suite.
#[async_trait]
pub trait Fixture: Send + Sync {
    /// The pure half.
    fn backend(&self) -> &dyn Backend;

    /// Two facilities at one site.
    fn owners(&self) -> [Owner; 2];

    /// A driver on behalf of one of them.
    async fn driver(&self, owner: &Owner) -> Result<Arc<dyn Driver>, String>;

    /// Some resources that this backend can make, what others stand on first: at least two, one of them in a namespace
    /// and one in none where the backend has namespaces. Names hold `set`, so that sets do not meet.
    fn resources(&self, set: &str) -> Vec<Resource>;

    /// One of them with a field changed that can be changed in place.
    fn changed(&self, resource: &Resource) -> Resource;

    /// One that the backend refuses as invalid, and the field that it names.
    fn invalid(&self, set: &str) -> Option<(Resource, Path)> {
        let _ = set;
        None
    }

    /// Fields of a thing that is there without afctl, such as labels of a node. Makes the thing if need be.
    async fn fields(&self, set: &str) -> Result<Option<Resource>, String> {
        let _ = set;
        Ok(None)
    }

    /// Somebody outside changes a field that the resource names.
    async fn drift(&self, resource: &Resource) -> Result<(), String>;

    /// Somebody outside adds a field that the resource does not name. `false` if the backend has none such.
    async fn embellish(&self, resource: &Resource) -> Result<bool, String> {
        let _ = resource;
        Ok(false)
    }

    /// Somebody outside deletes a thing.
    async fn delete(&self, address: &Address) -> Result<(), String>;

    /// Somebody outside makes the thing that the resource is about, without our mark.
    async fn foreign(&self, resource: &Resource) -> Result<(), String>;

    /// Has this fault strike the calls of a driver. `false` if the fixture cannot.
    async fn fail(&self, driver: &Arc<dyn Driver>, fault: Fault) -> Result<bool, String> {
        let _ = (driver, fault);
        Ok(false)
    }

    /// A moment between two tries.
    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    /// How many moments something may take to come about, such as a namespace to go.
    fn patience(&self) -> usize {
        300
    }
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The promise was kept.
    Yes,
    /// It could not be tried, because of this.
    Untried(&'static str),
}

/// A check.
pub struct Check {
    /// Its name, which says what is promised.
    pub name: &'static str,
    run: for<'a> fn(&'a dyn Fixture) -> BoxFuture<'a, Result<Kept, String>>,
}

impl Check {
    /// Tries it. What is wrong is said in the error.
    pub async fn run(&self, fixture: &dyn Fixture) -> Result<Kept, String> {
        (self.run)(fixture).await
    }
}

macro_rules! checks {
    ($($module:ident :: $name:ident),* $(,)?) => {
        &[$(Check { name: stringify!($name), run: |fixture| Box::pin($module::$name(fixture)) }),*]
    };
}

/// Every check.
pub static CHECKS: &[Check] = checks![
    applying::what_was_applied_is_seen_as_it_was_wanted,
    applying::applying_twice_changes_nothing,
    applying::an_update_is_made_once,
    applying::a_replacement_is_another_thing,
    applying::what_is_no_longer_wanted_goes,
    applying::deleting_what_is_gone_is_fine,
    applying::what_others_add_stays,
    applying::readiness_is_answered_for_all,
    applying::only_fields_are_written_and_let_go,
    owning::an_orphan_is_found,
    owning::drift_is_seen_and_undone,
    owning::what_is_lost_is_known,
    owning::what_is_not_ours_is_refused,
    owning::adopting_makes_it_ours,
    owning::facilities_do_not_see_each_other,
    failing::a_stale_update_is_refused,
    failing::a_stale_deletion_is_refused,
    failing::throttling_is_survived,
    failing::a_cut_connection_is_survived,
    failing::what_was_done_unheard_is_not_done_twice,
    failing::what_cannot_be_seen_is_unknown,
    failing::what_is_invalid_is_refused_by_its_field,
];

/// What came of all checks.
#[derive(Debug)]
pub struct Report(pub Vec<(&'static str, Result<Kept, String>)>);

impl Report {
    /// Whether no check failed.
    pub fn is_kept(&self) -> bool {
        self.0.iter().all(|(_, result)| result.is_ok())
    }

    /// The checks that could not be tried.
    pub fn untried(&self) -> Vec<&'static str> {
        let untried = self.0.iter().filter(|(_, result)| matches!(result, Ok(Kept::Untried(_))));
        untried.map(|(name, _)| *name).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, result) in &self.0 {
            let name = name.replace('_', " ");
            match result {
                Ok(Kept::Yes) => writeln!(f, "kept     {name}")?,
                Ok(Kept::Untried(why)) => writeln!(f, "untried  {name} ({why})")?,
                Err(why) => writeln!(f, "BROKEN   {name}: {why}")?,
            }
        }
        Ok(())
    }
}

/// Runs all checks, one after the other.
pub async fn run_all(fixture: &dyn Fixture) -> Report {
    let mut results = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        results.push((check.name, check.run(fixture).await));
    }
    Report(results)
}
