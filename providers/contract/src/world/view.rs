//! Reading the simulated world as it was at one moment.

use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata};

use super::fault::Rule;
use super::tables::{CALLS, HISTORY, META, RECORDED, RULES, STRUCK, Stored, THINGS, decode, parsed, unpack};
use super::thing::{Done, Thing};
use crate::resource::Address;

/// What was committed, as it was at one moment.
pub(super) struct View {
    inner: ReadTransaction,
}

impl View {
    pub(super) const fn new(inner: ReadTransaction) -> Self {
        Self { inner }
    }

    /// A counter or setting.
    pub(super) fn meta(&self, name: &str) -> Stored<u64> {
        Ok(self.inner.open_table(META)?.get(name)?.map_or(0, |found| found.value()))
    }

    /// One thing.
    pub(super) fn thing(&self, address: &Address) -> Stored<Option<Thing>> {
        let table = self.inner.open_table(THINGS)?;
        table.get(address.to_string().as_str())?.map(|found| unpack(found.value())).transpose()
    }

    /// Every thing of a site and backend, or of all, in the order of the texts of their addresses.
    pub(super) fn things(&self, of: Option<(&str, &str)>) -> Stored<Things> {
        let table = self.inner.open_table(THINGS)?;
        // `0` is the character after `/`.
        let range = of.map(|(site, backend)| (format!("{site}/{backend}/"), format!("{site}/{backend}0")));
        let found = match &range {
            Some((from, to)) => table.range(from.as_str()..to.as_str())?,
            None => table.range::<&str>(..)?,
        };
        let mut kept = Vec::new();
        for entry in found {
            let (key, value) = entry?;
            kept.push((key.value().to_owned(), value.value().to_owned()));
        }
        Ok(Things(kept))
    }

    /// The addresses of all things.
    pub(super) fn addresses(&self) -> Stored<Vec<Address>> {
        let table = self.inner.open_table(THINGS)?;
        table.iter()?.map(|entry| parsed(entry?.0.value())).collect()
    }

    /// How many things there are.
    pub(super) fn len(&self) -> Stored<u64> {
        Ok(self.inner.open_table(THINGS)?.len()?)
    }

    /// What a facility keeps in mind at a site.
    pub(super) fn recorded(&self, facility: &str, site: &str, backend: &str) -> Stored<Vec<Address>> {
        let table = self.inner.open_table(RECORDED)?;
        let (from, to) = (format!("{site}/{backend}/"), format!("{site}/{backend}0"));
        table
            .range((facility, from.as_str())..(facility, to.as_str()))?
            .map(|entry| parsed(entry?.0.value().1))
            .collect()
    }

    /// The rules, with how often each matched and struck in all.
    pub(super) fn rules(&self) -> Stored<Vec<(u64, Rule, u64)>> {
        let struck = self.inner.open_table(STRUCK)?;
        let mut rules = Vec::new();
        for entry in self.inner.open_table(RULES)?.iter()? {
            let (id, rule) = entry?;
            let id = id.value();
            let mut times = 0;
            for entry in struck.range((id, "")..(id + 1, ""))? {
                times += entry?.1.value().1;
            }
            rules.push((id, decode(rule.value())?, times));
        }
        Ok(rules)
    }

    /// Verb, kind, calls, and those that changed something.
    pub(super) fn calls(&self) -> Stored<Vec<(String, String, u64, u64)>> {
        let table = self.inner.open_table(CALLS)?;
        let mut calls = Vec::new();
        for entry in table.iter()? {
            let (key, value) = entry?;
            let ((verb, kind), (tried, changed)) = (key.value(), value.value());
            calls.push((verb.to_owned(), kind.to_owned(), tried, changed));
        }
        Ok(calls)
    }

    /// What happened to a thing, oldest first.
    pub(super) fn history(&self, address: &Address) -> Stored<Vec<Done>> {
        let table = self.inner.open_table(HISTORY)?;
        let key = address.to_string();
        table
            .range((key.as_str(), 0)..=(key.as_str(), u64::MAX))?
            .map(|entry| decode(entry?.1.value()))
            .collect()
    }
}

/// Things as they are kept: address and content.
pub(super) struct Things(Vec<(String, Vec<u8>)>);

/// From how many things on several threads read them.
const MANY: usize = 4096;
/// How many.
const THREADS: usize = 4;

impl Things {
    /// The texts of the addresses.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// What `make` makes of each, in order; nothing where it makes nothing.
    pub(super) fn read<T: Send>(self, make: impl Fn(Address, Thing) -> Option<T> + Sync) -> Stored<Vec<T>> {
        let read = |kept: &[(String, Vec<u8>)]| -> Stored<Vec<T>> {
            let mut made = Vec::with_capacity(kept.len());
            for (key, bytes) in kept {
                made.extend(make(parsed(key)?, unpack(bytes)?));
            }
            Ok(made)
        };
        if self.0.len() < MANY {
            return read(&self.0);
        }
        std::thread::scope(|scope| {
            let parts: Vec<_> = self
                .0
                .chunks(self.0.len().div_ceil(THREADS))
                .map(|part| scope.spawn(move || read(part)))
                .collect();
            let mut made = Vec::with_capacity(self.0.len());
            for part in parts {
                // A thread that panicked has broken an invariant, and says so here.
                made.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(made)
        })
    }
}
