//! What was applied, kept in the cluster.
//!
//! Guarantees: one `ConfigMap` beside the facility's own things, with one key for each thing, so that adding and taking
//! away is one request, may be repeated, and never undoes what another afctl writes at the same time. It bears none of
//! the marks of [`crate::labels::selector`]: it is no resource of the facility. Its loss costs only the difference
//! between what was lost and what was never made.

use std::collections::BTreeSet;

use afctl_contract::{Address, ApplyError, Owner};
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::errors::{self, About};
use super::list::patiently;
use super::object;
use super::wire::{Call, Failure, READ_LIMIT, Wire};
use crate::kinds::{self, CONFIG_MAP};
use crate::labels::{MANAGED_BY, MANAGER, dns_label};

/// Parts a key; no name of Kubernetes has it.
const PART: char = '_';
/// The most letters of a key.
const LONGEST_KEY: usize = 253;

fn name(owner: &Owner) -> String {
    dns_label(&format!("afctl-record-{}-{}", owner.facility, owner.site), 63)
}

fn path(namespace: &str, owner: &Owner) -> String {
    format!("{}/{}", CONFIG_MAP.path(Some(namespace)), name(owner))
}

/// An address as a key of a `ConfigMap`; `None` where it cannot be one.
fn key(address: &Address) -> Option<String> {
    let namespace = address.namespace.as_deref().unwrap_or_default();
    // Names of roles may have a colon, which no key may.
    let name = address.name.replace(':', "_.");
    let key = format!("{}{PART}{namespace}{PART}{name}", address.kind);
    let fits = key.len() <= LONGEST_KEY
        && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    fits.then_some(key)
}

fn address(key: &str, owner: &Owner) -> Option<Address> {
    let mut parts = key.splitn(3, PART);
    let (kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    let namespace = (!namespace.is_empty()).then_some(namespace);
    Some(object::address(kinds::find(kind)?, owner, namespace, &name.replace("_.", ":")))
}

/// What was applied.
pub(super) async fn read(wire: &Wire, namespace: &str, owner: &Owner) -> Result<BTreeSet<Address>, Failure> {
    #[derive(Deserialize)]
    struct Record {
        #[serde(default)]
        data: Map<String, Value>,
    }
    let deadline = tokio::time::Instant::now() + READ_LIMIT;
    match patiently::<Record>(wire, &Call::get(&path(namespace, owner)), deadline).await {
        Ok(record) => Ok(record.data.keys().filter_map(|key| address(key, owner)).collect()),
        Err(failure) if failure.refusal(404).is_some() => Ok(BTreeSet::new()),
        Err(failure) => Err(failure),
    }
}

/// Adds and takes away.
pub(super) async fn write(
    wire: &Wire,
    namespace: &str,
    owner: &Owner,
    applied: &[Address],
    gone: &[Address],
) -> Result<(), ApplyError> {
    let about = object::address(&CONFIG_MAP, owner, Some(namespace), &name(owner));
    let result = patch_or_create(wire, namespace, owner, applied, gone).await;
    result.map_err(|failure| errors::explain(&failure, About { kind: &CONFIG_MAP, address: &about }))
}

async fn patch_or_create(
    wire: &Wire,
    namespace: &str,
    owner: &Owner,
    applied: &[Address],
    gone: &[Address],
) -> Result<(), Failure> {
    let gone = gone.iter().filter_map(key).map(|key| (key, Value::Null));
    let applied: Map<String, Value> = applied.iter().filter_map(key).map(|key| (key, "".into())).collect();
    let mut data: Map<String, Value> = gone.collect();
    data.extend(applied.clone());
    let at = path(namespace, owner);
    let patch = Call::write(Method::PATCH, &at, "application/merge-patch+json", &json!({ "data": data }))
        .with("fieldManager", MANAGER);
    let create = json!({
        "apiVersion": CONFIG_MAP.api_version,
        "kind": CONFIG_MAP.kind,
        "metadata": {"name": name(owner), "namespace": namespace, "labels": {MANAGED_BY: MANAGER}},
        "data": applied,
    });
    let create = Call::write(Method::POST, &CONFIG_MAP.path(Some(namespace)), "application/json", &create)
        .with("fieldManager", MANAGER);
    match wire.send(&patch).await {
        Err(failure) if failure.refusal(404).is_some() => {}
        result => return result.map(|_| ()),
    }
    match wire.send(&create).await {
        // Another afctl was quicker.
        Err(failure) if failure.refusal(409).is_some() => wire.send(&patch).await.map(|_| ()),
        // The namespace is gone or going, and the facility with it: there is nothing left to remember.
        Err(failure) if failure.refusal(404).is_some() || failure.message().contains("being terminated") => {
            Ok(())
        }
        result => result.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_back_from_keys() {
        let owner = Owner { facility: "af".into(), site: "s".into() };
        for text in [
            "s/kubernetes/Namespace/higgs",
            "s/kubernetes/RoleBinding.rbac.authorization.k8s.io/higgs/afctl:members",
            "s/kubernetes/ClusterQueue.kueue.x-k8s.io/af.higgs",
        ] {
            let wanted: Address = text.parse().unwrap();
            assert_eq!(address(&key(&wanted).unwrap(), &owner), Some(wanted));
        }
        assert_eq!(address("Unknown__x", &owner), None);
    }
}
