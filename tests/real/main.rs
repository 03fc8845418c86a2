//! Facilities on a real Kubernetes control plane, through the `afctl` that users run.
//!
//! Each test has a facility of `examples/`, with the nodes that its pools name: on a control plane of its own (`bench`), or
//! under a name of its own on one that is shared (`rig`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod applyset;
mod bench;
mod drift;
mod facilities;
mod faults;
mod limits;
mod rig;
mod trouble;
