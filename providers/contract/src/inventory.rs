//! What is there: the answer of a driver that looked.
//!
//! Problems in looking are data. Where an inventory is incomplete, what it does not show is *unknown*, never *gone*.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::place::Path;
use crate::resource::Address;

/// On whose behalf a driver looks and acts. What bears this mark in a backend is ours.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Owner {
    /// The facility.
    pub facility: String,
    /// The site.
    pub site: String,
}

/// Whose a thing is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// It bears our mark.
    Ours,
    /// It bears the mark of another facility or tool, named here.
    Other(String),
    /// It bears no mark.
    Unmarked,
}

/// One thing that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Its name.
    pub address: Address,
    /// Whose it is.
    pub ownership: Ownership,
    /// What it is, as far as a comparison needs it.
    pub live: Value,
    /// The part of `live` that we wrote and nobody changed since, in the same form.
    pub managed: Value,
    /// Fields that somebody else wrote, and who.
    pub others: BTreeMap<Path, String>,
    /// Digest of what we applied last (see [`crate::digest`]), where the backend keeps it.
    pub applied: Option<String>,
    /// Place of the strawman that asked for it, where the backend keeps it.
    pub origin: Option<Path>,
    /// Digest of all that a plan about it depends on; a plan is stale when this has changed.
    pub digest: String,
    /// What its deletion would lose, if anything: `3 PersistentVolumeClaims`.
    pub data: Option<String>,
    /// Why it is still there although it is being deleted, if it is.
    pub deleting: Option<String>,
    /// What the driver needs to find exactly this one again, such as a UID.
    pub handle: Value,
}

/// What could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All of the site.
    Site,
    /// One kind.
    Kind(String),
}

/// Why something could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What is unknown because of it.
    pub scope: Scope,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// What is there at one site, as far as it could be seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Everything seen: what is ours, and what stands where we want to put something.
    pub observed: BTreeMap<Address, Observed>,
    /// Kinds that the backend does not know, and why: resources of them wait.
    pub missing_kinds: BTreeMap<String, String>,
    /// What could not be seen.
    pub problems: Vec<Problem>,
    /// What was applied before, as far as the backend keeps it (see [`crate::Driver::record`]).
    pub recorded: BTreeSet<Address>,
    /// When it was taken.
    pub taken_at: jiff::Timestamp,
}

impl Inventory {
    /// An empty one.
    pub const fn empty(taken_at: jiff::Timestamp) -> Self {
        Self {
            observed: BTreeMap::new(),
            missing_kinds: BTreeMap::new(),
            problems: Vec::new(),
            recorded: BTreeSet::new(),
            taken_at,
        }
    }

    /// Why it cannot be said whether things of this kind are there.
    pub fn unknown(&self, kind: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| match &problem.scope {
            Scope::Site => true,
            Scope::Kind(unknown) => unknown == kind,
        })
    }

    /// Adds one thing.
    pub fn insert(&mut self, observed: Observed) {
        self.observed.insert(observed.address.clone(), observed);
    }
}
