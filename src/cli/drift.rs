//! `afctl drift`: what was changed since it was applied, apart from what is merely not applied yet. Changes nothing.

use afctl_contract::{Plan, Reason};
use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::plan::{Asked, make};
use super::plan_text::{self, View};
use super::{Allowances, Files, Sites};

/// Show what was changed since it was applied.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl drift facility.yaml || afctl apply facility.yaml\n\n\
                        Exit code 3 says that there is drift, 2 that the strawman has changes that are not applied yet.")]
pub struct Drift {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
}

/// Whether a step undoes what somebody did.
const fn is_drift(reason: Reason) -> bool {
    matches!(reason, Reason::Drifted | Reason::Lost)
}

impl Drift {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let loaded = context.load(&self.files)?;
        let world = context.sandbox()?;
        let ground = context.ground(world.as_ref());
        let allowances = Allowances::default();
        let asked = Asked { sites: &self.sites, allowances: &allowances, destroy: false };
        let made = make(context, &loaded.facility, &asked, &ground)?;
        let plan = made.planned.plan;
        let (drifted, pending): (Vec<_>, Vec<_>) =
            plan.steps.iter().cloned().partition(|step| is_drift(step.reason));
        let unseen = plan.sites.values().any(|site| !site.problems.is_empty());
        if context.is_json() {
            context.print_json(&json!({
                "schemaVersion": "afctl.dev/drift/v1",
                "facility": plan.facility,
                "drifted": drifted,
                "notApplied": pending,
                "sites": plan.sites,
            }))?;
        } else {
            let view = View { paint: context.paint_result(), verbose: context.is_verbose() };
            let counts = (drifted.len(), pending.len());
            let only = Plan { steps: drifted, withheld: Vec::new(), ..plan.clone() };
            for (name, basis) in &only.sites {
                let mut text = String::new();
                plan_text::site(&mut text, &only, name, basis, view);
                context.print(&text)?;
            }
            context.print(&format!(
                "Drift of {}: {} changed since applied, {} not applied yet, {} as they should be.\n",
                plan.facility,
                counts.0,
                counts.1,
                plan.unchanged()
            ))?;
            return Ok(code(counts.0, counts.1, unseen));
        }
        Ok(code(drifted.len(), pending.len(), unseen))
    }
}

const fn code(drifted: usize, pending: usize, unseen: bool) -> Exit {
    if drifted > 0 {
        Exit::Drift
    } else if unseen {
        Exit::Failed
    } else if pending > 0 {
        Exit::Pending
    } else {
        Exit::Done
    }
}
