//! Facilities on a real Kubernetes control plane, through the `afctl` that users run.
//!
//! Each test is a facility of `examples/`, with the nodes that its pools name, on a control plane of its own.

mod applyset;
mod bench;
mod drift;
mod facilities;
mod faults;
mod limits;
mod rig;
mod trouble;
