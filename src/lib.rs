//! `afctl`: analysis facilities as code.
//!
//! Text is read ([`source`]), checked ([`check`]), compiled by the backends of the [`registry`], planned ([`plan`]),
//! applied ([`apply`]) and kept true ([`reconcile`]); [`cli`] has one file a command. `docs/architecture.md` shows
//! the way through.

pub mod apply;
pub mod plan;
