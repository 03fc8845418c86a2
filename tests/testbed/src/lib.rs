//! The testbed: a real Kubernetes control plane for afctl's tests, without containers, root or network.
//!
//! Guarantees: `ControlPlane::start` gives an API server, controllers, a scheduler and kubelets (kwok's) of the pinned
//! version, several at once if need be, and leaves nothing behind however the test ends. Assumes Linux, and binaries
//! that `cargo xtask testbed build` has built once.
//!
//! ```no_run
//! use afctl_testbed::{ControlPlane, NodeGroup, Options};
//! let cluster = ControlPlane::start(&Options {
//!     nodes: vec![NodeGroup::new("gpu", 4, "64", "512Gi").extra("nvidia.com/gpu", "4")],
//!     kueue_crds: true,
//!     audit: true,
//!     ..Options::default()
//! })?;
//! let before = cluster.audit_mark()?;
//! cluster.kubectl(&["create", "namespace", "physics"])?;
//! assert_eq!(cluster.writes_by("kubectl", before)?.len(), 1);
//! # Ok::<(), afctl_testbed::Error>(())
//! ```

mod audit;
mod cache;
mod control_plane;
mod crds;
mod error;
mod kubectl;
mod managed;
mod nodes;
mod options;
mod pki;
mod process;
mod recipe;
mod shared;
mod wait;

pub use audit::{AuditEvent, AuditMark};
pub use cache::Binaries;
pub use control_plane::{ControlPlane, KUBECONFIG_VARIABLE};
pub use error::{Error, Result};
pub use kubectl::Kubectl;
pub use options::{KueueApi, NodeGroup, Options, Taint};
pub use process::Component;
pub use shared::{WANTED_VARIABLE, shared, wanted};
