//! The vocabulary that afctl and its backends share.
//!
//! Text becomes a [`language::Strawman`], checked a [`Facility`], compiled a [`Graph`] of [`Resource`]s; a [`Driver`]
//! gives an [`Inventory`]; both together make a [`plan::Plan`] of [`plan::Step`]s, which a driver carries out. No
//! backend knows another, and nothing here does I/O but the simulated world.

pub mod backend;
pub mod capacity;
pub mod change;
pub mod codes;
pub mod conformance;
pub mod diagnostic;
pub mod facility;
pub mod gpus;
pub mod inventory;
pub mod journal;
pub mod language;
pub mod place;
pub mod plan;
pub mod resource;
pub mod units;
pub mod world;

pub use backend::{ApplyError, Backend, Driver, ErrorKind, Readiness, Rendered, Resolved, WriteToken};
pub use change::{Classified, FieldChange, Verdict, compare, digest};
pub use diagnostic::{At, Code, Diagnostic, Diagnostics, Level};
pub use facility::Facility;
pub use inventory::{Inventory, Observed, Owner, Ownership, Problem, Scope};
pub use journal::{Event, Journal};
pub use place::{Half, Path, Position, SourceFile, SourceMap, Span};
pub use plan::{Action, Origin, Plan, Reason, Step, Withheld, WithheldKind};
pub use resource::{Address, Graph, GraphError, Management, Resource};
