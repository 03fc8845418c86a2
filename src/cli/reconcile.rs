//! `afctl reconcile`: observe, plan, apply, again, until told to stop.

use clap::Args;

use super::apply::report;
use super::context::{Context, stop_signal};
use super::exit::{Exit, Failure};
use super::plan_text;
use super::progress::{JsonLines, Terminal};
use super::{Allowances, Files, Sites};
use crate::apply::{self as engine, Patience, Setting};
use crate::plan::{Request, Selection};
use crate::reconcile::{Rhythm, Round, run};
use crate::survey;
use afctl_contract::Journal;
use afctl_contract::world::World;

/// Keep it so: plan and apply, again and again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl reconcile facility.yaml --interval 5m\n\n\
                        The file is read again for every round. SIGTERM finishes the steps in hand. What would lose data is \
                        held, as in apply.")]
pub struct Reconcile {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
    #[command(flatten)]
    allowances: Allowances,
    /// Time between two rounds, give or take a tenth
    #[arg(long, value_name = "TIME", default_value = "5m")]
    interval: afctl_contract::units::Duration,
    /// Stop after so many rounds
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    /// How long to wait for what was applied to come to work
    #[arg(long, value_name = "TIME", default_value = "30s")]
    wait: afctl_contract::units::Duration,
}

impl Reconcile {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        if self.files.files.iter().chain(&self.files.overlay).any(|file| file == "-") {
            return Err(
                Failure::usage("standard input cannot be read again for every round").help("give a file")
            );
        }
        // The first round tells at once what is wrong with the file.
        context.load(&self.files)?;
        let adopt = Selection::new(&self.allowances.adopt).map_err(|e| Failure::usage(e.to_string()))?;
        let delete_data =
            Selection::new(&self.allowances.delete_data).map_err(|e| Failure::usage(e.to_string()))?;
        let rhythm = Rhythm {
            interval: self.interval.as_std(),
            longest: self.interval.as_std().max(std::time::Duration::from_mins(5)),
            rounds: self.rounds,
            seed: context.seed(),
        };
        let world = context.sandbox()?;
        let last = context.block_on(async {
            let stop = stop_signal();
            run(rhythm, stop.clone(), async |number| {
                match self.round(context, world.as_ref(), &adopt, &delete_data, &stop).await {
                    Ok(round) => round,
                    Err(failure) => {
                        context.complain(&failure);
                        context.say(&format!("round {number}: failed"));
                        Round::Badly
                    }
                }
            })
            .await
        })?;
        Ok(if last == Round::Well { Exit::Done } else { Exit::Failed })
    }

    async fn round(
        &self,
        context: &Context,
        world: Option<&World>,
        adopt: &Selection,
        delete_data: &Selection,
        stop: &tokio::sync::watch::Receiver<bool>,
    ) -> Result<Round, Failure> {
        let loaded = context.load(&self.files)?;
        let facility = &loaded.facility;
        let compiled = context.compile(facility, &self.sites.sites)?;
        context.furnish(world, facility, &compiled)?;
        let survey = survey::look(facility.name(), compiled.sites, &context.ground(world)).await;
        let request = Request {
            facility: facility.name(),
            sources: facility.sources(),
            destroy: false,
            adopt,
            delete_data,
            now: context.now(),
        };
        let (planned, drivers) = survey.plan(&request);
        let plan = planned.plan;
        context.say(&format!("{} {}", context.now(), plan_text::summary(&plan, context.paint())));
        let lines = JsonLines;
        let terminal = Terminal::new(context.paint(), context.is_verbose());
        let journal: &dyn Journal = if context.is_json() { &lines } else { &terminal };
        let setting = Setting {
            drivers: &drivers,
            journal,
            parallel: 32,
            patience: Patience { seed: context.seed(), ..Patience::default() },
            wait: self.wait.as_std(),
            stop: stop.clone(),
        };
        let outcome = engine::carry_out(&plan, &setting).await;
        if !plan.is_empty() && !context.is_json() {
            report(context, &plan, &outcome);
        }
        let unseen = plan.sites.values().any(|site| !site.problems.is_empty());
        Ok(if outcome.is_complete() && !unseen { Round::Well } else { Round::Badly })
    }
}
