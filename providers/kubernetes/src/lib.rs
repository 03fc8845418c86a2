//! The Kubernetes backend of afctl: a facility's accounts, pools, queues and storage as objects of a cluster.
//!
//! [`Kubernetes`] is the pure half: it compiles and judges, with no I/O. [`driver`](crate::driver) is the only place
//! that talks to a cluster. What each entry of a strawman becomes is said in the modules of [`compile`].

pub mod compile;
#[cfg(feature = "driver")]
pub mod driver;
pub mod kinds;
pub mod labels;
pub mod quantity;
