//! The strict simulated world: what `--sandbox` runs on, and what the engine and its faults are tested on.
//!
//! Guarantees: it refuses what a real control plane refuses (see the module `step`); every change is one transaction, so
//! a process that is killed loses nothing that was acknowledged and tears nothing (a power failure may); it has neither clock nor randomness,
//! so the same calls give the same world; what people do to it ([`World::drift`], [`World::foreign`], …) and the faults
//! they ask for ([`World::fail`]) outlive the process. Several processes may use one world, one at a time writes.
//!
//! Assumes: sites of the same name are the same site. It never claims to be the real thing: there are no defaults, no
//! admission and no controllers in it beyond what is said here.

mod driver;
mod fault;
mod observe;
mod people;
mod step;
mod store;
mod tables;
mod thing;
mod tx;
mod unsynced;
mod view;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use serde::Serialize;

pub use driver::{Manner, WorldDriver};
pub use fault::{Effect, On, Rule};
pub use people::{Listing, Shown};
pub use thing::{Done, Mark, Part, Thing};

use crate::resource::Address;
use store::Store;

/// Why something about the simulated world itself did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Another process has the file to itself.
    #[error("{} is in use by another process", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("cannot open {}: {why}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What was said.
        why: String,
    },
    /// The file was written by another version.
    #[error("the simulated world was written in format {found}, and this afctl knows {known}")]
    Format {
        /// What it is.
        found: u64,
        /// What is known.
        known: u64,
    },
    /// Its database failed.
    #[error("the simulated world's database: {0}")]
    Store(String),
    /// Nothing is there.
    #[error("{0} is not in the simulated world")]
    NotThere(Box<Address>),
    /// Something is there.
    #[error("{0} is in the simulated world already")]
    There(Box<Address>),
    /// The field cannot be set so.
    #[error("{address}: {why}")]
    Field {
        /// Of what.
        address: Box<Address>,
        /// Why.
        why: String,
    },
}

impl From<redb::Error> for WorldError {
    fn from(error: redb::Error) -> Self {
        Self::Store(error.to_string())
    }
}

/// What tells the time, for [`crate::Inventory::taken_at`].
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// How often something was called, and how often that changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// Calls, also those that failed.
    pub calls: u64,
    /// Those that changed something.
    pub changes: u64,
}

/// Calls by what was asked for (`create`, …, `observe`, `ready`, `record`) and by kind (`*` where it is about all).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Calls(pub BTreeMap<String, BTreeMap<String, Count>>);

impl Calls {
    /// Of one kind of call, all kinds of things together.
    pub fn of(&self, verb: &str) -> Count {
        self.0.get(verb).map_or_else(Count::default, |kinds| {
            kinds.values().fold(Count::default(), |sum, count| Count {
                calls: sum.calls + count.calls,
                changes: sum.changes + count.changes,
            })
        })
    }

    /// Changes of things by steps, all together.
    pub fn changes(&self) -> u64 {
        self.0.keys().map(|verb| self.of(verb).changes).sum()
    }
}

/// The simulated world. Clones are the same world.
#[derive(Clone)]
pub struct World {
    store: Arc<Store>,
    clock: Clock,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("path", &self.path()).finish_non_exhaustive()
    }
}

impl World {
    /// The world in a file, empty if there is none yet.
    pub fn open(path: impl AsRef<FilePath>) -> Result<Self, WorldError> {
        Ok(Self { store: Arc::new(Store::open(path.as_ref())?), clock: timeless() })
    }

    /// A world that ends with the process.
    pub fn in_memory() -> Result<Self, WorldError> {
        Ok(Self { store: Arc::new(Store::in_memory()?), clock: timeless() })
    }

    /// The same, telling the time by this. Without it, it is always 1970.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The file, unless it is in memory.
    pub fn path(&self) -> Option<&FilePath> {
        self.store.path()
    }

    /// What talks to one site of it, in the manner of one backend.
    pub fn driver(
        &self,
        site: impl Into<String>,
        backend: impl Into<Manner>,
        target: impl Into<String>,
    ) -> WorldDriver {
        WorldDriver::new(self.clone(), site.into(), backend.into(), target.into())
    }
}

fn timeless() -> Clock {
    Arc::new(|| jiff::Timestamp::UNIX_EPOCH)
}
