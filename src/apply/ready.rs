//! Waits for what was applied to come to work: an outcome of its own, after the steps.

use std::collections::BTreeMap;
use std::time::Duration;

use afctl_contract::{Address, Driver, Event, Owner, Readiness, Step};
use tokio::time::Instant;

use super::Setting;

/// What has not come to work in time, and what it waits for.
pub(super) async fn wait(
    touched: &[&Step],
    driver: &dyn Driver,
    owner: &Owner,
    setting: &Setting<'_>,
) -> BTreeMap<Address, String> {
    let mut open: Vec<Address> = touched.iter().map(|step| step.address.clone()).collect();
    let mut pending = BTreeMap::new();
    if open.is_empty() || setting.wait.is_zero() {
        return pending;
    }
    let end = Instant::now() + setting.wait;
    let mut pause = Duration::from_millis(200);
    let mut stop = setting.stop.clone();
    loop {
        let seen = driver.ready(owner, &open).await;
        let mut still = BTreeMap::new();
        for address in &open {
            match seen.get(address) {
                Some(Readiness::Ready) => {}
                Some(Readiness::Pending(on)) => {
                    still.insert(address.clone(), on.clone());
                }
                Some(Readiness::Failed(why)) => {
                    pending.insert(address.clone(), why.clone());
                }
                None => {
                    still.insert(address.clone(), "nothing is known about it".to_owned());
                }
            }
        }
        for (address, on) in &still {
            setting.journal.record(&Event::Waiting { address: address.clone(), on: on.clone() });
        }
        open = still.keys().cloned().collect();
        if open.is_empty() || Instant::now() + pause > end || *stop.borrow() {
            pending.extend(still);
            return pending;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
        pause = (pause * 2).min(Duration::from_secs(5));
    }
}
