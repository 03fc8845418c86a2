//! The half of the backend that talks to a cluster.
//!
//! Guarantees: an object is changed only by a request that the server refuses if it is not the object that was planned
//! for; every call may be repeated; every call ends in bounded time. Assumes Kubernetes 1.26 or newer (server-side apply
//! with strict validation), and that the labels of [`crate::labels::selector`] are put on by nobody else.

mod apply;
mod connect;
mod errors;
mod fields;
mod list;
mod nodes;
mod object;
mod observe;
mod obstacles;
mod on_node;
mod ready;
mod record;
mod wire;

use std::collections::BTreeMap;

use afctl_contract::{Address, ApplyError, Driver, Inventory, Owner, Readiness, Step, WriteToken, language};
use async_trait::async_trait;

pub use connect::ConnectError;
use wire::Wire;

use crate::compile::names;

/// A Kubernetes cluster.
pub struct KubernetesDriver {
    wire: Wire,
    settings: language::Kubernetes,
}

impl std::fmt::Debug for KubernetesDriver {
    // Not derived: there are credentials inside.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KubernetesDriver").field("target", &self.target()).finish_non_exhaustive()
    }
}

impl KubernetesDriver {
    /// Reads the kubeconfig that the site names. The cluster itself is not asked anything yet: whether it can be
    /// reached shows when it is looked at, and then holds up no other site.
    pub fn connect(settings: &language::Kubernetes) -> Result<Self, ConnectError> {
        Ok(Self { wire: Wire::new(connect::configure(settings)?), settings: settings.clone() })
    }
}

#[async_trait]
impl Driver for KubernetesDriver {
    fn target(&self) -> String {
        self.wire.server()
    }

    async fn observe(&self, owner: &Owner, wanted: &[Address]) -> Inventory {
        let namespace = names::system(owner, &self.settings);
        observe::observe(&self.wire, &namespace, owner, wanted).await
    }

    async fn apply(&self, step: &Step, token: &WriteToken) -> Result<(), ApplyError> {
        apply::Target::new(&self.wire, token.owner(), &step.address)?.step(step).await
    }

    async fn record(
        &self,
        applied: &[Address],
        gone: &[Address],
        token: &WriteToken,
    ) -> Result<(), ApplyError> {
        let owner = token.owner();
        let namespace = names::system(owner, &self.settings);
        record::write(&self.wire, &namespace, owner, applied, gone).await
    }

    async fn ready(&self, owner: &Owner, addresses: &[Address]) -> BTreeMap<Address, Readiness> {
        ready::ready(&self.wire, owner, addresses).await
    }
}
