//! The steps of one site.
//!
//! Each finished step releases those that stood on it, so the whole run costs a constant amount of work per step and
//! per edge. When the backend throttles, the whole site pauses and fewer steps are kept in hand; each success allows
//! a little more again.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use afctl_contract::plan::SiteBasis;
use afctl_contract::{Action, Address, ApplyError, Driver, ErrorKind, Event, Plan, Step, WriteToken};
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::{Failure, Outcome, Setting, ready};

pub(super) async fn run(
    plan: &Plan,
    site: &str,
    basis: &SiteBasis,
    token: &WriteToken,
    setting: &Setting<'_>,
) -> Outcome {
    let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.address.site == site).collect();
    let mut outcome = Outcome::default();
    let Some(driver) = setting.drivers.get(site) else {
        for step in steps {
            outcome.skipped.insert(step.id, format!("nothing leads to site {site}"));
        }
        return outcome;
    };
    let driver = driver.as_ref();
    let mut stages: BTreeMap<u32, Vec<&Step>> = BTreeMap::new();
    for step in &steps {
        stages.entry(step.stage).or_default().push(step);
    }
    for (_, stage) in stages {
        if outcome.is_complete() {
            run_stage(&stage, driver, token, setting, &mut outcome).await;
            continue;
        }
        let why = "a step before it was not done, and what is to be deleted waits for that";
        for step in stage {
            skip(step, why, setting, &mut outcome);
        }
    }
    let done: HashSet<usize> = outcome.done.iter().copied().collect();
    let touched: Vec<&Step> = steps.iter().copied().filter(|step| done.contains(&step.id)).collect();
    keep_in_mind(&touched, basis, driver, token, setting, &mut outcome).await;
    if !outcome.stopped {
        outcome.pending = ready::wait(&touched, driver, token.owner(), setting).await;
    }
    outcome
}

/// How many steps may be in hand, and from when on.
struct Pace {
    most: usize,
    now: usize,
    not_before: Option<Instant>,
}

impl Pace {
    fn throttled(&mut self, pause: Duration) {
        self.now = (self.now / 2).max(1);
        let until = Instant::now() + pause;
        self.not_before = Some(self.not_before.map_or(until, |at| at.max(until)));
    }

    fn succeeded(&mut self) {
        self.now = (self.now + 1).min(self.most);
    }
}

async fn run_stage(
    stage: &[&Step],
    driver: &dyn Driver,
    token: &WriteToken,
    setting: &Setting<'_>,
    outcome: &mut Outcome,
) {
    let mut waits_for: HashMap<usize, usize> = HashMap::new();
    let mut dependents: HashMap<usize, Vec<usize>> = HashMap::new();
    let by_id: HashMap<usize, &Step> = stage.iter().map(|step| (step.id, *step)).collect();
    let mut ready: VecDeque<&Step> = VecDeque::new();
    for step in stage {
        let open: Vec<usize> = step.after.iter().copied().filter(|id| by_id.contains_key(id)).collect();
        for id in &open {
            dependents.entry(*id).or_default().push(step.id);
        }
        if open.is_empty() {
            ready.push_back(step);
        } else {
            waits_for.insert(step.id, open.len());
        }
    }
    let mut pace = Pace { most: setting.parallel, now: setting.parallel, not_before: None };
    let mut in_hand = FuturesUnordered::new();
    let mut told = setting.stop.clone();
    loop {
        if *told.borrow() {
            outcome.stopped = true;
        }
        while !outcome.stopped && in_hand.len() < pace.now {
            let Some(step) = ready.pop_front() else { break };
            setting.journal.record(&Event::StepStarted {
                step: step.id,
                action: step.action,
                address: step.address.clone(),
            });
            in_hand.push(attempt(step, 1, pace.not_before, driver, token));
        }
        // A signal to stop is heeded while steps are in hand, too.
        let finished = tokio::select! {
            finished = in_hand.next() => finished,
            Ok(()) = told.changed() => continue,
        };
        let Some((step, tried, result)) = finished else { break };
        match result {
            Ok(()) => {
                pace.succeeded();
                outcome.done.push(step.id);
                setting.journal.record(&Event::StepDone {
                    step: step.id,
                    action: step.action,
                    address: step.address.clone(),
                });
                for id in dependents.remove(&step.id).unwrap_or_default() {
                    let open = waits_for.get_mut(&id);
                    if let Some(open) = open {
                        *open -= 1;
                        if *open == 0 {
                            waits_for.remove(&id);
                            ready.extend(by_id.get(&id).copied());
                        }
                    }
                }
            }
            Err(error) => match setting.patience.pause(&error.kind, tried, step.id) {
                Some(pause) if !outcome.stopped => {
                    if matches!(error.kind, ErrorKind::Throttled(_)) {
                        pace.throttled(pause);
                    }
                    setting.journal.record(&Event::StepRetried {
                        step: step.id,
                        address: step.address.clone(),
                        attempt: tried,
                        message: error.message.clone(),
                        wait_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    });
                    in_hand.push(attempt(step, tried + 1, Some(Instant::now() + pause), driver, token));
                }
                _ => {
                    fail(step, error, setting, outcome);
                    skip_dependents(step, &by_id, &mut dependents, &mut waits_for, setting, outcome);
                }
            },
        }
    }
    let settled: HashSet<usize> =
        outcome.done.iter().copied().chain(outcome.failed.iter().map(|failure| failure.step)).collect();
    for step in stage {
        if !settled.contains(&step.id) && !outcome.skipped.contains_key(&step.id) {
            skip(step, "it was told to stop", setting, outcome);
        }
    }
}

async fn attempt<'a>(
    step: &'a Step,
    tried: u32,
    not_before: Option<Instant>,
    driver: &dyn Driver,
    token: &WriteToken,
) -> (&'a Step, u32, Result<(), ApplyError>) {
    if let Some(at) = not_before {
        tokio::time::sleep_until(at).await;
    }
    (step, tried, driver.apply(step, token).await)
}

fn fail(step: &Step, error: ApplyError, setting: &Setting<'_>, outcome: &mut Outcome) {
    let origin = error.field.as_ref().map_or(&step.origin, |field| step.origin_of(field));
    setting.journal.record(&Event::StepFailed {
        step: step.id,
        action: step.action,
        address: step.address.clone(),
        kind: error.kind.as_str(),
        message: error.message.clone(),
        help: error.help.clone(),
        origin: origin.clone(),
    });
    outcome.failed.push(Failure { step: step.id, error });
}

fn skip(step: &Step, why: &str, setting: &Setting<'_>, outcome: &mut Outcome) {
    setting.journal.record(&Event::StepSkipped {
        step: step.id,
        address: step.address.clone(),
        why: why.to_owned(),
    });
    outcome.skipped.insert(step.id, why.to_owned());
}

fn skip_dependents(
    failed: &Step,
    by_id: &HashMap<usize, &Step>,
    dependents: &mut HashMap<usize, Vec<usize>>,
    waits_for: &mut HashMap<usize, usize>,
    setting: &Setting<'_>,
    outcome: &mut Outcome,
) {
    let why = format!("{} was not {}", failed.address, past(failed.action));
    let mut fallen = dependents.remove(&failed.id).unwrap_or_default();
    while let Some(id) = fallen.pop() {
        if waits_for.remove(&id).is_none() {
            continue;
        }
        if let Some(step) = by_id.get(&id) {
            skip(step, &why, setting, outcome);
        }
        fallen.extend(dependents.remove(&id).unwrap_or_default());
    }
}

const fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Adopt => "adopted",
        Action::Forget => "let go",
    }
}

/// Tells the backend what is applied now. A failure costs nothing but the difference between lost and not made yet, so
/// it is only said.
async fn keep_in_mind(
    touched: &[&Step],
    basis: &SiteBasis,
    driver: &dyn Driver,
    token: &WriteToken,
    setting: &Setting<'_>,
    outcome: &mut Outcome,
) {
    let mut applied: Vec<Address> = basis.unrecorded.clone();
    let mut gone: Vec<Address> = basis.outdated.clone();
    for step in touched {
        match step.action {
            Action::Create | Action::Adopt | Action::Replace => applied.push(step.address.clone()),
            Action::Update => {}
            Action::Delete | Action::Forget => gone.push(step.address.clone()),
        }
    }
    // An update makes a node ours for the first time: the planner knows it as unrecorded only the next time.
    applied.extend(
        touched
            .iter()
            .filter(|s| {
                matches!(s.action, Action::Update) && s.management == afctl_contract::Management::Fields
            })
            .map(|s| s.address.clone()),
    );
    applied.sort();
    applied.dedup();
    if applied.is_empty() && gone.is_empty() {
        return;
    }
    for tried in 1.. {
        let Err(error) = driver.record(&applied, &gone, token).await else { return };
        let Some(pause) = setting.patience.pause(&error.kind, tried, 0) else {
            if let Some(address) = applied.first().or(gone.first()) {
                outcome
                    .pending
                    .insert(address.clone(), format!("its record could not be kept: {}", error.message));
            }
            return;
        };
        tokio::time::sleep(pause).await;
    }
}
