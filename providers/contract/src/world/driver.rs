//! The simulated world as a [`Driver`]: counts calls, lets faults strike, and does what is left to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::World;
use super::fault::{Call, Effect, On, Struck, stopped, strike};
use super::step::{Doing, Trouble, tick};
use super::tables::{Stored, meta};
use super::thing::Thing;
use super::tx::Tx;
use crate::backend::{ApplyError, Backend, Driver, ErrorKind, Readiness, WriteToken};
use crate::inventory::{Inventory, Owner};
use crate::plan::Step;
use crate::resource::Address;

/// The backend whose rules a driver holds to: one that lives as long as the program, or a shared one.
#[derive(Clone)]
pub enum Manner {
    /// As long as the program.
    Static(&'static dyn Backend),
    /// Shared.
    Shared(Arc<dyn Backend>),
}

impl std::ops::Deref for Manner {
    type Target = dyn Backend;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Static(backend) => *backend,
            Self::Shared(backend) => &**backend,
        }
    }
}

impl From<&'static dyn Backend> for Manner {
    fn from(backend: &'static dyn Backend) -> Self {
        Self::Static(backend)
    }
}

impl From<Arc<dyn Backend>> for Manner {
    fn from(backend: Arc<dyn Backend>) -> Self {
        Self::Shared(backend)
    }
}

impl<B: Backend + 'static> From<&'static B> for Manner {
    fn from(backend: &'static B) -> Self {
        Self::Static(backend)
    }
}

impl<B: Backend + 'static> From<Arc<B>> for Manner {
    fn from(backend: Arc<B>) -> Self {
        Self::Shared(backend)
    }
}

/// What talks to one site of the simulated world, in the manner of one backend.
#[derive(Clone)]
pub struct WorldDriver {
    pub(super) world: World,
    pub(super) site: String,
    pub(super) backend: Manner,
    target: String,
}

impl std::fmt::Debug for WorldDriver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WorldDriver").field("site", &self.site).finish_non_exhaustive()
    }
}

/// What came of a first look at a call.
enum Attempt {
    /// It is over.
    Over(Result<(), ApplyError>),
    /// It goes on after a delay.
    Later(Struck),
}

pub(super) fn broken(error: &redb::Error) -> ApplyError {
    let kind = match error {
        redb::Error::WouldBlock => ErrorKind::Unreachable,
        _ => ErrorKind::Other,
    };
    ApplyError::new(kind, format!("the simulated world's database: {error}"))
}

impl WorldDriver {
    pub(super) fn new(world: World, site: String, backend: Manner, target: String) -> Self {
        Self { world, site, backend, target }
    }

    /// Counts a call and says what strikes it; nothing if the world is stopped.
    pub(super) fn enter(&self, tx: &Tx<'_>, on: On, address: Option<&Address>) -> Stored<Option<Struck>> {
        tick(tx)?;
        if tx.meta(meta::STOPPED)? != 0 {
            return Ok(None);
        }
        let struck = strike(tx, &Call { on, site: &self.site, address })?;
        if struck.effect.as_ref().is_some_and(|(effect, _)| effect.stops()) {
            tx.set_meta(meta::STOPPED, 1)?;
        }
        Ok(Some(struck))
    }

    /// Does a step, unless it was struck by a delay that has not passed yet.
    fn attempt(&self, step: &Step, token: &WriteToken, passed: Option<Struck>) -> Stored<Attempt> {
        let tx = self.world.store.begin()?;
        let (verb, kind) = (step.action.as_str(), step.address.kind.as_str());
        let struck = if let Some(struck) = passed {
            struck
        } else {
            tx.count(verb, kind, 1, 0)?;
            let Some(struck) = self.enter(&tx, On::Do(step.action), Some(&step.address))? else {
                tx.commit()?;
                return Ok(Attempt::Over(Err(stopped())));
            };
            if !struck.delay.is_zero() {
                tx.commit()?;
                return Ok(Attempt::Later(struck));
            }
            struck
        };
        let effect = struck.effect.map(|(effect, _)| effect);
        let refusal = effect.as_ref().and_then(Effect::refusal);
        let mut result = Ok(());
        if refusal.is_none() || effect.as_ref().is_some_and(Effect::is_after) {
            let linger = match effect {
                Some(Effect::Linger(operations)) => Some(operations),
                _ => None,
            };
            let backend = &*self.backend;
            let (site, owner) = (self.site.as_str(), token.owner());
            match (Doing { tx: &tx, backend, site, owner, step, linger }).run() {
                Ok(changed) => tx.count(verb, kind, 0, changed.into())?,
                Err(Trouble::Refused(error)) => result = Err(error),
                Err(Trouble::Store(error)) => return Err(error),
            }
        }
        tx.commit()?;
        Ok(Attempt::Over(refusal.map_or(result, Err)))
    }

    fn keep(&self, applied: &[Address], gone: &[Address], owner: &Owner) -> Stored<Result<(), ApplyError>> {
        let tx = self.world.store.begin()?;
        tx.count("record", "*", 1, 0)?;
        let refusal = match self.enter(&tx, On::Record, None)? {
            None => Some(stopped()),
            Some(struck) => struck.effect.as_ref().and_then(|(effect, _)| {
                let refusal = effect.refusal();
                refusal.filter(|_| !effect.is_after())
            }),
        };
        if refusal.is_none() {
            for (addresses, is_applied) in [(applied, true), (gone, false)] {
                for address in addresses {
                    tx.set_recorded(&owner.facility, address, is_applied)?;
                }
            }
        }
        tx.commit()?;
        Ok(refusal.map_or(Ok(()), Err))
    }

    fn poll(&self, addresses: &[Address]) -> Stored<BTreeMap<Address, Readiness>> {
        let tx = self.world.store.begin()?;
        tx.count("ready", "*", 1, 0)?;
        tick(&tx)?;
        let is_stopped = tx.meta(meta::STOPPED)? != 0;
        let mut answers = BTreeMap::new();
        for address in addresses {
            let answer = if is_stopped {
                Readiness::Failed(stopped().message)
            } else {
                let call = Call { on: On::Ready, site: &self.site, address: Some(address) };
                let effect = strike(&tx, &call)?.effect.map(|(effect, _)| effect);
                match (effect, tx.thing(address)?) {
                    // A deletion has come to its end.
                    (_, None) => Readiness::Ready,
                    (_, Some(Thing { deleting: Some(why), .. })) => Readiness::Pending(why),
                    (Some(Effect::Pending(on)), _) => Readiness::Pending(on),
                    (Some(Effect::Broken(why)), _) => Readiness::Failed(why),
                    (Some(effect), _) => {
                        effect.refusal().map_or(Readiness::Ready, |error| Readiness::Pending(error.message))
                    }
                    (None, Some(_)) => Readiness::Ready,
                }
            };
            answers.insert(address.clone(), answer);
        }
        tx.commit()?;
        Ok(answers)
    }
}

#[async_trait]
impl Driver for WorldDriver {
    fn target(&self) -> String {
        self.target.clone()
    }

    async fn observe(&self, owner: &Owner, wanted: &[Address]) -> Inventory {
        self.look(owner, wanted).await
    }

    async fn apply(&self, step: &Step, token: &WriteToken) -> Result<(), ApplyError> {
        let mut passed = None;
        loop {
            match self.attempt(step, token, passed).map_err(|error| broken(&error))? {
                Attempt::Over(result) => return result,
                Attempt::Later(mut struck) => {
                    tokio::time::sleep(std::mem::take(&mut struck.delay)).await;
                    passed = Some(struck);
                }
            }
        }
    }

    async fn record(
        &self,
        applied: &[Address],
        gone: &[Address],
        token: &WriteToken,
    ) -> Result<(), ApplyError> {
        if token.owner().site != self.site {
            return Err(ApplyError::new(ErrorKind::Denied, format!("this may not write at {}", self.site)));
        }
        self.keep(applied, gone, token.owner()).map_err(|error| broken(&error))?
    }

    async fn ready(&self, owner: &Owner, addresses: &[Address]) -> BTreeMap<Address, Readiness> {
        let _ = owner;
        self.poll(addresses).unwrap_or_else(|error| {
            let why = broken(&error).message;
            addresses.iter().map(|address| (address.clone(), Readiness::Pending(why.clone()))).collect()
        })
    }
}
