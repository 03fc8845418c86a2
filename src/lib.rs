//! `afctl`: analysis facilities as code.
//!
//! Text is read ([`source`]), checked ([`check`]), compiled by the backends of the [`registry`], looked at ([`survey`]),
//! planned ([`plan`]), applied ([`apply`]) and kept true ([`reconcile`]); [`cli`] has one file a command.
//! `docs/architecture.md` shows the way through.

pub mod apply;
pub mod check;
pub mod cli;
pub mod plan;
pub mod reconcile;
pub mod reference;
pub mod registry;
pub mod source;
pub mod survey;
#[cfg(test)]
mod testing;
