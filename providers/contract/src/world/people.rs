//! What people and tests do to the simulated world besides afctl: look, break, change, set right.

use serde::Serialize;
use serde_json::{Value, json};

use super::fault::Rule;
use super::step::{begin_delete, claims};
use super::tables::{Stored, meta};
use super::thing::{Done, Mark, Thing, overlay};
use super::tx::Tx;
use super::{Calls, Count, World, WorldError};
use crate::change::digest;
use crate::place::Path;
use crate::resource::Address;

/// One thing, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Its name.
    pub address: Address,
    /// All that the world knows of it.
    #[serde(flatten)]
    pub thing: Thing,
    /// What happened to it, oldest first.
    pub history: Vec<Done>,
}

/// Everything in the world.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// Things, in the order of their addresses.
    pub things: Vec<Shown>,
    /// Faults: number, rule, how often it struck.
    pub faults: Vec<(u64, Rule, u64)>,
    /// Whether every call is refused.
    pub stopped: bool,
    /// Operations so far.
    pub operations: u64,
    /// Calls so far.
    pub calls: Calls,
}

fn done(tx: &Tx<'_>, address: &Address, by: &str, what: String) -> Stored<()> {
    let op = tx.meta(meta::OPS)?;
    tx.note(address, &Done { op, by: by.to_owned(), what })
}

impl World {
    /// Things that are there without anybody making them. What was given before is left as it is, also if it is gone
    /// by now; what is given otherwise than before is changed accordingly.
    pub fn give(&self, objects: impl IntoIterator<Item = (Address, Value)>) -> Result<(), WorldError> {
        let objects: Vec<_> = objects.into_iter().collect();
        if objects.is_empty() {
            return Ok(());
        }
        Ok(self.store.write(|tx| {
            for (address, live) in &objects {
                let now = digest(live);
                let before = tx.given(address, &now)?;
                if before.as_ref() == Some(&now) {
                    continue;
                }
                let found = tx.thing(address)?;
                if before.is_some() && found.is_none() {
                    continue;
                }
                let mut thing = match found {
                    Some(thing) => thing,
                    None => Thing::new(tx.next(meta::UID)?, json!({})),
                };
                overlay(&mut thing.live, live);
                thing.given = true;
                tx.put(address, &mut thing)?;
            }
            Ok(())
        })?)
    }

    /// Changes one thing as somebody outside; gives back whether that changed anything.
    fn meddle(
        &self,
        address: &Address,
        change: impl FnOnce(&mut Thing) -> Result<Option<String>, String>,
        by: &str,
    ) -> Result<bool, WorldError> {
        self.store.write(|tx| {
            let Some(mut thing) = tx.thing(address)? else {
                return Ok(Err(WorldError::NotThere(Box::new(address.clone()))));
            };
            match change(&mut thing) {
                Err(why) => Ok(Err(WorldError::Field { address: Box::new(address.clone()), why })),
                Ok(None) => Ok(Ok(false)),
                Ok(Some(what)) => {
                    tx.put(address, &mut thing)?;
                    done(tx, address, by, what)?;
                    Ok(Ok(true))
                }
            }
        })?
    }

    /// Somebody sets a field. Gives back whether it was otherwise before.
    pub fn drift(&self, address: &Address, field: &Path, value: Value, by: &str) -> Result<bool, WorldError> {
        let what = format!("{field} set to {value}");
        self.meddle(address, |thing| Ok(thing.meddle(field, Some(value), by)?.then_some(what)), by)
    }

    /// Somebody takes a field away. Gives back whether it was there.
    pub fn remove_field(&self, address: &Address, field: &Path, by: &str) -> Result<bool, WorldError> {
        let what = format!("{field} removed");
        self.meddle(address, |thing| Ok(thing.meddle(field, None, by)?.then_some(what)), by)
    }

    /// Somebody takes our mark off a thing, or puts another tool's on it.
    pub fn mark(&self, address: &Address, mark: Option<Mark>, by: &str) -> Result<bool, WorldError> {
        let what = "ownership changed".to_owned();
        let change = |thing: &mut Thing| {
            let is_new = thing.mark != mark;
            thing.mark = mark;
            Ok(is_new.then_some(what))
        };
        self.meddle(address, change, by)
    }

    /// A thing comes to hold data that its deletion would lose, or no longer does.
    pub fn data(&self, address: &Address, data: Option<&str>, by: &str) -> Result<bool, WorldError> {
        let data = data.map(str::to_owned);
        let what = if data.is_some() { "data written" } else { "data removed" }.to_owned();
        let change = |thing: &mut Thing| {
            let is_new = thing.data != data;
            thing.data = data;
            Ok(is_new.then_some(what))
        };
        self.meddle(address, change, by)
    }

    /// Somebody deletes a thing. A namespace stays for a while, as it does for us.
    pub fn delete(&self, address: &Address, by: &str) -> Result<(), WorldError> {
        self.store.write(|tx| {
            let Some(thing) = tx.thing(address)? else {
                return Ok(Err(WorldError::NotThere(Box::new(address.clone()))));
            };
            done(tx, address, by, "deleted".to_owned())?;
            begin_delete(tx, address, thing, None)?;
            Ok(Ok(()))
        })?
    }

    /// Somebody makes a thing, with the mark of their tool if they have one.
    pub fn foreign(&self, address: &Address, live: Value, tool: Option<&str>) -> Result<(), WorldError> {
        self.store.write(|tx| {
            if tx.thing(address)?.is_some() {
                return Ok(Err(WorldError::There(Box::new(address.clone()))));
            }
            let mut thing = Thing::new(tx.next(meta::UID)?, live);
            thing.mark = tool.map(|tool| Mark::Tool(tool.to_owned()));
            tx.put(address, &mut thing)?;
            done(tx, address, tool.unwrap_or("somebody"), "created".to_owned())?;
            Ok(Ok(()))
        })?
    }

    /// Adds a fault; gives back its number.
    pub fn fail(&self, rule: Rule) -> Result<u64, WorldError> {
        let rule = rule.fitted();
        Ok(self.store.write(|tx| {
            let id = tx.next(meta::RULE)?;
            tx.put_rule(id, &rule)?;
            Ok(id)
        })?)
    }

    /// Takes a fault away, or all of them. Gives back whether there was any.
    pub fn heal(&self, rule: Option<u64>) -> Result<bool, WorldError> {
        Ok(self.store.write(|tx| tx.drop_rules(rule))?)
    }

    /// Lets a stopped world go on.
    pub fn resume(&self) -> Result<(), WorldError> {
        Ok(self.store.write(|tx| tx.set_meta(meta::STOPPED, 0))?)
    }

    /// Whether a fault has stopped the world.
    pub fn is_stopped(&self) -> Result<bool, WorldError> {
        Ok(self.store.read()?.meta(meta::STOPPED)? != 0)
    }

    /// For how many operations a deleted namespace stays; 3 if nothing is said.
    pub fn linger(&self, operations: u64) -> Result<(), WorldError> {
        Ok(self.store.write(|tx| tx.set_meta(meta::LINGER, operations))?)
    }

    /// Everything goes away, the faults too.
    pub fn reset(&self) -> Result<(), WorldError> {
        let clear = |tx: &Tx<'_>| tx.clear();
        Ok(self.store.write(clear)?)
    }

    /// How often the drivers were called.
    pub fn calls(&self) -> Result<Calls, WorldError> {
        let mut counts = Calls::default();
        for (verb, kind, calls, changes) in self.store.read()?.calls()? {
            counts.0.entry(verb).or_default().insert(kind, Count { calls, changes });
        }
        Ok(counts)
    }

    /// One thing.
    pub fn thing(&self, address: &Address) -> Result<Option<Thing>, WorldError> {
        Ok(self.store.read()?.thing(address)?)
    }

    /// The addresses of all things, in order.
    pub fn addresses(&self) -> Result<Vec<Address>, WorldError> {
        Ok(self.store.read()?.addresses()?)
    }

    /// How many things there are.
    pub fn len(&self) -> Result<u64, WorldError> {
        Ok(self.store.read()?.len()?)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> Result<bool, WorldError> {
        Ok(self.len()? == 0)
    }

    /// How many volumes are in a namespace.
    pub fn claims(&self, namespace: &Address) -> Result<usize, WorldError> {
        Ok(claims(&self.store.begin()?, namespace)?)
    }

    /// Everything, for people.
    pub fn show(&self) -> Result<Listing, WorldError> {
        let view = self.store.read()?;
        let mut things =
            view.things(None)?.read(|address, thing| Some(Shown { address, thing, history: Vec::new() }))?;
        for shown in &mut things {
            shown.history = view.history(&shown.address)?;
        }
        let (stopped, operations) = (view.meta(meta::STOPPED)? != 0, view.meta(meta::OPS)?);
        Ok(Listing { things, faults: view.rules()?, stopped, operations, calls: self.calls()? })
    }
}
