//! The Kubernetes backend of afctl: a facility's accounts, pools, queues and storage as objects of a cluster.
//!
//! [`Kubernetes`] is the pure half: it compiles and judges, with no I/O. `driver`, a feature, is the only place that
//! talks to a cluster. What each entry of a strawman becomes is said in the modules of [`compile`], and for people in
//! `docs/kubernetes.md`.

pub mod classify;
pub mod compile;
#[cfg(feature = "driver")]
pub mod driver;
pub mod given;
pub mod kinds;
pub mod labels;
pub mod quantity;
pub mod render;
pub mod resolve;
#[cfg(test)]
mod testing;

use std::collections::BTreeMap;

use afctl_contract::language::Site;
use afctl_contract::{
    Address, Backend, Classified, Diagnostics, Facility, Graph, GraphError, Inventory, Management, Observed,
    Rendered, Resolved, Resource,
};
use serde_json::Value;

/// The Kubernetes backend.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kubernetes;

impl Backend for Kubernetes {
    fn name(&self) -> &'static str {
        compile::BACKEND
    }

    fn serves(&self, site: &Site) -> bool {
        site.kubernetes().is_some()
    }

    fn compile(
        &self,
        facility: &Facility,
        site: &str,
        findings: &mut Diagnostics,
    ) -> Result<Graph, GraphError> {
        compile::compile(facility, site, findings)
    }

    fn resolve(&self, graph: Graph, inventory: &Inventory) -> Resolved {
        resolve::resolve(graph, inventory)
    }

    fn classify(&self, observed: &Observed, desired: &Resource) -> Classified {
        classify::classify(observed, desired)
    }

    fn rank(&self, kind: &str) -> u16 {
        kinds::rank(kind)
    }

    fn management(&self, kind: &str) -> Management {
        kinds::find(kind).map_or(Management::Whole, |kind| kind.management)
    }

    /// A volume carries its claim: deleted before it, the volume would be in its end for as long as the claim lives,
    /// and could never be had again.
    fn carriers(&self, inventory: &Inventory) -> BTreeMap<Address, Vec<Address>> {
        let mut carriers: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for (address, seen) in &inventory.observed {
            let at = |kind: &kinds::Kind, namespace: Option<&str>, name: &str| Address {
                kind: kind.kind.to_owned(),
                namespace: namespace.map(str::to_owned),
                name: name.to_owned(),
                ..address.clone()
            };
            if address.kind == kinds::PERSISTENT_VOLUME.kind {
                let bound = &seen.live["spec"]["claimRef"];
                if let (Some(namespace), Some(name)) = (bound["namespace"].as_str(), bound["name"].as_str()) {
                    let claim = at(&kinds::PERSISTENT_VOLUME_CLAIM, Some(namespace), name);
                    carriers.entry(address.clone()).or_default().push(claim);
                }
            } else if address.kind == kinds::PERSISTENT_VOLUME_CLAIM.kind
                && let Some(volume) = seen.live["spec"]["volumeName"].as_str()
            {
                // Asked for, and perhaps not bound yet.
                carriers
                    .entry(at(&kinds::PERSISTENT_VOLUME, None, volume))
                    .or_default()
                    .push(address.clone());
            }
        }
        carriers
    }

    fn fingerprint(&self, resource: &Resource) -> String {
        labels::digest_of(&resource.desired)
    }

    fn render(&self, graph: &Graph) -> Vec<Rendered> {
        render::render(graph)
    }

    fn given(&self, facility: &Facility, site: &str) -> Vec<(Address, Value)> {
        given::given(facility, site)
    }
}
