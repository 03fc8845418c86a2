//! Writing to the simulated world: all of a transaction, or nothing.

use std::sync::MutexGuard;

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use super::fault::Rule;
use super::tables::{
    CALLS, GIVEN, HISTORY, LEAVING, MEMBERS, META, RECORDED, RULES, STRUCK, Stored, THINGS, decode, encode,
    home, meta, pack, parsed, unpack,
};
use super::thing::{Done, Thing};
use crate::resource::Address;

/// How many events of one thing are kept.
const KEPT: usize = 24;

/// A transaction that writes. Dropped without [`Tx::commit`], it was never there.
pub(super) struct Tx<'s> {
    inner: WriteTransaction,
    _turn: MutexGuard<'s, ()>,
}

impl<'s> Tx<'s> {
    pub(super) const fn new(inner: WriteTransaction, turn: MutexGuard<'s, ()>) -> Self {
        Self { inner, _turn: turn }
    }

    /// Makes the tables, so that readers find them.
    pub(super) fn make_tables(&self) -> Stored<()> {
        self.inner.open_table(THINGS)?;
        self.inner.open_table(MEMBERS)?;
        self.inner.open_table(LEAVING)?;
        self.inner.open_table(GIVEN)?;
        self.inner.open_table(RECORDED)?;
        self.inner.open_table(RULES)?;
        self.inner.open_table(STRUCK)?;
        self.inner.open_table(CALLS)?;
        self.inner.open_table(HISTORY)?;
        self.inner.open_table(META)?;
        Ok(())
    }

    /// Makes it so.
    pub(super) fn commit(self) -> Stored<()> {
        Ok(self.inner.commit()?)
    }

    /// A counter or setting.
    pub(super) fn meta(&self, name: &str) -> Stored<u64> {
        Ok(self.inner.open_table(META)?.get(name)?.map_or(0, |found| found.value()))
    }

    /// Sets a counter or setting.
    pub(super) fn set_meta(&self, name: &str, value: u64) -> Stored<()> {
        self.inner.open_table(META)?.insert(name, value)?;
        Ok(())
    }

    /// The next number of a counter, from 1.
    pub(super) fn next(&self, name: &str) -> Stored<u64> {
        let next = self.meta(name)? + 1;
        self.set_meta(name, next)?;
        Ok(next)
    }

    /// One thing.
    pub(super) fn thing(&self, address: &Address) -> Stored<Option<Thing>> {
        let table = self.inner.open_table(THINGS)?;
        table.get(address.to_string().as_str())?.map(|found| unpack(found.value())).transpose()
    }

    /// Keeps a thing; its generation and seal are set here.
    pub(super) fn put(&self, address: &Address, thing: &mut Thing) -> Stored<()> {
        thing.sealed();
        let key = address.to_string();
        self.inner.open_table(THINGS)?.insert(key.as_str(), pack(thing)?.as_slice())?;
        if let Some(home) = home(address) {
            self.inner.open_table(MEMBERS)?.insert((home.to_string().as_str(), key.as_str()), ())?;
        }
        Ok(())
    }

    /// Takes a thing away.
    pub(super) fn remove(&self, address: &Address) -> Stored<()> {
        let key = address.to_string();
        self.inner.open_table(THINGS)?.remove(key.as_str())?;
        self.inner.open_table(LEAVING)?.remove(key.as_str())?;
        if let Some(home) = home(address) {
            self.inner.open_table(MEMBERS)?.remove((home.to_string().as_str(), key.as_str()))?;
        }
        Ok(())
    }

    /// What is in a namespace.
    pub(super) fn members(&self, namespace: &Address) -> Stored<Vec<Address>> {
        let table = self.inner.open_table(MEMBERS)?;
        let key = namespace.to_string();
        table
            .range((key.as_str(), "")..(format!("{key}\0").as_str(), ""))?
            .map(|entry| parsed(entry?.0.value().1))
            .collect()
    }

    /// What is being deleted, and for how many operations more.
    pub(super) fn leaving(&self) -> Stored<Vec<(Address, u64)>> {
        let table = self.inner.open_table(LEAVING)?;
        table
            .iter()?
            .map(|entry| {
                let (key, left) = entry?;
                Ok((parsed(key.value())?, left.value()))
            })
            .collect()
    }

    /// Says for how many operations a thing that is being deleted stays.
    pub(super) fn set_leaving(&self, address: &Address, operations: u64) -> Stored<()> {
        self.inner.open_table(LEAVING)?.insert(address.to_string().as_str(), operations)?;
        Ok(())
    }

    /// Keeps the digest of what was given; gives back that of the last time.
    pub(super) fn given(&self, address: &Address, digest: &str) -> Stored<Option<String>> {
        let mut table = self.inner.open_table(GIVEN)?;
        let before = table.insert(address.to_string().as_str(), digest)?;
        Ok(before.map(|before| before.value().to_owned()))
    }

    /// Keeps in mind that a facility applied this, or that it did not.
    pub(super) fn set_recorded(&self, facility: &str, address: &Address, applied: bool) -> Stored<()> {
        let mut table = self.inner.open_table(RECORDED)?;
        let key = address.to_string();
        if applied {
            table.insert((facility, key.as_str()), ())?;
        } else {
            table.remove((facility, key.as_str()))?;
        }
        Ok(())
    }

    /// The rules, in the order they were made.
    pub(super) fn rules(&self) -> Stored<Vec<(u64, Rule)>> {
        let table = self.inner.open_table(RULES)?;
        table
            .iter()?
            .map(|entry| {
                let (id, rule) = entry?;
                Ok((id.value(), decode(rule.value())?))
            })
            .collect()
    }

    /// Keeps a rule.
    pub(super) fn put_rule(&self, id: u64, rule: &Rule) -> Stored<()> {
        self.inner.open_table(RULES)?.insert(id, encode(rule)?.as_slice())?;
        Ok(())
    }

    /// Takes all rules away, or one; says whether there was any.
    pub(super) fn drop_rules(&self, one: Option<u64>) -> Stored<bool> {
        let mut table = self.inner.open_table(RULES)?;
        let before = table.len()?;
        table.retain(|id, _| one.is_some_and(|one| one != id))?;
        self.inner.open_table(STRUCK)?.retain(|(id, _), _| one.is_some_and(|one| one != id))?;
        Ok(table.len()? < before)
    }

    /// How often a rule matched and struck, for all or for one address.
    pub(super) fn struck(&self, rule: u64, of: &str) -> Stored<(u64, u64)> {
        Ok(self.inner.open_table(STRUCK)?.get((rule, of))?.map_or((0, 0), |found| found.value()))
    }

    /// Sets how often a rule matched and struck.
    pub(super) fn set_struck(&self, rule: u64, of: &str, counts: (u64, u64)) -> Stored<()> {
        self.inner.open_table(STRUCK)?.insert((rule, of), counts)?;
        Ok(())
    }

    /// Counts calls, and those that changed something.
    pub(super) fn count(&self, verb: &str, kind: &str, more: u64, effective: u64) -> Stored<()> {
        let mut table = self.inner.open_table(CALLS)?;
        let (tried, changed) = table.get((verb, kind))?.map_or((0, 0), |found| found.value());
        table.insert((verb, kind), (tried + more, changed + effective))?;
        Ok(())
    }

    /// Notes what happened to a thing; only the latest events of each are kept.
    pub(super) fn note(&self, address: &Address, done: &Done) -> Stored<()> {
        let number = self.next(meta::EVENT)?;
        let mut table = self.inner.open_table(HISTORY)?;
        let key = address.to_string();
        table.insert((key.as_str(), number), encode(done)?.as_slice())?;
        let kept: Vec<u64> = table
            .range((key.as_str(), 0)..=(key.as_str(), u64::MAX))?
            .map(|entry| Ok(entry?.0.value().1))
            .collect::<Stored<_>>()?;
        for old in kept.iter().rev().skip(KEPT) {
            table.remove((key.as_str(), *old))?;
        }
        Ok(())
    }

    /// Takes away everything but the counters that must not go back: what was seen before stays recognisably old.
    pub(super) fn clear(&self) -> Stored<()> {
        self.inner.open_table(THINGS)?.retain(|_, _| false)?;
        self.inner.open_table(MEMBERS)?.retain(|_, ()| false)?;
        self.inner.open_table(LEAVING)?.retain(|_, _| false)?;
        self.inner.open_table(GIVEN)?.retain(|_, _| false)?;
        self.inner.open_table(RECORDED)?.retain(|_, ()| false)?;
        self.inner.open_table(HISTORY)?.retain(|_, _| false)?;
        self.inner.open_table(CALLS)?.retain(|_, _| false)?;
        self.drop_rules(None)?;
        self.set_meta(meta::STOPPED, 0)
    }
}
