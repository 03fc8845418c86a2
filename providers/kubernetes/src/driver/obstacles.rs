//! What stands, not ours, where something of ours is to be.
//!
//! Guarantees: what is found is given whole, so that a plan can say what taking it over would change. Where little is
//! looked for it is asked for by name; where much is, names are listed first, and only in namespaces that exist, so a
//! new facility costs a request or two.

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::{Address, Observed, Owner};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::list::{list, patiently};
use super::object;
use super::observe::NAMESPACES_ONE_BY_ONE;
use super::wire::{Call, Failure, METADATA, METADATA_LIST, WHOLE, Wire, escape};
use crate::kinds::{self, Kind};

/// Up to how many things of a kind in one place are asked for by name.
const BY_NAME: usize = 4;

/// An object's metadata, as far as it says which it is.
#[derive(Deserialize)]
pub(super) struct Meta {
    pub metadata: Name,
}

/// Which an object is.
#[derive(Deserialize)]
pub(super) struct Name {
    pub name: String,
    #[serde(default)]
    pub namespace: String,
}

/// Things by kind, or why they cannot be seen.
type Found = Vec<(&'static Kind, Result<Vec<Observed>, Failure>)>;

/// Finds what is there of `unseen`, given by kind; `ours` are namespaces that are known to exist.
pub(super) async fn find(
    wire: &Wire,
    owner: &Owner,
    unseen: &BTreeMap<&'static str, Vec<&Address>>,
    ours: &BTreeSet<String>,
) -> Found {
    let existing = match existing(wire, unseen, ours).await {
        Ok(existing) => existing,
        // Without the namespaces it is not known of anything in them whether it is there.
        Err(failure) => {
            let kinds = unseen.keys().filter_map(|name| kinds::find(name));
            return kinds.map(|kind| (kind, Err(failure.clone()))).collect();
        }
    };
    let searches = unseen.iter().filter_map(|(name, wanted)| {
        let kind = kinds::find(name)?;
        let wanted: Vec<&Address> = wanted
            .iter()
            .copied()
            .filter(|address| address.namespace.as_ref().is_none_or(|namespace| existing.contains(namespace)))
            .collect();
        Some(async move { (kind, of_kind(wire, owner, kind, wanted).await) })
    });
    join_all(searches).await
}

/// The namespaces, among those in which something is wanted, that exist.
async fn existing(
    wire: &Wire,
    unseen: &BTreeMap<&'static str, Vec<&Address>>,
    ours: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Failure> {
    let wanted: BTreeSet<&String> =
        unseen.values().flatten().filter_map(|address| address.namespace.as_ref()).collect();
    let mut existing: BTreeSet<String> =
        wanted.iter().copied().filter(|name| ours.contains(*name)).cloned().collect();
    let unknown: Vec<&String> = wanted.into_iter().filter(|name| !ours.contains(*name)).collect();
    let namespaces =
        present(wire, &kinds::NAMESPACE, None, unknown.iter().map(|name| name.as_str()).collect()).await?;
    existing.extend(namespaces.into_iter().map(|name| name.name));
    Ok(existing)
}

async fn of_kind(
    wire: &Wire,
    owner: &Owner,
    kind: &'static Kind,
    wanted: Vec<&Address>,
) -> Result<Vec<Observed>, Failure> {
    let mut places: BTreeMap<Option<&str>, BTreeSet<&str>> = BTreeMap::new();
    for address in &wanted {
        places.entry(address.namespace.as_deref()).or_default().insert(&address.name);
    }
    let mut names: Vec<(String, String)> = Vec::new();
    if places.len() > NAMESPACES_ONE_BY_ONE {
        let call = Call::get(&kind.path(None)).accept(METADATA_LIST);
        let is_wanted = |meta: Meta| {
            let Name { name, namespace } = meta.metadata;
            let wanted =
                places.get(&Some(namespace.as_str())).is_some_and(|names| names.contains(name.as_str()));
            wanted.then_some((namespace, name))
        };
        names = list(wire, &call, is_wanted).await?;
    } else {
        let searches = places.into_iter().map(|(namespace, names)| present(wire, kind, namespace, names));
        for found in join_all(searches).await {
            names.extend(found?.into_iter().map(|name| (name.namespace, name.name)));
        }
    }
    let whole = names.iter().map(|(namespace, name)| get(wire, kind, namespace, name, WHOLE));
    let mut seen = Vec::new();
    for object in join_all(whole).await {
        // What went away between the two questions is not there.
        seen.extend(object?.and_then(|object: Value| object::observed(object, kind, owner)));
    }
    Ok(seen)
}

/// Which of these names there are in one place.
async fn present(
    wire: &Wire,
    kind: &Kind,
    namespace: Option<&str>,
    names: BTreeSet<&str>,
) -> Result<Vec<Name>, Failure> {
    if names.len() > BY_NAME {
        let call = Call::get(&kind.path(namespace)).accept(METADATA_LIST);
        return list(wire, &call, |meta: Meta| {
            names.contains(meta.metadata.name.as_str()).then_some(meta.metadata)
        })
        .await;
    }
    let gets =
        names.into_iter().map(|name| get::<Meta>(wire, kind, namespace.unwrap_or_default(), name, METADATA));
    let found: Result<Vec<Option<Meta>>, Failure> = join_all(gets).await.into_iter().collect();
    Ok(found?.into_iter().flatten().map(|meta| meta.metadata).collect())
}

async fn get<T: serde::de::DeserializeOwned>(
    wire: &Wire,
    kind: &Kind,
    namespace: &str,
    name: &str,
    accept: &'static str,
) -> Result<Option<T>, Failure> {
    let namespace = (!namespace.is_empty()).then_some(namespace);
    let call = Call::get(&format!("{}/{}", kind.path(namespace), escape(name))).accept(accept);
    let deadline = tokio::time::Instant::now() + super::wire::READ_LIMIT;
    match patiently(wire, &call, deadline).await {
        Ok(object) => Ok(Some(object)),
        Err(failure) if failure.refusal(404).is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}
