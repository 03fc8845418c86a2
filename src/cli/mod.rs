//! The command line: arguments to command to exit code. One file a command.
//!
//! Text for people goes to stderr, results go to stdout. Here, and only here, are terminal, clock and environment.

pub mod context;
pub mod exit;
pub mod paint;
pub mod plan_text;
pub mod progress;

mod apply;
mod compile;
mod destroy;
pub mod diagnostics;
mod drift;
mod explain;
mod init;
mod plan;
mod reconcile;
mod sandbox;
mod schema;
mod show;
mod validate;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use exit::Exit;

/// Analysis facilities as code: check a strawman, plan it, apply it, keep it true.
#[derive(Debug, Parser)]
#[command(
    name = "afctl",
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  afctl validate examples/quickstart.yaml\n  afctl apply --sandbox examples/quickstart.yaml\n  \
                  afctl plan facility.yaml --overlay production.yaml -o facility.plan\n  afctl apply facility.plan --yes\n\n\
                  Exit codes: 0 done or nothing to do, 1 failed, 2 changes pending, 3 drift, 4 refused, 64 usage."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The flags of every command.
    #[command(flatten)]
    pub global: Global,
}

/// The flags of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Form of the result: text for people, json for machines
    #[arg(long, global = true, value_enum, default_value_t = Output::Text, value_name = "FORM")]
    pub output: Output,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Run against the simulated world in .afctl/ instead of the real thing
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Show more; twice for what goes over the wire
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For machines; the form is versioned.
    Json,
    /// SARIF 2.1.0 (validate).
    Sarif,
    /// Annotations of GitHub Actions (validate).
    Github,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where the strawman is.
#[derive(Debug, Clone, Args)]
pub struct Files {
    /// The strawman; several are merged in order, and - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// A merge patch laid over the strawman; may be given several times
    #[arg(long, value_name = "FILE")]
    pub overlay: Vec<String>,
}

/// Which sites are meant.
#[derive(Debug, Clone, Default, Args)]
pub struct Sites {
    /// Only this site; may be given several times
    #[arg(long = "site", value_name = "SITE")]
    pub sites: Vec<String>,
}

/// What the user allows.
#[derive(Debug, Clone, Default, Args)]
pub struct Allowances {
    /// Take over a thing that afctl did not make: KIND/NAME, KIND/NAMESPACE/NAME or the whole address
    #[arg(long, value_name = "ADDRESS")]
    pub adopt: Vec<String>,
    /// Delete a thing although it holds data: KIND/NAME, KIND/NAMESPACE/NAME or the whole address
    #[arg(long, value_name = "ADDRESS")]
    pub delete_data: Vec<String>,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Args)]
pub struct Execution {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// How long to wait for what was applied to come to work
    #[arg(long, value_name = "TIME", default_value = "30s")]
    pub wait: afctl_contract::units::Duration,
    /// How many steps of a site may be in hand at once
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented strawman to start from
    Init(init::Init),
    /// Check a strawman: every error with its line
    Validate(validate::Validate),
    /// Write what each site would be given as files; no network
    Compile(compile::Compile),
    /// Show what would change
    Plan(plan::PlanCommand),
    /// Show a saved plan
    Show(show::Show),
    /// Make it so
    Apply(apply::Apply),
    /// Show what was changed since it was applied
    Drift(drift::Drift),
    /// Keep it so: plan and apply, again and again
    Reconcile(reconcile::Reconcile),
    /// Take everything away again
    Destroy(destroy::Destroy),
    /// Explain a code such as AF0123, or a field such as spec.nodePools
    Explain(explain::Explain),
    /// Look into, reset, break and drift the simulated world
    Sandbox(sandbox::Sandbox),
    /// Print the JSON Schema, for editors
    Schema(schema::SchemaCommand),
    /// Print a completion script for a shell
    Completion(schema::Completion),
}

/// Runs the program on these arguments.
pub fn main(arguments: impl IntoIterator<Item = std::ffi::OsString>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let wants_help = !error.use_stderr();
            // Nothing can be done when the terminal is gone.
            let _ = error.print();
            return if wants_help { Exit::Done } else { Exit::Usage };
        }
    };
    let context = context::Context::new(cli.global);
    if context.global.verbose > 1 {
        // What goes over the wire: method, address and status of each request; never headers or bodies.
        let filter = tracing_subscriber::EnvFilter::new("afctl_kubernetes=debug,kube_client::client=debug");
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(context.paint().on)
            .with_writer(std::io::stderr)
            .init();
    }
    let result = match cli.command {
        Command::Init(command) => command.run(&context),
        Command::Validate(command) => command.run(&context),
        Command::Compile(command) => command.run(&context),
        Command::Plan(command) => command.run(&context),
        Command::Show(command) => command.run(&context),
        Command::Apply(command) => command.run(&context),
        Command::Drift(command) => command.run(&context),
        Command::Reconcile(command) => command.run(&context),
        Command::Destroy(command) => command.run(&context),
        Command::Explain(command) => command.run(&context),
        Command::Sandbox(command) => command.run(&context),
        Command::Schema(command) => command.run(&context),
        Command::Completion(command) => command.run(&context),
    };
    match result {
        Ok(exit) => exit,
        Err(error) => {
            context.complain(&error);
            error.exit
        }
    }
}
