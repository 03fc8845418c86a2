//! How the simulated world is looked at.
//!
//! What a fault hides is in the inventory's problems, and is not in what was observed.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::{WorldDriver, broken};
use super::fault::{Effect, On, Struck, kind_fits, stopped};
use super::tables::Stored;
use crate::inventory::{Inventory, Owner, Ownership, Problem, Scope};
use crate::resource::Address;

impl WorldDriver {
    /// Looks at everything of the owner's, at what stands where `wanted` are to be, and at what was given.
    pub(super) async fn look(&self, owner: &Owner, wanted: &[Address]) -> Inventory {
        let mut inventory = Inventory::empty((self.world.clock)());
        let entered = self.world.store.write(|tx| {
            tx.count("observe", "*", 1, 0)?;
            self.enter(tx, On::Observe, None)
        });
        let problem = match entered {
            Ok(Some(struck)) => {
                if !struck.delay.is_zero() {
                    tokio::time::sleep(struck.delay).await;
                }
                match self.survey(owner, wanted, struck, &mut inventory) {
                    Ok(()) => return inventory,
                    Err(error) => broken(&error),
                }
            }
            Ok(None) => stopped(),
            Err(error) => broken(&error),
        };
        inventory.observed.clear();
        inventory.problems =
            vec![Problem { scope: Scope::Site, message: problem.message, help: problem.help }];
        inventory
    }

    fn survey(
        &self,
        owner: &Owner,
        wanted: &[Address],
        struck: Struck,
        inventory: &mut Inventory,
    ) -> Stored<()> {
        let view = self.world.store.read()?;
        let wanted: BTreeSet<&Address> = wanted.iter().collect();
        let kept = view.things(Some((&self.site, self.backend.name())))?;
        let claims = claims(kept.keys(), &format!("{}/{}/", self.site, self.backend.name()));
        let backend = &self.backend;
        let found = kept.read(|address, thing| {
            let management = backend.management(&address.kind);
            let is_ours = thing.ownership(&owner.facility, management) == Ownership::Ours;
            (is_ours || thing.given || wanted.contains(&address)).then(|| {
                let is_namespace = address.kind == "Namespace";
                let claims = is_namespace.then(|| claims.get(&address.name).copied()).flatten().unwrap_or(0);
                thing.observed(address, owner, management, claims)
            })
        })?;
        let kinds: BTreeSet<&str> =
            found.iter().map(|seen| &seen.address).chain(wanted).map(|a| a.kind.as_str()).collect();
        for (effect, pattern) in struck.effect.into_iter().chain(struck.more) {
            hide(effect, pattern.as_deref(), &kinds, inventory);
        }
        let is_hidden =
            |kind: &str| inventory.unknown(kind).is_some() || inventory.missing_kinds.contains_key(kind);
        let hidden: BTreeSet<String> =
            kinds.into_iter().filter(|kind| is_hidden(kind)).map(str::to_owned).collect();
        let visible = found.into_iter().filter(|seen| !hidden.contains(&seen.address.kind));
        inventory.observed = visible.map(|seen| (seen.address.clone(), seen)).collect();
        let recorded = view.recorded(&owner.facility, &self.site, self.backend.name())?;
        inventory.recorded.extend(recorded);
        Ok(())
    }
}

/// How many volumes are in each namespace, from the texts of addresses that begin with `here`.
fn claims<'k>(keys: impl Iterator<Item = &'k str>, here: &str) -> BTreeMap<String, usize> {
    let mut claims = BTreeMap::new();
    for key in keys {
        let claim = key.strip_prefix(here).and_then(|rest| rest.strip_prefix("PersistentVolumeClaim/"));
        if let Some((namespace, _)) = claim.and_then(|claim| claim.split_once('/')) {
            *claims.entry(namespace.to_owned()).or_default() += 1;
        }
    }
    claims
}

/// Puts down what a fault keeps from being seen.
fn hide(effect: Effect, pattern: Option<&str>, kinds: &BTreeSet<&str>, inventory: &mut Inventory) {
    let named = |pattern: &str| -> Vec<String> {
        let fitting: Vec<String> =
            kinds.iter().filter(|kind| kind_fits(pattern, kind)).map(ToString::to_string).collect();
        if fitting.is_empty() { vec![pattern.to_owned()] } else { fitting }
    };
    if let Effect::MissingKind(why) = effect {
        let missing = pattern.map(named).unwrap_or_default();
        inventory.missing_kinds.extend(missing.into_iter().map(|kind| (kind, why.clone())));
        return;
    }
    let Some(error) = effect.refusal() else { return };
    let scopes = pattern
        .map_or_else(|| vec![Scope::Site], |pattern| named(pattern).into_iter().map(Scope::Kind).collect());
    for scope in scopes {
        inventory.problems.push(Problem { scope, message: error.message.clone(), help: error.help.clone() });
    }
}
