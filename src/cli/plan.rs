//! `afctl plan`: observe and compare. Changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use afctl_contract::{Driver, Facility, Plan, WithheldKind};
use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::exit::{Exit, Failure};
use super::plan_text::{self, View};
use super::{Allowances, Files, Sites};
use crate::plan::{Planned, Request, Selection};
use crate::survey::{self, Ground};

/// Show what would change.
#[derive(Debug, Args)]
#[command(
    name = "plan",
    after_help = "Examples:\n  afctl plan facility.yaml\n  afctl plan facility.yaml --site uchicago -o facility.plan\n  \
                        afctl plan --sandbox facility.yaml --destroy\n\nExit code 2 says that changes are pending."
)]
pub struct PlanCommand {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
    #[command(flatten)]
    allowances: Allowances,
    /// Save the plan, for `afctl apply PLAN`
    #[arg(short = 'o', long = "out", value_name = "PLAN")]
    out: Option<PathBuf>,
    /// Plan to take everything away
    #[arg(long)]
    destroy: bool,
}

/// What a plan is asked for.
pub(super) struct Asked<'a> {
    pub(super) sites: &'a Sites,
    pub(super) allowances: &'a Allowances,
    pub(super) destroy: bool,
}

/// A plan, and what leads to its sites.
pub(super) struct Made {
    pub(super) planned: Planned,
    pub(super) drivers: BTreeMap<String, Arc<dyn Driver>>,
    pub(super) unserved: Vec<String>,
}

impl PlanCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let loaded = context.load(&self.files)?;
        let asked = Asked { sites: &self.sites, allowances: &self.allowances, destroy: self.destroy };
        let world = context.sandbox()?;
        let ground = context.ground(world.as_ref());
        let made = make(context, &loaded.facility, &asked, &ground)?;
        if let Some(path) = &self.out {
            save(&made.planned.plan, path)?;
        }
        show(context, &made, &loaded.facility)?;
        if let Some(path) = &self.out {
            context.say(&format!("saved as {0}; afctl apply {0} does exactly this", path.display()));
        }
        Ok(verdict(&made.planned.plan))
    }
}

/// Compiles, looks and plans.
pub(super) fn make(
    context: &Context,
    facility: &Facility,
    asked: &Asked<'_>,
    ground: &Ground<'_>,
) -> Result<Made, Failure> {
    let adopt = selection(&asked.allowances.adopt)?;
    let delete_data = selection(&asked.allowances.delete_data)?;
    let compiled = context.compile(facility, &asked.sites.sites)?;
    if let Ground::Sandbox(world) = ground {
        context.furnish(Some(world), facility, &compiled)?;
    }
    let unserved = compiled.unserved;
    let spinner = super::progress::looking(context.paint().on, compiled.sites.len());
    let survey = context.block_on(survey::look(facility.name(), compiled.sites, ground))?;
    spinner.finish_and_clear();
    let request = Request {
        facility: facility.name(),
        sources: facility.sources(),
        destroy: asked.destroy,
        adopt: &adopt,
        delete_data: &delete_data,
        now: context.now(),
    };
    let (planned, drivers) = survey.plan(&request);
    let plan = &planned.plan;
    let touched: Vec<_> =
        plan.steps.iter().map(|s| &s.address).chain(plan.withheld.iter().map(|w| &w.address)).collect();
    for (flag, selection) in [("--adopt", &adopt), ("--delete-data", &delete_data)] {
        for text in selection.unused(&touched) {
            let note = context.paint().yellow("note:");
            context.say(&format!("{note} {flag} {text} names nothing that this plan touches"));
        }
    }
    Ok(Made { planned, drivers, unserved })
}

fn selection(texts: &[String]) -> Result<Selection, Failure> {
    Selection::new(texts).map_err(|error| Failure::usage(error.to_string()))
}

/// Shows a plan in the form asked for.
pub(super) fn show(context: &Context, made: &Made, facility: &Facility) -> Result<(), Failure> {
    context.show_looked(made.planned.findings.clone(), facility);
    if context.is_json() {
        return context.print_json(&as_json(&made.planned.plan));
    }
    let view = View { paint: context.paint_result(), verbose: context.is_verbose() };
    context.print(&plan_text::text(&made.planned.plan, view))?;
    for site in &made.unserved {
        context
            .say(&format!("{} site {site}: nothing is compiled for it yet", context.paint().yellow("note:")));
    }
    Ok(())
}

/// The plan with its counts, for machines.
pub(super) fn as_json(plan: &Plan) -> Value {
    let counts: BTreeMap<&str, usize> =
        plan.counts().iter().map(|(action, n)| (action.as_str(), *n)).collect();
    let mut value = serde_json::to_value(plan).unwrap_or_default();
    value["counts"] = json!(counts);
    value["unchanged"] = json!(plan.unchanged());
    value
}

/// The exit code of a plan.
pub(super) fn verdict(plan: &Plan) -> Exit {
    if !plan.is_empty() {
        Exit::Pending
    } else if plan.withheld(WithheldKind::Refused).chain(plan.withheld(WithheldKind::Held)).next().is_some() {
        Exit::Refused
    } else if plan.sites.values().any(|site| !site.problems.is_empty()) {
        Exit::Failed
    } else {
        Exit::Done
    }
}

/// Writes a plan, whole or not at all.
fn save(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(format!("{} cannot be written: {error}", path.display()))
    };
    let text = serde_json::to_string_pretty(plan).map_err(|error| failed(&error))?;
    let beside = path.with_extension("tmp");
    std::fs::write(&beside, text).map_err(|error| failed(&error))?;
    std::fs::rename(&beside, path).map_err(|error| failed(&error))
}
