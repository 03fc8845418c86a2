//! `afctl validate`: every error with its line. Needs no network and no credentials.

use afctl_contract::{Facility, Level};
use clap::Args;

use super::context::{Context, unsuppressed};
use super::exit::{Exit, Failure};
use super::{Files, Output};
use crate::survey;

/// Check a strawman: every error with its line.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  afctl validate facility.yaml\n  afctl validate base.yaml --overlay production.yaml --deny-warnings\n  \
                        afctl validate facility.yaml --output github    # in CI"
)]
pub struct Validate {
    #[command(flatten)]
    files: Files,
    /// Fail on warnings, too
    #[arg(long)]
    deny_warnings: bool,
}

impl Validate {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let (reading, mut findings) = context.read(&self.files);
        // What only a backend can say about its part is said here, too.
        if let Some(strawman) = &reading.strawman
            && let Some(facility) = Facility::admit(strawman.clone(), reading.sources.clone(), &findings)
        {
            findings.extend(unsuppressed(&facility, survey::compile(&facility, &[]).findings));
        }
        findings.sort(&reading.sources);
        context.show_findings(&findings, &reading.sources)?;
        let failed = findings.has_errors() || (self.deny_warnings && findings.count(Level::Warning) > 0);
        if context.global.output == Output::Text && !failed {
            let name = reading.strawman.as_ref().map_or("it", |strawman| &strawman.metadata.name);
            context.say(&format!("{} {name} is valid", context.paint().green("ok:")));
        }
        Ok(if failed { Exit::Failed } else { Exit::Done })
    }
}
