//! `afctl apply`: plan, ask, do. A saved plan is done exactly or refused.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use afctl_contract::{Driver, Inventory, Journal, Plan, WithheldKind};
use clap::Args;

use super::context::{Context, stop_signal};
use super::exit::{Exit, Failure};
use super::plan::{Asked, make, show, verdict};
use super::progress::{JsonLines, Terminal};
use super::{Allowances, Execution, Files, Sites, plan_text, show as saved};
use crate::apply::{self as engine, Outcome, Patience, Setting};
use crate::registry;
use crate::survey::{self, Ground};

/// Make it so.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  afctl apply --sandbox examples/quickstart.yaml\n  afctl apply facility.yaml --yes\n  \
                        afctl apply facility.plan          # exactly what was planned, or nothing\n  \
                        afctl apply facility.yaml --adopt Namespace/atlas"
)]
pub struct Apply {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
    #[command(flatten)]
    allowances: Allowances,
    #[command(flatten)]
    execution: Execution,
}

impl Apply {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        if let [path] = &self.files.files[..]
            && saved::is_plan(path)
        {
            return self.run_saved(context, Path::new(path));
        }
        let asked = Asked { sites: &self.sites, allowances: &self.allowances, destroy: false };
        plan_and_do(context, &self.files, &asked, &self.execution)
    }

    fn run_saved(&self, context: &Context, path: &Path) -> Result<Exit, Failure> {
        let nothing_else = self.sites.sites.is_empty()
            && self.files.overlay.is_empty()
            && self.allowances.adopt.is_empty()
            && self.allowances.delete_data.is_empty();
        if !nothing_else {
            return Err(Failure::usage("a saved plan is done exactly as it is")
                .help("give --site, --overlay, --adopt and --delete-data when the plan is made"));
        }
        let plan = saved::read(path)?;
        let world = context.sandbox()?;
        let ground = context.ground(world.as_ref());
        let drivers = reach(&plan, &ground)?;
        if !context.is_json() {
            let view = plan_text::View { paint: context.paint_result(), verbose: context.is_verbose() };
            context.print(&plan_text::text(&plan, view))?;
        }
        confirm(context, &plan, &self.execution)?;
        let inventories = context.block_on(look_again(&plan, &drivers))?;
        let moved = engine::moved(&plan, &inventories);
        if !moved.is_empty() {
            let list: Vec<String> = moved.iter().take(10).map(|(a, why)| format!("\n  {a}: {why}")).collect();
            let more = moved.len().saturating_sub(10);
            let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
            return Err(Failure::refused(format!(
                "the plan is stale; since it was made {} changed:{}{rest}",
                if moved.len() == 1 { "1 thing".to_owned() } else { format!("{} things", moved.len()) },
                list.concat()
            ))
            .help("nothing was done; make the plan again"));
        }
        carry_out(context, &plan, &drivers, &self.execution)
    }
}

/// What leads to the sites of a saved plan; refused where that is something else now.
fn reach(plan: &Plan, ground: &Ground<'_>) -> Result<BTreeMap<String, Arc<dyn Driver>>, Failure> {
    let mut drivers = BTreeMap::new();
    for (name, basis) in &plan.sites {
        let entry = registry::backend_for(&basis.settings)
            .ok_or_else(|| Failure::refused(format!("this afctl has no backend for site {name}")))?;
        let driver = survey::driver(ground, name, &basis.settings, entry);
        let target = driver.target();
        if target != basis.target {
            return Err(Failure::refused(format!(
                "the plan was made against `{}`, and site {name} now leads to `{target}`",
                basis.target
            ))
            .help("give --sandbox as when the plan was made, or make the plan again"));
        }
        drivers.insert(name.clone(), driver);
    }
    Ok(drivers)
}

async fn look_again(plan: &Plan, drivers: &BTreeMap<String, Arc<dyn Driver>>) -> BTreeMap<String, Inventory> {
    let looks = drivers.iter().map(|(name, driver)| async move {
        let wanted: Vec<_> = plan.based_on.keys().filter(|a| a.site == *name).cloned().collect();
        (name.clone(), driver.observe(&plan.owner(name), &wanted).await)
    });
    futures::future::join_all(looks).await.into_iter().collect()
}

/// Plans, asks and does.
pub(super) fn plan_and_do(
    context: &Context,
    files: &Files,
    asked: &Asked<'_>,
    execution: &Execution,
) -> Result<Exit, Failure> {
    let loaded = context.load(files)?;
    let world = context.sandbox()?;
    let ground = context.ground(world.as_ref());
    let made = make(context, &loaded.facility, asked, &ground)?;
    if !context.is_json() {
        show(context, &made, &loaded.facility)?;
    }
    let plan = &made.planned.plan;
    let unrecorded = plan.sites.values().any(|site| !site.unrecorded.is_empty() || !site.outdated.is_empty());
    if plan.is_empty() && !unrecorded {
        return Ok(verdict(plan));
    }
    if !plan.is_empty() {
        confirm(context, plan, execution)?;
    }
    carry_out(context, plan, &made.drivers, execution)
}

fn confirm(context: &Context, plan: &Plan, execution: &Execution) -> Result<(), Failure> {
    if execution.yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || files_from_stdin() {
        return Err(Failure::refused("nobody is there to ask").help("read the plan, then give --yes"));
    }
    let destructive = plan.steps.iter().filter(|step| step.action.is_destructive()).count();
    let question = if destructive > 0 {
        let paint = context.paint();
        format!("{} Do it? [y/N] ", paint.red(&format!("This deletes or replaces {destructive}.")))
    } else {
        "Do it? [y/N] ".to_owned()
    };
    let mut out = std::io::stderr().lock();
    // Without a prompt the answer can still be given.
    let _ = write!(out, "{question}").and_then(|()| out.flush());
    drop(out);
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::new(format!("no answer could be read: {error}")))?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::refused("nothing was done"))
    }
}

fn files_from_stdin() -> bool {
    std::env::args_os().any(|argument| argument == "-")
}

fn carry_out(
    context: &Context,
    plan: &Plan,
    drivers: &BTreeMap<String, Arc<dyn Driver>>,
    execution: &Execution,
) -> Result<Exit, Failure> {
    let lines = JsonLines;
    let terminal = Terminal::new(context.paint(), context.is_verbose());
    let journal: &dyn Journal = if context.is_json() { &lines } else { &terminal };
    let outcome = context.block_on(async {
        let setting = Setting {
            drivers,
            journal,
            parallel: usize::from(execution.parallel),
            patience: Patience { seed: context.seed(), ..Patience::default() },
            wait: execution.wait.as_std(),
            stop: stop_signal(),
        };
        engine::carry_out(plan, &setting).await
    })?;
    if !context.is_json() {
        report(context, plan, &outcome);
    }
    Ok(end(plan, &outcome))
}

/// The last words of an apply.
pub(super) fn report(context: &Context, plan: &Plan, outcome: &Outcome) {
    let paint = context.paint();
    for (address, on) in outcome.pending.iter().take(if context.is_verbose() { usize::MAX } else { 5 }) {
        let kind = plan_text::short_kind(&address.kind);
        context.say(&format!("  {} {kind} {}: {on}", paint.yellow("not ready"), plan_text::name(address)));
    }
    if outcome.pending.len() > 5 && !context.is_verbose() {
        context.say(&format!("  and {} more that are not ready (-v shows all)", outcome.pending.len() - 5));
    }
    let mut parts = vec![paint.green(&format!("{} done", outcome.done.len()))];
    if !outcome.failed.is_empty() {
        parts.push(paint.red(&format!("{} failed", outcome.failed.len())));
    }
    if !outcome.skipped.is_empty() {
        parts.push(paint.yellow(&format!("{} not tried", outcome.skipped.len())));
    }
    for (kind, words) in
        [(WithheldKind::Refused, "refused"), (WithheldKind::Held, "held"), (WithheldKind::Waiting, "waiting")]
    {
        let count = plan.withheld(kind).count();
        if count > 0 {
            parts.push(paint.yellow(&format!("{count} {words}")));
        }
    }
    if !outcome.pending.is_empty() {
        parts.push(paint.yellow(&format!("{} not ready yet", outcome.pending.len())));
    }
    context.say(&format!("{}: {}.", plan.facility, parts.join(", ")));
    if outcome.stopped {
        context.say("Told to stop. What is done is done; run apply again to go on.");
    } else if !outcome.is_complete() {
        context.say("Run apply again to go on from here.");
    } else if plan.withheld(WithheldKind::Waiting).next().is_some() {
        context.say("Run apply again once what things wait for is there.");
    }
}

/// The exit code of an apply.
pub(super) fn end(plan: &Plan, outcome: &Outcome) -> Exit {
    let unseen = plan.sites.values().any(|site| !site.problems.is_empty());
    let barred =
        plan.withheld(WithheldKind::Refused).chain(plan.withheld(WithheldKind::Held)).next().is_some();
    if !outcome.is_complete() || unseen {
        Exit::Failed
    } else if barred {
        Exit::Refused
    } else {
        Exit::Done
    }
}
