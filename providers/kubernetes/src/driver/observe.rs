//! Looking at a cluster.
//!
//! Guarantees: everything that bears the owner's marks is in the inventory, or its kind is among the problems; the
//! number of requests grows with the number of kinds and namespaces, not of objects. A server that does not answer costs
//! one bounded wait, whatever is asked of it. Assumes that what is ours bears our labels, which `apply` sees to.

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::{Address, Inventory, Observed, Owner, Problem, Scope};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde::Deserialize;
use serde_json::Value;

use super::errors::{self, Right};
use super::list::list;
use super::nodes::Node;
use super::obstacles::{self, Meta};
use super::wire::{Call, Failure, METADATA_LIST, Wire};
use super::{object, record};
use crate::kinds::{self, Kind};
use crate::labels;

/// From how many namespaces on a kind is listed in all of them at once.
pub(super) const NAMESPACES_ONE_BY_ONE: usize = 16;

/// Looks at everything of the owner's, and at what stands where `wanted` are to be.
pub(super) async fn observe(wire: &Wire, namespace: &str, owner: &Owner, wanted: &[Address]) -> Inventory {
    let mut inventory = Inventory::empty(jiff::Timestamp::now());
    // Credentials first: all lists would wait for them, and all would fail for want of them.
    if let Err(failure) = wire.client().await {
        inventory.problems.push(site_problem(&failure));
        return inventory;
    }
    // Without the record, what is lost looks as if it had never been there, and nothing else changes.
    let recorded = async { Ok(record::read(wire, namespace, owner).await.unwrap_or_default()) };
    match futures::try_join!(marked(wire, owner, wanted, &mut inventory), recorded) {
        Ok(((), recorded)) => inventory.recorded = recorded,
        // Nothing that was seen counts where not all could be.
        Err(problem) => {
            return Inventory { problems: vec![problem], ..Inventory::empty(inventory.taken_at) };
        }
    }
    let (unseen, namespaces) = (unseen(wanted, &inventory), namespaces(&inventory));
    let (claims, found) =
        futures::join!(claims(wire, &namespaces), obstacles::find(wire, owner, &unseen, &namespaces));
    count_claims(&mut inventory, &claims);
    for (kind, found) in found {
        match found {
            Ok(found) => found.into_iter().for_each(|seen| inventory.insert(seen)),
            Err(failure) => inventory.problems.push(kind_problem(kind, &failure)),
        }
    }
    inventory
}

/// Everything that bears our marks, one list a kind, all at once. Fails as a whole where the server does not answer.
async fn marked(
    wire: &Wire,
    owner: &Owner,
    wanted: &[Address],
    inventory: &mut Inventory,
) -> Result<(), Problem> {
    let all_nodes =
        wanted.iter().any(|address| address.kind == kinds::NODE.name || address.kind == kinds::NODE_POOL);
    let mut lists: FuturesUnordered<_> = kinds::ALL
        .iter()
        .map(|kind| async move {
            let seen = of_kind(wire, kind, owner, all_nodes).await;
            let absent = match &seen {
                Err(failure) => absent(wire, kind, failure).await,
                Ok(_) => None,
            };
            (*kind, seen, absent)
        })
        .collect();
    while let Some((kind, seen, absent)) = lists.next().await {
        match (seen, absent) {
            (Ok(seen), _) => seen.into_iter().for_each(|seen| inventory.insert(seen)),
            (Err(_), Some(reason)) => {
                inventory.missing_kinds.insert(kind.name.to_owned(), reason);
            }
            (Err(failure @ Failure::Silent(_)), None) => return Err(site_problem(&failure)),
            (Err(failure), None) if failure.refusal(401).is_some() => return Err(site_problem(&failure)),
            (Err(failure), None) => {
                let problem = kind_problem(kind, &failure);
                if *kind == kinds::NODE {
                    let scope = Scope::Kind(kinds::NODE_POOL.to_owned());
                    inventory.problems.push(Problem { scope, ..problem.clone() });
                }
                inventory.problems.push(problem);
            }
        }
    }
    inventory.problems.sort_by(|a, b| a.scope.cmp(&b.scope));
    Ok(())
}

async fn of_kind(
    wire: &Wire,
    kind: &'static Kind,
    owner: &Owner,
    all_nodes: bool,
) -> Result<Vec<Observed>, Failure> {
    let everything = Call::get(&kind.path(None));
    if *kind == kinds::NODE {
        let call =
            if all_nodes { everything } else { everything.with("labelSelector", &labels::selector(owner)) };
        return list(wire, &call, |node: Node| Some(node.observed(owner))).await;
    }
    let call = everything.with("labelSelector", &labels::selector(owner));
    list(wire, &call, |object: Value| object::observed(object, kind, owner)).await
}

/// Why the cluster does not know a kind whose list failed, `None` if it does know it.
async fn absent(wire: &Wire, kind: &Kind, failure: &Failure) -> Option<String> {
    #[derive(Deserialize)]
    struct Group {
        versions: Vec<Version>,
    }
    #[derive(Deserialize)]
    struct Version {
        version: String,
    }
    #[derive(Deserialize)]
    struct Served {
        resources: Vec<Resource>,
    }
    #[derive(Deserialize)]
    struct Resource {
        name: String,
    }

    // Who may not list a kind is told so even where there is none.
    if failure.refusal(404).is_none() && failure.refusal(403).is_none() {
        return None;
    }
    let (group, plural) = (kind.group(), kind.plural);
    if group.is_empty() {
        return None;
    }
    let served: Result<Served, _> = wire.ask(&Call::get(&format!("/apis/{}", kind.api_version))).await;
    match served {
        Ok(served) if served.resources.iter().any(|resource| resource.name == plural) => return None,
        Ok(_) => return Some(errors::absent(kind)),
        Err(error) if error.refusal(404).is_none() => return None,
        Err(_) => {}
    }
    let Ok(others) = wire.ask::<Group>(&Call::get(&format!("/apis/{group}"))).await else {
        return Some(errors::absent(kind));
    };
    let versions: Vec<&str> = others.versions.iter().map(|version| version.version.as_str()).collect();
    let help = kind.brought_by.map(|what| format!("; install {what}")).unwrap_or_default();
    Some(format!(
        "the cluster serves {plural}.{group} as {}, and afctl writes {}{help}",
        versions.join(", "),
        kind.version()
    ))
}

/// The namespaces that are ours.
fn namespaces(inventory: &Inventory) -> BTreeSet<String> {
    let ours = inventory.observed.keys().filter(|address| address.kind == kinds::NAMESPACE.name);
    ours.map(|address| address.name.clone()).collect()
}

/// How many claims there are in each namespace of ours, whoever made them.
async fn claims(wire: &Wire, ours: &BTreeSet<String>) -> Result<BTreeMap<String, usize>, Failure> {
    let kind = &kinds::PERSISTENT_VOLUME_CLAIM;
    let calls: Vec<Call> = match ours.len() {
        0 => return Ok(BTreeMap::new()),
        n if n <= NAMESPACES_ONE_BY_ONE => {
            ours.iter().map(|name| Call::get(&kind.path(Some(name)))).collect()
        }
        _ => vec![Call::get(&kind.path(None))],
    };
    let lists = calls.into_iter().map(|call| async move {
        list(wire, &call.accept(METADATA_LIST), |meta: Meta| Some(meta.metadata.namespace)).await
    });
    let mut counts = BTreeMap::new();
    for namespaces in futures::future::join_all(lists).await {
        for namespace in namespaces?.into_iter().filter(|namespace| ours.contains(namespace)) {
            *counts.entry(namespace).or_default() += 1;
        }
    }
    Ok(counts)
}

fn count_claims(inventory: &mut Inventory, claims: &Result<BTreeMap<String, usize>, Failure>) {
    if let Err(failure) = claims {
        inventory.problems.push(kind_problem(&kinds::PERSISTENT_VOLUME_CLAIM, failure));
    }
    for seen in inventory.observed.values_mut().filter(|seen| seen.address.kind == kinds::NAMESPACE.name) {
        seen.data = match claims {
            Ok(claims) => object::claims(claims.get(&seen.address.name).copied().unwrap_or(0)),
            // What may hold data is not deleted without its name.
            Err(_) => Some("PersistentVolumeClaims that could not be counted".to_owned()),
        };
        object::seal(seen);
    }
}

/// What is wanted and was not found by our marks, of kinds that were looked at.
fn unseen<'a>(wanted: &'a [Address], inventory: &Inventory) -> BTreeMap<&'static str, Vec<&'a Address>> {
    let mut unseen: BTreeMap<&'static str, Vec<&Address>> = BTreeMap::new();
    for address in wanted {
        let Some(kind) = kinds::find(&address.kind).filter(|kind| **kind != kinds::NODE) else { continue };
        let known = inventory.observed.contains_key(address)
            || inventory.missing_kinds.contains_key(kind.name)
            || inventory.unknown(kind.name).is_some();
        if !known {
            unseen.entry(kind.name).or_default().push(address);
        }
    }
    unseen
}

fn site_problem(failure: &Failure) -> Problem {
    let help = match failure {
        Failure::Silent(silence) => silence.help.clone(),
        Failure::Refused(_) => {
            Some("the credentials of the kubeconfig are not accepted; log in again".to_owned())
        }
    };
    Problem { scope: Scope::Site, message: failure.message().to_owned(), help }
}

fn kind_problem(kind: &Kind, failure: &Failure) -> Problem {
    let help = failure
        .refusal(403)
        .and_then(|refusal| Right::read(&refusal.status.message))
        .map(|right| right.help());
    Problem {
        scope: Scope::Kind(kind.name.to_owned()),
        message: format!("{} cannot be listed: {}", kind.plural, failure.message()),
        help,
    }
}
