//! What is there, is ours, and is no longer wanted.
//!
//! Deletions come in stages after everything else of the site: what stands on others goes first, by the backend's
//! rank. What holds data stays unless it is named, and so does what carries it. Nothing is deleted of a kind that could
//! not be seen whole, nor at a site where anything could not be seen at all.

use std::collections::{BTreeMap, BTreeSet};

use afctl_contract::{
    Action, Address, Management, Observed, Ownership, Path, Reason, Step, Withheld, WithheldKind,
};

use super::site::Site;
use super::{Draft, origin};

pub(super) fn plan_deletions(site: &Site<'_>, draft: &mut Draft) {
    let carriers = site.backend.carriers(site.inventory);
    let replaced: BTreeSet<Address> = draft
        .steps
        .iter()
        .filter(|step| step.action == Action::Replace)
        .map(|step| step.address.clone())
        .collect();
    let mut going: BTreeMap<&Address, &Observed> = BTreeMap::new();
    for seen in site.inventory.observed.values() {
        let address = &seen.address;
        let orphan = seen.ownership == Ownership::Ours && !draft.wanted.contains(address);
        if !orphan || site.inventory.unknown(&address.kind).is_some() {
            continue;
        }
        if let Some(withheld) = obstacle(site, seen, carriers.contains_key(address)) {
            draft.withhold(withheld);
            continue;
        }
        going.insert(address, seen);
    }
    let mut stages: BTreeMap<std::cmp::Reverse<u16>, Vec<&Observed>> = BTreeMap::new();
    for seen in going.values() {
        let stays = |carried: &&Address| {
            let there = site.inventory.observed.get(*carried).is_some_and(|seen| seen.deleting.is_none());
            there && !going.contains_key(*carried) && !replaced.contains(*carried)
        };
        if let Some(carried) = carriers.get(&seen.address).into_iter().flatten().find(stays) {
            draft.withhold(Withheld {
                address: seen.address.clone(),
                kind: WithheldKind::Held,
                why: format!("it is no longer wanted, and the {} that stands on it stays", carried.kind),
                help: None,
                origin: place(site, seen),
            });
            continue;
        }
        stages.entry(std::cmp::Reverse(site.backend.rank(&seen.address.kind))).or_default().push(seen);
    }
    for (stage, (_, group)) in (1..).zip(stages) {
        for seen in group {
            let step = deletion(site, seen, draft.next_id(), stage);
            draft.based_on.insert(seen.address.clone(), Some(seen.digest.clone()));
            draft.steps.push(step);
        }
    }
}

fn place(site: &Site<'_>, seen: &Observed) -> afctl_contract::Origin {
    let path = seen.origin.clone().unwrap_or_else(Path::root);
    // The entry itself is no longer in the file: the path says where it stood, without a line that means something else.
    if site.request.sources.contains(&path) {
        origin(&path, site.request.sources)
    } else {
        afctl_contract::Origin { path, position: None }
    }
}

/// Whether the user named the thing, or the namespace that it goes with, to be deleted with its data.
fn released(site: &Site<'_>, address: &Address) -> bool {
    let named = |address: &Address| site.request.delete_data.names(address);
    named(address)
        || address.namespace.as_ref().is_some_and(|namespace| {
            named(&Address {
                kind: "Namespace".to_owned(),
                namespace: None,
                name: namespace.clone(),
                ..address.clone()
            })
        })
}

/// Why a thing stays for now. What is in a carrier is lost with what stands on it, so that decides.
fn obstacle(site: &Site<'_>, seen: &Observed, carrier: bool) -> Option<Withheld> {
    let address = &seen.address;
    let withheld = |kind, why: String, help: Option<String>| Withheld {
        address: address.clone(),
        kind,
        why,
        help,
        origin: place(site, seen),
    };
    if let Some(deleting) = &seen.deleting {
        return Some(withheld(
            WithheldKind::Waiting,
            format!("it is being deleted already: {deleting}"),
            None,
        ));
    }
    if site.backend.management(&address.kind) == Management::Fields {
        return None;
    }
    if let Some(data) = seen.data.as_ref().filter(|_| !carrier && !released(site, address)) {
        return Some(withheld(
            WithheldKind::Held,
            format!("it is no longer wanted, and holds {data}"),
            Some(format!("to delete it with its data, give --delete-data {address}")),
        ));
    }
    None
}

fn deletion(site: &Site<'_>, seen: &Observed, id: usize, stage: u32) -> Step {
    let management = site.backend.management(&seen.address.kind);
    Step {
        id,
        action: if management == Management::Fields { Action::Forget } else { Action::Delete },
        address: seen.address.clone(),
        management,
        reason: if site.request.destroy { Reason::Destroyed } else { Reason::Removed },
        fields: Vec::new(),
        forced_by: Vec::new(),
        disruption: seen.data.as_ref().map(|data| format!("loses {data}")),
        desired: None,
        requires: Vec::new(),
        after: Vec::new(),
        stage,
        handle: seen.handle.clone(),
        origin: place(site, seen),
        field_origins: Vec::new(),
    }
}

/// What the backend's memory of applied things lacks, and what it holds for nothing.
pub(super) fn settle_record(site: &Site<'_>, draft: &mut Draft) {
    let recorded = &site.inventory.recorded;
    let ours = site.inventory.observed.values().filter(|seen| seen.ownership == Ownership::Ours);
    let unrecorded =
        ours.filter(|seen| draft.wanted.contains(&seen.address) && !recorded.contains(&seen.address));
    draft.unrecorded = unrecorded.map(|seen| seen.address.clone()).collect();
    let gone = recorded.iter().filter(|address| {
        !draft.wanted.contains(address)
            && !site.inventory.observed.contains_key(*address)
            && site.inventory.unknown(&address.kind).is_none()
    });
    draft.outdated = gone.cloned().collect();
}
