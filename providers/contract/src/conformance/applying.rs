//! Checks: what was applied is there, and nothing is done twice.

use super::bench::{Bench, expect, step};
use super::{Fixture, Kept};
use crate::change::Verdict;
use crate::inventory::Ownership;
use crate::plan::Action;

/// After applying, looking shows no difference, and the backend keeps what was applied last.
pub(super) async fn what_was_applied_is_seen_as_it_was_wanted(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "applied").await?;
    for resource in &bench.resources {
        let seen = bench.settled(resource).await?;
        let (print, address) = (f.backend().fingerprint(resource), &resource.address);
        expect(seen.applied.as_ref().is_none_or(|applied| *applied == print), || {
            format!("{address} was applied as {print} and is kept as {:?}", seen.applied)
        })?;
        expect(seen.origin.as_ref().is_none_or(|origin| *origin == resource.origin), || {
            format!("{address} comes from {} and is kept as from {:?}", resource.origin, seen.origin)
        })?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// Doing the same steps again leaves everything as it was, to the digest.
pub(super) async fn applying_twice_changes_nothing(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "twice").await?;
    let before = bench.look(&bench.addresses()).await?;
    bench.make().await?;
    let after = bench.look(&bench.addresses()).await?;
    for address in bench.addresses() {
        let (before, after) = (before.observed.get(&address), after.observed.get(&address));
        expect(before.map(|seen| &seen.digest) == after.map(|seen| &seen.digest), || {
            format!("{address} was written again")
        })?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// A change is seen as one, is made, and is not made again by the same step.
pub(super) async fn an_update_is_made_once(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "update").await?;
    let resource = bench.last()?;
    let (seen, changed) = (bench.see(resource).await?, f.changed(resource));
    let classified = f.backend().classify(&seen, &changed);
    let is_update = matches!(classified.verdict, Verdict::InPlace | Verdict::Disruptive(_));
    expect(is_update && !classified.fields.is_empty(), || {
        format!("the change of {} is {:?}", resource.address, classified.verdict)
    })?;
    let update = step(Action::Update, &changed, Some(&seen));
    bench.persist(&update).await.map_err(|error| error.message)?;
    let once = bench.settled(&changed).await?;
    expect(once.digest != seen.digest, || "a change does not show in the digest".to_owned())?;
    bench.persist(&update).await.map_err(|error| format!("done again it is refused: {error}"))?;
    let twice = bench.settled(&changed).await?;
    expect(once.digest == twice.digest, || "done again it was written again".to_owned())?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// A replaced thing is another one, and is not replaced again by the same step.
pub(super) async fn a_replacement_is_another_thing(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "replace").await?;
    let resource = bench.last()?;
    let (seen, changed) = (bench.see(resource).await?, f.changed(resource));
    let replace = step(Action::Replace, &changed, Some(&seen));
    bench.persist(&replace).await.map_err(|error| error.message)?;
    let once = bench.settled(&changed).await?;
    expect(once.handle != seen.handle, || format!("{} is the same as before", resource.address))?;
    bench.persist(&replace).await.map_err(|error| format!("done again it is refused: {error}"))?;
    let twice = bench.settled(&changed).await?;
    expect(once.handle == twice.handle, || "done again it was replaced again".to_owned())?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// What is deleted goes, in the end.
pub(super) async fn what_is_no_longer_wanted_goes(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "goes").await?;
    bench.clear().await?;
    for resource in &bench.resources {
        bench.gone(resource).await?;
    }
    Ok(Kept::Yes)
}

/// A deletion may be done again, and somebody may have been faster.
pub(super) async fn deleting_what_is_gone_is_fine(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "gone").await?;
    let resource = bench.last()?;
    let seen = bench.see(resource).await?;
    for _ in 0..2 {
        bench.done(Action::Delete, resource, Some(&seen)).await?;
    }
    bench.gone(resource).await?;
    bench.done(Action::Delete, resource, Some(&seen)).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// What others add to our things is no difference, and outlives our updates.
pub(super) async fn what_others_add_stays(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "others").await?;
    let resource = bench.last()?;
    if !f.embellish(resource).await? {
        bench.clear().await?;
        return Ok(Kept::Untried("nothing can be added"));
    }
    let seen = bench.settled(resource).await?;
    let changed = f.changed(resource);
    bench.done(Action::Update, &changed, Some(&seen)).await?;
    let after = bench.settled(&changed).await?;
    let kept = seen.others.keys().all(|path| after.others.contains_key(path));
    expect(kept && !seen.others.is_empty(), || {
        format!("others wrote {:?} before the update and {:?} after it", seen.others, after.others)
    })?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// Readiness is answered for everything that was asked about.
pub(super) async fn readiness_is_answered_for_all(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "ready").await?;
    let answers = bench.driver.ready(&bench.owner, &bench.addresses()).await;
    for address in bench.addresses() {
        expect(answers.contains_key(&address), || format!("nothing is said about {address}"))?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// Of what is somebody else's, only the named fields are written, and taken back.
pub(super) async fn only_fields_are_written_and_let_go(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::new(f, "fields").await?;
    let Some(resource) = f.fields("fields").await? else {
        return Ok(Kept::Untried("the backend writes no fields of things that it does not make"));
    };
    let before = bench.see(&resource).await?;
    bench.done(Action::Update, &resource, Some(&before)).await?;
    let seen = bench.settled(&resource).await?;
    bench.refused(Action::Delete, &resource, Some(&seen), REFUSALS).await?;
    bench.done(Action::Forget, &resource, Some(&seen)).await?;
    let after = bench.see(&resource).await?;
    expect(after.ownership != Ownership::Ours, || format!("{} is still ours", resource.address))?;
    let verdict = f.backend().classify(&after, &resource).verdict;
    expect(verdict != Verdict::Same, || format!("{} still has our fields", resource.address))?;
    Ok(Kept::Yes)
}

/// How the deletion of a thing may be refused that is not ours to delete.
const REFUSALS: &[crate::backend::ErrorKind] = &[
    crate::backend::ErrorKind::Invalid,
    crate::backend::ErrorKind::NotOurs,
    crate::backend::ErrorKind::Denied,
    crate::backend::ErrorKind::Other,
];
