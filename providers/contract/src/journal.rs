//! What happens while a plan is carried out, for whoever listens: terminal, JSON stream, status.

use serde::Serialize;

use crate::plan::{Action, Origin};
use crate::resource::Address;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// It begins.
    Started {
        /// How many steps there are.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// The step's number.
        step: usize,
        /// What is done.
        action: Action,
        /// To what.
        address: Address,
    },
    /// A step is tried again.
    StepRetried {
        /// The step's number.
        step: usize,
        /// To what.
        address: Address,
        /// Which try failed, from 1.
        attempt: u32,
        /// Why.
        message: String,
        /// After how many milliseconds.
        wait_ms: u64,
    },
    /// A step is done.
    StepDone {
        /// The step's number.
        step: usize,
        /// What was done.
        action: Action,
        /// To what.
        address: Address,
    },
    /// A step failed for good.
    StepFailed {
        /// The step's number.
        step: usize,
        /// What was tried.
        action: Action,
        /// On what.
        address: Address,
        /// What kind of failure.
        kind: &'static str,
        /// What the backend said.
        message: String,
        /// What to do.
        help: Option<String>,
        /// The place of the strawman that asked for it.
        origin: Origin,
    },
    /// A step was not tried.
    StepSkipped {
        /// The step's number.
        step: usize,
        /// On what.
        address: Address,
        /// Why.
        why: String,
    },
    /// What was applied has not come to work yet.
    Waiting {
        /// What.
        address: Address,
        /// For what.
        on: String,
    },
    /// It is over.
    Finished {
        /// Steps done.
        done: usize,
        /// Steps failed.
        failed: usize,
        /// Steps not tried.
        skipped: usize,
        /// Things that have not come to work yet.
        pending: usize,
    },
}

/// A listener.
pub trait Journal: Send + Sync {
    /// Something happened. Must not block.
    fn record(&self, event: &Event);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silence;

impl Journal for Silence {
    fn record(&self, _: &Event) {}
}
