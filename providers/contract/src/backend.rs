//! What a backend is: a pure half that compiles and judges, and a half that talks to the real thing.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::change::{Classified, digest};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facility::Facility;
use crate::inventory::{Inventory, Observed, Owner};
use crate::language::Site;
use crate::place::Path;
use crate::plan::{Step, Withheld};
use crate::resource::{Address, Graph, GraphError, Management, Resource};

/// A file that `afctl compile` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Path below the site's folder.
    pub path: String,
    /// Content.
    pub text: String,
}

/// What became of a graph once the site was looked at.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// What can be planned.
    pub graph: Graph,
    /// What cannot, and why.
    pub withheld: Vec<Withheld>,
    /// What was found on the way, such as a node with less memory than declared.
    pub findings: Vec<Diagnostic>,
}

/// The pure half of a backend: no I/O, no clock, no randomness.
pub trait Backend: Send + Sync {
    /// Its name, as it stands in addresses.
    fn name(&self) -> &'static str;

    /// Whether it has anything to do at a site.
    fn serves(&self, site: &Site) -> bool;

    /// What the site is to be given. Findings that forbid it go to `findings` as errors.
    fn compile(
        &self,
        facility: &Facility,
        site: &str,
        findings: &mut Diagnostics,
    ) -> Result<Graph, GraphError>;

    /// Fits the graph to what is there, where it depends on that (nodes chosen by label). Every resource of `graph`
    /// comes back in the graph or among the withheld.
    fn resolve(&self, graph: Graph, inventory: &Inventory) -> Resolved {
        let _ = inventory;
        Resolved { graph, ..Resolved::default() }
    }

    /// What differs, and what that needs.
    fn classify(&self, observed: &Observed, desired: &Resource) -> Classified;

    /// When things of a kind are made, relative to others; they are deleted in the opposite order.
    fn rank(&self, kind: &str) -> u16;

    /// How much of things of a kind is ours.
    fn management(&self, kind: &str) -> Management {
        let _ = kind;
        Management::Whole
    }

    /// What stands on what: by carrier, the things that would be lost or stuck if it went before them.
    fn carriers(&self, inventory: &Inventory) -> BTreeMap<Address, Vec<Address>> {
        let _ = inventory;
        BTreeMap::new()
    }

    /// What the backend keeps with a thing to tell what was applied last; see [`Observed::applied`].
    fn fingerprint(&self, resource: &Resource) -> String {
        digest(&resource.desired)
    }

    /// The same as files, for people and for other tools.
    fn render(&self, graph: &Graph) -> Vec<Rendered>;

    /// Things that are there without afctl, for the simulated world: the nodes of the pools.
    fn given(&self, facility: &Facility, site: &str) -> Vec<(Address, Value)>;
}

/// Why a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApplyError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What the backend said.
    pub message: String,
    /// The field it is about, in the resource.
    pub field: Option<Path>,
    /// What to do.
    pub help: Option<String>,
}

impl ApplyError {
    /// A failure of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), field: None, help: None }
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The field it is about.
    #[must_use]
    pub fn field(mut self, field: Path) -> Self {
        self.field = Some(field);
        self
    }
}

/// Kinds of failure, told apart by what can be done about them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Too many requests; to be tried again, after this time if the backend said one.
    Throttled(Option<Duration>),
    /// The connection failed, perhaps after the step took effect; to be tried again.
    Unreachable,
    /// It needs something that is not there yet; to be tried again.
    NotYet,
    /// It is no longer as the plan saw it; to be planned again.
    Stale,
    /// Something of this name is there that is not ours.
    NotOurs,
    /// Others own these fields.
    Conflict,
    /// The backend says that it is wrong.
    Invalid,
    /// We may not.
    Denied,
    /// Anything else.
    Other,
}

impl ErrorKind {
    /// Whether the same step may be tried again as it is.
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Unreachable | Self::NotYet)
    }

    /// In a word, for machines.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "throttled",
            Self::Unreachable => "unreachable",
            Self::NotYet => "not-yet",
            Self::Stale => "stale",
            Self::NotOurs => "not-ours",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Denied => "denied",
            Self::Other => "other",
        }
    }
}

/// Whether a thing that was applied has come to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It works, or there is nothing to wait for.
    Ready,
    /// It is on its way; what it waits for is said here.
    Pending(String),
    /// It will not come to work by itself; why is said here.
    Failed(String),
}

/// What lets a driver write. Only `src/apply` makes one, so that nothing that previews can change anything.
#[derive(Debug, Clone)]
pub struct WriteToken {
    owner: Owner,
}

impl WriteToken {
    /// For `src/apply` alone, once a person or a flag has said yes. `clippy.toml` forbids it elsewhere.
    pub const fn issue(owner: Owner) -> Self {
        Self { owner }
    }

    /// On whose behalf is written.
    pub const fn owner(&self) -> &Owner {
        &self.owner
    }
}

/// The half of a backend that talks to the real thing. Every call may be repeated.
#[async_trait]
pub trait Driver: Send + Sync {
    /// What it talks to, for people and to bind a plan to it.
    fn target(&self) -> String;

    /// Looks at everything of ours, and at what stands where `wanted` are to be. Never fails: what cannot be seen is in
    /// the inventory's problems.
    async fn observe(&self, owner: &Owner, wanted: &[Address]) -> Inventory;

    /// Does one step. Done again, it has no further effect.
    async fn apply(&self, step: &Step, token: &WriteToken) -> Result<(), ApplyError>;

    /// Keeps in mind what was applied, and what no longer is, so that a thing that somebody deletes is known to be lost
    /// rather than not made yet (see [`Inventory::recorded`]). Losing it costs that knowledge and nothing else.
    async fn record(
        &self,
        applied: &[Address],
        gone: &[Address],
        token: &WriteToken,
    ) -> Result<(), ApplyError> {
        let _ = (applied, gone, token);
        Ok(())
    }

    /// Whether these have come to work.
    async fn ready(&self, owner: &Owner, addresses: &[Address]) -> BTreeMap<Address, Readiness>;
}
