//! Checks: what fails, fails so that nothing is lost and everything is said.

use super::bench::{Bench, expect, step, told};
use super::{Fault, Fixture, Kept};
use crate::backend::ErrorKind;
use crate::plan::Action;

/// What has changed since it was seen is not overwritten.
pub(super) async fn a_stale_update_is_refused(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "stale").await?;
    let resource = bench.last()?;
    let seen = bench.see(resource).await?;
    f.drift(resource).await?;
    let between = bench.see(resource).await?;
    let changed = f.changed(resource);
    bench.refused(Action::Update, &changed, Some(&seen), &[ErrorKind::Stale]).await?;
    let after = bench.see(resource).await?;
    expect(after.digest == between.digest, || format!("{} was changed all the same", resource.address))?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// A thing that was made anew under the same name is not the one that was to be deleted.
pub(super) async fn a_stale_deletion_is_refused(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "anew").await?;
    let resource = bench.last()?;
    let seen = bench.see(resource).await?;
    f.delete(&resource.address).await?;
    bench.gone(resource).await?;
    bench.done(Action::Create, resource, None).await?;
    bench.refused(Action::Delete, resource, Some(&seen), &[ErrorKind::Stale]).await?;
    bench.settled(resource).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

const CANNOT: Kept = Kept::Untried("the fixture has no such fault");

/// A step that was struck by a fault of this kind is done when it is done again.
async fn survives(f: &dyn Fixture, set: &str, fault: Fault) -> Result<Kept, String> {
    let is_expected = |kind: &ErrorKind| match &fault {
        Fault::Throttled => matches!(kind, ErrorKind::Throttled(_)),
        _ => *kind == ErrorKind::Unreachable,
    };
    let bench = Bench::made(f, set).await?;
    let resource = bench.last()?;
    let (seen, changed) = (bench.see(resource).await?, f.changed(resource));
    if !f.fail(&bench.driver, fault.clone()).await? {
        bench.clear().await?;
        return Ok(CANNOT);
    }
    let update = step(Action::Update, &changed, Some(&seen));
    match bench.apply(&update).await {
        Err(error) if is_expected(&error.kind) => {}
        Err(error) => return Err(format!("{fault:?} is told as {}", told(&error))),
        // A driver may try again by itself.
        Ok(()) => {}
    }
    bench.persist(&update).await.map_err(|error| told(&error))?;
    bench.settled(&changed).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// Too many requests: said as such, and done later.
pub(super) async fn throttling_is_survived(f: &dyn Fixture) -> Result<Kept, String> {
    survives(f, "throttled", Fault::Throttled).await
}

/// A connection that fails: said as such, and done later.
pub(super) async fn a_cut_connection_is_survived(f: &dyn Fixture) -> Result<Kept, String> {
    survives(f, "cut", Fault::CutBefore).await
}

/// What was done although nobody heard of it is not done again: neither made nor changed nor deleted twice.
pub(super) async fn what_was_done_unheard_is_not_done_twice(f: &dyn Fixture) -> Result<Kept, String> {
    let mut bench = Bench::new(f, "unheard").await?;
    let last = bench.resources.pop().ok_or("the fixture has no resources")?;
    bench.make().await?;
    let changed = f.changed(&last);
    for (action, wanted) in [(Action::Create, &last), (Action::Update, &changed), (Action::Replace, &last)] {
        let seen = bench.glance(&last).await?;
        if !f.fail(&bench.driver, Fault::CutAfter).await? {
            bench.clear().await?;
            return Ok(CANNOT);
        }
        let step = step(action, wanted, seen.as_ref());
        let heard = bench.apply(&step).await;
        let once = bench.settled(wanted).await.map_err(|error| format!("{heard:?}, and then {error}"))?;
        bench
            .persist(&step)
            .await
            .map_err(|error| format!("again, {} is {}", action.as_str(), told(&error)))?;
        let twice = bench.settled(wanted).await?;
        expect(once.digest == twice.digest && once.handle == twice.handle, || {
            format!("{} was done twice", action.as_str())
        })?;
    }
    bench.resources.push(last);
    let last = bench.last()?;
    let seen = bench.see(last).await?;
    f.fail(&bench.driver, Fault::CutAfter).await?;
    let delete = step(Action::Delete, last, Some(&seen));
    for _ in 0..2 {
        // The first answer is lost; the second is what counts.
        let _ = bench.apply(&delete).await;
    }
    bench.persist(&delete).await.map_err(|error| told(&error))?;
    bench.gone(last).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// A kind that cannot be listed is a problem in the inventory, and no other kind is.
pub(super) async fn what_cannot_be_seen_is_unknown(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "hidden").await?;
    let kind = &bench.last()?.address.kind;
    let result = if f.fail(&bench.driver, Fault::Hidden(kind.clone())).await? {
        let inventory = bench.driver.observe(&bench.owner, &bench.addresses()).await;
        expect(inventory.unknown(kind).is_some(), || format!("{kind} was hidden, and is not unknown"))?;
        let other = bench.resources.iter().find(|resource| resource.address.kind != *kind);
        if let Some(other) = other {
            let other = &other.address;
            expect(
                inventory.unknown(&other.kind).is_none() && inventory.observed.contains_key(other),
                || format!("{kind} was hidden, and {} is unknown with it", other.kind),
            )?;
        }
        Kept::Yes
    } else {
        CANNOT
    };
    bench.clear().await?;
    Ok(result)
}

/// What the backend refuses is said with the field that it is about.
pub(super) async fn what_is_invalid_is_refused_by_its_field(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::new(f, "invalid").await?;
    let Some((resource, field)) = f.invalid("invalid") else {
        return Ok(Kept::Untried("the fixture has nothing invalid"));
    };
    for needed in bench.resources.iter().filter(|needed| resource.depends_on.contains(&needed.address)) {
        bench.done(Action::Create, needed, None).await?;
    }
    let error = bench.refused(Action::Create, &resource, None, &[ErrorKind::Invalid]).await?;
    let named = error.field.as_ref().is_some_and(|named| named.is_within(&field) || field.is_within(named));
    expect(named, || format!("{field} is wrong, and the message is about {:?}", error.field))?;
    bench.clear().await?;
    Ok(Kept::Yes)
}
