//! The simulated world from outside: what it refuses, its faults, that it loses nothing, and that it keeps the contract.
#![allow(missing_docs, clippy::unwrap_used, clippy::needless_pass_by_value)]

mod conforming;
mod convergence;
mod faults;
mod killing;
mod scale;
mod strict;
mod toy;
