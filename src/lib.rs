//! afctl: analysis facilities as code.

pub mod cli;
pub mod source;
