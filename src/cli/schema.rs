//! `afctl schema` and `afctl completion`: texts for editors and shells.

use clap::{Args, CommandFactory};

use super::context::Context;
use super::exit::{Exit, Failure};
use crate::source;

/// Print the JSON Schema, for editors.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  afctl schema > strawman.schema.json\n  afctl schema --crd | kubectl apply -f -"
)]
pub struct SchemaCommand {
    /// Print the custom resource definition instead
    #[arg(long)]
    crd: bool,
}

impl SchemaCommand {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        context.print_json(&if self.crd { source::crd() } else { source::schema() })?;
        Ok(Exit::Done)
    }
}

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl completion bash > /etc/bash_completion.d/afctl")]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

impl Completion {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "afctl", &mut text);
        context.print(&String::from_utf8_lossy(&text))?;
        Ok(Exit::Done)
    }
}
