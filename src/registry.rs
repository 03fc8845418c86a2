//! The one table of backends. A further backend is a folder under `providers/`, a feature, and a row here.

use std::collections::BTreeMap;
use std::sync::Arc;

use afctl_contract::language::Site;
use afctl_contract::{
    Address, ApplyError, Backend, Driver, ErrorKind, Inventory, Owner, Problem, Readiness, Scope, Step, WriteToken,
};
use async_trait::async_trait;
use futures::future::BoxFuture;

/// Leads to the real thing behind a site of a facility.
type Connect = for<'a> fn(facility: &'a str, site: &'a Site) -> BoxFuture<'a, Result<Arc<dyn Driver>, Unseen>>;

/// A backend and the way to what it drives.
pub struct Entry {
    /// The pure half.
    pub backend: &'static dyn Backend,
    /// The same, to be kept.
    pub shared: fn() -> Arc<dyn Backend>,
    connect: Connect,
}

/// Every backend there is.
pub static BACKENDS: &[Entry] =
    &[Entry {
        backend: &afctl_kubernetes::Kubernetes,
        shared: || Arc::new(afctl_kubernetes::Kubernetes),
        connect: kubernetes::connect,
    }];

/// The backend that serves a site, if any does yet.
pub fn backend_for(site: &Site) -> Option<&'static Entry> {
    BACKENDS.iter().find(|entry| entry.backend.serves(site))
}

impl Entry {
    /// A driver for the real thing. Where none can be had, one that says why whenever it is asked: a site that cannot
    /// be reached is unknown, and does not stop the others.
    pub async fn driver(&self, facility: &str, site: &Site) -> Arc<dyn Driver> {
        match (self.connect)(facility, site).await {
            Ok(driver) => driver,
            Err(unseen) => Arc::new(unseen),
        }
    }
}

/// A site that cannot be reached, and why.
#[derive(Debug, Clone)]
pub struct Unseen {
    /// What was tried.
    pub target: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

#[async_trait]
impl Driver for Unseen {
    fn target(&self) -> String {
        self.target.clone()
    }

    async fn observe(&self, _: &Owner, _: &[Address]) -> Inventory {
        Inventory {
            problems: vec![Problem {
                scope: Scope::Site,
                message: self.message.clone(),
                help: self.help.clone(),
            }],
            ..Inventory::empty(jiff::Timestamp::UNIX_EPOCH)
        }
    }

    async fn apply(&self, _: &Step, _: &WriteToken) -> Result<(), ApplyError> {
        Err(ApplyError::new(ErrorKind::Other, self.message.clone()))
    }

    async fn ready(&self, _: &Owner, _: &[Address]) -> BTreeMap<Address, Readiness> {
        BTreeMap::new()
    }
}

#[cfg(feature = "kubernetes")]
mod kubernetes {
    use super::*;

    pub(super) fn connect<'a>(
        facility: &'a str,
        site: &'a Site,
    ) -> BoxFuture<'a, Result<Arc<dyn Driver>, Unseen>> {
        Box::pin(async move {
            let settings = site.kubernetes().cloned().unwrap_or_default();
            let target = settings.context.as_ref().map_or_else(
                || "kubernetes, the current context".to_owned(),
                |context| format!("kubernetes, context {context}"),
            );
            match afctl_kubernetes::driver::KubernetesDriver::connect(&settings, facility).await {
                Ok(driver) => Ok(Arc::new(driver) as Arc<dyn Driver>),
                Err(error) => {
                    Err(Unseen { target, message: error.message.clone(), help: error.help.clone() })
                }
            }
        })
    }
}

#[cfg(not(feature = "kubernetes"))]
mod kubernetes {
    use super::*;

    pub(super) fn connect<'a>(
        _: &'a str,
        _: &'a Site,
    ) -> BoxFuture<'a, Result<Arc<dyn Driver>, Unseen>> {
        Box::pin(async {
            Err(Unseen {
                target: "kubernetes".to_owned(),
                message: "this afctl was built without the Kubernetes driver".to_owned(),
                help: Some("build it with the default features, or use --sandbox".to_owned()),
            })
        })
    }
}
