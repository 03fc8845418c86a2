//! The one table of backends. A further backend is a folder under `providers/`, a feature, and a row here.

use std::collections::BTreeMap;
use std::sync::Arc;

use afctl_contract::language::Site;
use afctl_contract::{
    Address, ApplyError, Backend, Driver, ErrorKind, Inventory, Owner, Problem, Readiness, Scope, Step,
    WriteToken,
};
use async_trait::async_trait;

/// Leads to the real thing behind a site. Asks nothing of it yet.
type Connect = fn(&Site) -> Result<Arc<dyn Driver>, Unseen>;

/// A backend and the way to what it drives.
pub struct Entry {
    /// The pure half.
    pub backend: &'static dyn Backend,
    /// The same, to be kept.
    pub shared: fn() -> Arc<dyn Backend>,
    connect: Connect,
}

/// Every backend there is.
pub static BACKENDS: &[Entry] = &[Entry {
    backend: &afctl_kubernetes::Kubernetes,
    shared: || Arc::new(afctl_kubernetes::Kubernetes),
    connect: connect_kubernetes,
}];

/// The backend that serves a site, if any does yet.
pub fn backend_for(site: &Site) -> Option<&'static Entry> {
    BACKENDS.iter().find(|entry| entry.backend.serves(site))
}

impl Entry {
    /// A driver for the real thing. Where none can be had, one that says why whenever it is asked: a site that cannot
    /// be reached is unknown, and does not stop the others.
    pub fn driver(&self, site: &Site) -> Arc<dyn Driver> {
        (self.connect)(site).unwrap_or_else(|unseen| Arc::new(unseen))
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
fn connect_kubernetes(site: &Site) -> Result<Arc<dyn Driver>, Unseen> {
    let settings = site.kubernetes().cloned().unwrap_or_default();
    match afctl_kubernetes::driver::KubernetesDriver::connect(&settings) {
        Ok(driver) => Ok(Arc::new(driver)),
        Err(error) => {
            let target = settings.context.as_ref().map_or_else(
                || "kubernetes, the current context".to_owned(),
                |context| format!("kubernetes, context {context}"),
            );
            Err(Unseen { target, message: error.message, help: error.help })
        }
    }
}

#[cfg(not(feature = "kubernetes"))]
fn connect_kubernetes(_: &Site) -> Result<Arc<dyn Driver>, Unseen> {
    Err(Unseen {
        target: "kubernetes".to_owned(),
        message: "this afctl was built without the Kubernetes driver".to_owned(),
        help: Some("build it with the default features, or use --sandbox".to_owned()),
    })
}
