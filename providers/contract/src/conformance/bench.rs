//! What checks have in common: looking, doing a step again until it is done, clearing up.

use std::sync::Arc;

use serde_json::Value;

use super::Fixture;
use crate::backend::{ApplyError, Driver, ErrorKind, WriteToken};
use crate::change::Verdict;
use crate::inventory::{Inventory, Observed, Owner, Ownership};
use crate::plan::{Action, Origin, Reason, Step};
use crate::resource::{Address, Resource};

/// How often a step is tried that meets with something that passes.
const TRIES: usize = 50;

/// A step as a planner would make it: `seen` is what stands there, if anything does.
pub fn step(action: Action, resource: &Resource, seen: Option<&Observed>) -> Step {
    let is_going = matches!(action, Action::Delete | Action::Forget);
    Step {
        id: 0,
        action,
        address: resource.address.clone(),
        management: resource.management,
        reason: if is_going { Reason::Removed } else { Reason::Configured },
        fields: Vec::new(),
        forced_by: Vec::new(),
        disruption: None,
        desired: (!is_going).then(|| resource.desired.clone()),
        requires: if is_going { Vec::new() } else { resource.depends_on.iter().cloned().collect() },
        after: Vec::new(),
        stage: 0,
        handle: seen.map_or(Value::Null, |seen| seen.handle.clone()),
        origin: Origin { path: resource.origin.clone(), position: None },
        field_origins: Vec::new(),
    }
}

pub(super) fn told(error: &ApplyError) -> String {
    format!("{}: {}", error.kind.as_str(), error.message)
}

/// Says what was expected and what came instead.
pub(super) fn expect(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// One facility at work on its own things.
pub(super) struct Bench<'f> {
    pub fixture: &'f dyn Fixture,
    pub owner: Owner,
    pub driver: Arc<dyn Driver>,
    pub token: WriteToken,
    pub resources: Vec<Resource>,
}

impl<'f> Bench<'f> {
    /// The first facility, with the resources of a set; nothing is made yet.
    pub(super) async fn new(fixture: &'f dyn Fixture, set: &str) -> Result<Self, String> {
        let [owner, _] = fixture.owners();
        Self::of(fixture, owner, fixture.resources(set)).await
    }

    pub(super) async fn of(
        fixture: &'f dyn Fixture,
        owner: Owner,
        resources: Vec<Resource>,
    ) -> Result<Self, String> {
        let driver = fixture.driver(&owner).await?;
        #[expect(clippy::disallowed_methods, reason = "the suite stands for src/apply")]
        let token = WriteToken::issue(owner.clone());
        Ok(Self { fixture, owner, driver, token, resources })
    }

    /// The first facility, with the resources of a set made.
    pub(super) async fn made(fixture: &'f dyn Fixture, set: &str) -> Result<Self, String> {
        let bench = Self::new(fixture, set).await?;
        bench.make().await?;
        Ok(bench)
    }

    /// Makes all resources.
    pub(super) async fn make(&self) -> Result<(), String> {
        for resource in &self.resources {
            self.done(Action::Create, resource, None).await?;
        }
        Ok(())
    }

    /// The resource that stands on others, and that nothing stands on.
    pub(super) fn last(&self) -> Result<&Resource, String> {
        self.resources.last().ok_or_else(|| "the fixture has no resources".to_owned())
    }

    pub(super) fn addresses(&self) -> Vec<Address> {
        self.resources.iter().map(|resource| resource.address.clone()).collect()
    }

    /// Looks at the site, and refuses what is incomplete.
    pub(super) async fn look(&self, wanted: &[Address]) -> Result<Inventory, String> {
        let inventory = self.driver.observe(&self.owner, wanted).await;
        match inventory.problems.first() {
            None => Ok(inventory),
            Some(problem) => Err(format!("the site cannot be seen: {}", problem.message)),
        }
    }

    /// Looks at one thing.
    pub(super) async fn glance(&self, resource: &Resource) -> Result<Option<Observed>, String> {
        let address = &resource.address;
        Ok(self.look(std::slice::from_ref(address)).await?.observed.remove(address))
    }

    /// Looks at one thing that must be there.
    pub(super) async fn see(&self, resource: &Resource) -> Result<Observed, String> {
        self.glance(resource).await?.ok_or_else(|| format!("{} is not there", resource.address))
    }

    /// Does a step once.
    pub(super) async fn apply(&self, step: &Step) -> Result<(), ApplyError> {
        self.driver.apply(step, &self.token).await
    }

    /// Does a step, again and again while what is in its way passes by itself.
    pub(super) async fn persist(&self, step: &Step) -> Result<(), ApplyError> {
        for _ in 1..TRIES {
            match self.apply(step).await {
                Err(error) if error.kind.is_transient() => self.fixture.pause().await,
                settled => return settled,
            }
        }
        self.apply(step).await
    }

    /// Does a step, or says why it cannot be done.
    pub(super) async fn done(
        &self,
        action: Action,
        resource: &Resource,
        seen: Option<&Observed>,
    ) -> Result<(), String> {
        self.persist(&step(action, resource, seen))
            .await
            .map_err(|error| format!("cannot {} {}: {}", action.as_str(), resource.address, told(&error)))
    }

    /// Does a step once that must be refused so.
    pub(super) async fn refused(
        &self,
        action: Action,
        resource: &Resource,
        seen: Option<&Observed>,
        kinds: &[ErrorKind],
    ) -> Result<ApplyError, String> {
        let (what, address) = (action.as_str(), &resource.address);
        match self.apply(&step(action, resource, seen)).await {
            Ok(()) => Err(format!("{what} of {address} was done, and had to be refused")),
            Err(error) if kinds.contains(&error.kind) => Ok(error),
            Err(error) => Err(format!("{what} of {address} was refused as {}", told(&error))),
        }
    }

    /// The thing is ours and just as it is wanted.
    pub(super) async fn settled(&self, resource: &Resource) -> Result<Observed, String> {
        let seen = self.see(resource).await?;
        let (address, backend) = (&resource.address, self.fixture.backend());
        expect(seen.ownership == Ownership::Ours, || format!("{address} is {:?}", seen.ownership))?;
        let classified = backend.classify(&seen, resource);
        expect(classified.verdict == Verdict::Same, || {
            let fields: Vec<_> = classified.fields.iter().map(|field| field.path.to_string()).collect();
            format!("{address} is not as it was wanted: {:?}, {}", classified.verdict, fields.join(", "))
        })?;
        Ok(seen)
    }

    /// Waits until a thing is gone.
    pub(super) async fn gone(&self, resource: &Resource) -> Result<(), String> {
        for _ in 0..self.fixture.patience() {
            if self.glance(resource).await?.is_none() {
                return Ok(());
            }
            self.fixture.pause().await;
        }
        Err(format!("{} does not go", resource.address))
    }

    /// Deletes what is ours of the resources, what stands on others first. What is going already is left to go.
    pub(super) async fn clear(&self) -> Result<(), String> {
        for resource in self.resources.iter().rev() {
            // What is deleted may change what it stands on, so each is looked at by itself.
            let seen = self.glance(resource).await?;
            if let Some(seen) = seen.filter(|s| s.ownership == Ownership::Ours && s.deleting.is_none()) {
                self.done(Action::Delete, resource, Some(&seen)).await?;
            }
        }
        Ok(())
    }
}
