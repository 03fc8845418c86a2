//! `afctl destroy`: takes everything away again, by plan and with the same holds.

use clap::Args;

use super::apply::plan_and_do;
use super::context::Context;
use super::exit::{Exit, Failure};
use super::plan::Asked;
use super::{Allowances, Execution, Files, Sites};

/// Take everything away again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl destroy --sandbox examples/quickstart.yaml --yes\n\n\
                        What holds data stays unless --delete-data names it.")]
pub struct Destroy {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
    #[command(flatten)]
    allowances: Allowances,
    #[command(flatten)]
    execution: Execution,
}

impl Destroy {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let asked = Asked { sites: &self.sites, allowances: &self.allowances, destroy: true };
        plan_and_do(context, &self.files, &asked, &self.execution)
    }
}
