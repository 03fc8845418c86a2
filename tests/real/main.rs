//! Facilities on a real Kubernetes control plane, through the `afctl` that users run.
//!
//! Each test is a facility of `examples/`, with the nodes that its pools name, on one control plane of this process.

mod bench;
mod drift;
mod facilities;
mod limits;
