//! How the simulated world is looked at.
//!
//! What a fault hides is in the inventory's problems, and is not in what was observed.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::{WorldDriver, broken};
use super::fault::{Effect, On, Struck, kind_fits, stopped};
use super::tables::{Stored, home};
use super::thing::Thing;
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
        let mut found: Vec<(Address, Thing)> = Vec::new();
        let mut claims: BTreeMap<Address, usize> = BTreeMap::new();
        view.things(Some((&self.site, self.backend.name())), |address, thing| {
            if address.kind == "PersistentVolumeClaim"
                && let Some(home) = home(&address)
            {
                *claims.entry(home).or_default() += 1;
            }
            let management = self.backend.management(&address.kind);
            let is_ours = thing.ownership(&owner.facility, management) == Ownership::Ours;
            if is_ours || thing.given || wanted.contains(&address) {
                found.push((address, thing));
            }
        })?;
        let mut kinds: BTreeSet<String> = found.iter().map(|(address, _)| address.kind.clone()).collect();
        kinds.extend(wanted.iter().map(|address| address.kind.clone()));
        for (effect, pattern) in struck.effect.into_iter().chain(struck.more) {
            hide(effect, pattern.as_deref(), &kinds, inventory);
        }
        for (address, thing) in found {
            if inventory.unknown(&address.kind).is_none()
                && !inventory.missing_kinds.contains_key(&address.kind)
            {
                let management = self.backend.management(&address.kind);
                let claims = claims.get(&address).copied().unwrap_or(0);
                inventory.insert(thing.observed(address, owner, management, claims));
            }
        }
        let recorded = view.recorded(&owner.facility, &self.site, self.backend.name())?;
        inventory.recorded.extend(recorded);
        Ok(())
    }
}

/// Puts down what a fault keeps from being seen.
fn hide(effect: Effect, pattern: Option<&str>, kinds: &BTreeSet<String>, inventory: &mut Inventory) {
    let named = |pattern: &str| -> Vec<String> {
        let fitting: Vec<String> = kinds.iter().filter(|kind| kind_fits(pattern, kind)).cloned().collect();
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
