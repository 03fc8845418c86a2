//! Checks: ours is ours, and only that.

use super::bench::{Bench, expect};
use super::{Fixture, Kept};
use crate::backend::ErrorKind;
use crate::change::Verdict;
use crate::inventory::Ownership;
use crate::plan::Action;

/// What bears our mark is found without being asked for.
pub(super) async fn an_orphan_is_found(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "orphan").await?;
    let inventory = bench.look(&[]).await?;
    for address in bench.addresses() {
        let ownership = inventory.observed.get(&address).map(|seen| &seen.ownership);
        expect(ownership == Some(&Ownership::Ours), || format!("{address} is seen as {ownership:?}"))?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// What somebody changes is a difference, is told from a change of the strawman, and is undone.
pub(super) async fn drift_is_seen_and_undone(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "drift").await?;
    let resource = bench.last()?;
    let before = bench.see(resource).await?;
    f.drift(resource).await?;
    let seen = bench.see(resource).await?;
    expect(seen.digest != before.digest, || "the digest does not show it".to_owned())?;
    expect(seen.applied == before.applied, || "what was applied last is forgotten".to_owned())?;
    let classified = f.backend().classify(&seen, resource);
    expect(classified.verdict != Verdict::Same, || format!("{} shows no drift", resource.address))?;
    let action =
        if matches!(classified.verdict, Verdict::Replace(_)) { Action::Replace } else { Action::Update };
    bench.done(action, resource, Some(&seen)).await?;
    bench.settled(resource).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// What somebody deletes is not there, is known to have been applied, and is made again.
pub(super) async fn what_is_lost_is_known(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "lost").await?;
    let resource = bench.last()?;
    let applied = std::slice::from_ref(&resource.address);
    bench.driver.record(applied, &[], &bench.token).await.map_err(|error| error.message)?;
    f.delete(&resource.address).await?;
    bench.gone(resource).await?;
    let keeps = bench.look(&[]).await?.recorded.contains(&resource.address);
    bench.done(Action::Create, resource, None).await?;
    bench.settled(resource).await?;
    bench.driver.record(&[], applied, &bench.token).await.map_err(|error| error.message)?;
    let still = bench.look(&[]).await?.recorded.contains(&resource.address);
    expect(!still, || "what is said to be gone is kept in mind".to_owned())?;
    bench.clear().await?;
    Ok(if keeps { Kept::Yes } else { Kept::Untried("the backend keeps nothing in mind") })
}

/// What others made is neither made, changed nor deleted.
pub(super) async fn what_is_not_ours_is_refused(f: &dyn Fixture) -> Result<Kept, String> {
    let mut bench = Bench::new(f, "foreign").await?;
    let last = bench.resources.pop().ok_or("the fixture has no resources")?;
    bench.make().await?;
    f.foreign(&last).await?;
    let seen = bench.see(&last).await?;
    expect(seen.ownership != Ownership::Ours, || format!("{} is seen as ours", last.address))?;
    let changed = f.changed(&last);
    for (action, seen) in
        [(Action::Create, None), (Action::Update, Some(&seen)), (Action::Delete, Some(&seen))]
    {
        bench.refused(action, &changed, seen, &[ErrorKind::NotOurs]).await?;
    }
    let after = bench.see(&last).await?;
    expect(after.digest == seen.digest, || format!("{} was changed all the same", last.address))?;
    f.delete(&last.address).await?;
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// What the user says to take over becomes ours, and as it is wanted.
pub(super) async fn adopting_makes_it_ours(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::new(f, "adopt").await?;
    let last = bench.last()?;
    for resource in &bench.resources[..bench.resources.len() - 1] {
        bench.done(Action::Create, resource, None).await?;
    }
    f.foreign(last).await?;
    let seen = bench.see(last).await?;
    let changed = f.changed(last);
    for _ in 0..2 {
        bench.done(Action::Adopt, &changed, Some(&seen)).await?;
        bench.settled(&changed).await?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}

/// Two facilities at one site see and touch only their own things.
pub(super) async fn facilities_do_not_see_each_other(f: &dyn Fixture) -> Result<Kept, String> {
    let bench = Bench::made(f, "apart").await?;
    let [_, second] = f.owners();
    let theirs = Bench::of(f, second, bench.resources.clone()).await?;
    let unasked = theirs.look(&[]).await?;
    for resource in &bench.resources {
        let address = &resource.address;
        let seen = unasked.observed.get(address).map(|seen| &seen.ownership);
        expect(seen != Some(&Ownership::Ours), || format!("{address} is taken for another facility's"))?;
        let seen = theirs.see(resource).await?;
        let is_other = matches!(seen.ownership, Ownership::Other(_));
        expect(is_other, || format!("to another facility {address} is {:?}", seen.ownership))?;
        theirs.refused(Action::Create, resource, None, &[ErrorKind::NotOurs]).await?;
        theirs.refused(Action::Delete, resource, Some(&seen), &[ErrorKind::NotOurs]).await?;
        bench.settled(resource).await?;
    }
    bench.clear().await?;
    Ok(Kept::Yes)
}
