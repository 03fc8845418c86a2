//! What every command stands on: flags, terminal, clock, files, the sandbox.

use std::cell::OnceCell;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{IsTerminal, Write};

use afctl_contract::world::World;
use afctl_contract::{At, Diagnostic, Diagnostics, Facility, Level, SourceMap};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use super::diagnostics::{self, Look};
use super::exit::{Exit, Failure};
use super::paint::Paint;
use super::{Color, Files, Global, Output};
use crate::check;
use crate::source::{self, Reading};
use crate::survey::{self, Compiled, Ground};

/// Where the sandbox keeps its world.
pub const SANDBOX: &str = ".afctl/sandbox.redb";

/// What every command stands on.
pub struct Context {
    /// The flags of every command.
    pub global: Global,
    /// One for the whole run: connections belong to the runtime that they were made in.
    runtime: OnceCell<Runtime>,
}

impl Drop for Context {
    /// A login helper that hangs must not keep the program from ending.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A facility that was read and checked.
pub struct Loaded {
    /// The facility.
    pub facility: Facility,
    /// What was found.
    pub findings: Diagnostics,
}

impl Context {
    pub(super) fn new(global: Global) -> Self {
        Self { global, runtime: OnceCell::new() }
    }

    fn colour(&self, is_terminal: bool) -> bool {
        match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                is_terminal
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }

    /// Colour for stderr.
    pub fn paint(&self) -> Paint {
        Paint { on: self.colour(std::io::stderr().is_terminal()) }
    }

    /// Colour for stdout.
    pub fn paint_result(&self) -> Paint {
        Paint { on: self.colour(std::io::stdout().is_terminal()) }
    }

    /// Whether results are for machines.
    pub fn is_json(&self) -> bool {
        self.global.output == Output::Json
    }

    /// Whether more is to be shown.
    pub const fn is_verbose(&self) -> bool {
        self.global.verbose > 0
    }

    /// The time.
    #[allow(clippy::unused_self)]
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    /// A number that differs from run to run, to spread pauses.
    #[allow(clippy::unused_self)]
    pub fn seed(&self) -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// Says something to the person.
    #[allow(clippy::unused_self)]
    pub fn say(&self, text: &str) {
        // Nobody is left to tell when stderr is gone.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// Gives a result.
    #[allow(clippy::unused_self)]
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            // A pipe that was closed has had enough.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::new(format!("stdout cannot be written: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Gives a result for machines.
    pub fn print_json(&self, value: &Value) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::new(format!("the result cannot be written as JSON: {error}")))?;
        text.push('\n');
        self.print(&text)
    }

    /// Says why a command failed.
    pub fn complain(&self, failure: &Failure) {
        if failure.message.is_empty() {
            return;
        }
        let paint = self.paint();
        self.say(&format!("{} {}", paint.red("error:"), failure.message));
        if let Some(help) = &failure.help {
            self.say(&format!("  {} {help}", paint.cyan("help:")));
        }
        if self.is_json() {
            let value = json!({
                "schemaVersion": "afctl.dev/error/v1",
                "error": {"message": failure.message, "help": failure.help, "exitCode": failure.exit as u8},
            });
            // The exit code says it as well.
            let _ = self.print_json(&value);
        }
    }

    /// How findings look on stderr.
    pub fn look(&self) -> Look {
        let terminal = std::io::stderr().is_terminal();
        Look { colour: self.colour(terminal), unicode: terminal, ..Look::default() }
    }

    /// Reads and checks files, whatever comes of it.
    #[allow(clippy::unused_self)]
    pub fn read(&self, files: &Files) -> (Reading, Diagnostics) {
        let names: Vec<&str> = files.files.iter().chain(&files.overlay).map(String::as_str).collect();
        let mut reading = source::load(&names);
        let mut findings = std::mem::take(&mut reading.diagnostics);
        if let Some(strawman) = &reading.strawman {
            findings.extend(check::check(strawman, &reading.sources));
        }
        findings.sort(&reading.sources);
        (reading, findings)
    }

    /// Shows findings, in the form asked for.
    pub fn show_findings(&self, findings: &Diagnostics, sources: &SourceMap) -> Result<(), Failure> {
        match self.global.output {
            Output::Text => {
                let text = diagnostics::text(findings, sources, self.look());
                if !text.is_empty() {
                    self.say(text.trim_end());
                }
                Ok(())
            }
            Output::Json => self.print_json(&diagnostics::json(findings, sources)),
            Output::Sarif => self.print_json(&diagnostics::sarif(findings, sources)),
            Output::Github => self.print(&diagnostics::github(findings, sources)),
        }
    }

    /// Reads and checks files; errors are shown and end the command.
    pub fn load(&self, files: &Files) -> Result<Loaded, Failure> {
        if !matches!(self.global.output, Output::Text | Output::Json) {
            return Err(Failure::usage("only `validate` gives sarif and github")
                .help("give --output text or --output json"));
        }
        let (reading, findings) = self.read(files);
        let errors = findings.has_errors();
        let facility = match reading.strawman {
            Some(strawman) if !errors => Facility::admit(strawman, reading.sources.clone(), &findings),
            _ => None,
        };
        let Some(facility) = facility else {
            let mut errors = findings;
            errors.retain(|finding| finding.level == Level::Error);
            self.show_findings(&errors, &reading.sources)?;
            return Err(Failure::silent(Exit::Failed));
        };
        let warnings = findings.count(Level::Warning);
        if warnings > 0 && self.global.output == Output::Text {
            let paint = self.paint();
            let words = if warnings == 1 { "warning" } else { "warnings" };
            self.say(&format!(
                "{} {warnings} {words} about the strawman; afctl validate shows what",
                paint.yellow("!")
            ));
        }
        Ok(Loaded { facility, findings })
    }

    /// Compiles sites; errors are shown and end the command.
    pub fn compile(&self, facility: &Facility, only: &[String]) -> Result<Compiled, Failure> {
        for name in only {
            if !facility.spec().sites.contains_key(name) {
                let sites: Vec<&str> = facility.spec().sites.keys().map(String::as_str).collect();
                return Err(Failure::usage(format!("there is no site `{name}`"))
                    .help(format!("the sites are: {}", sites.join(", "))));
            }
        }
        let compiled = survey::compile(facility, only);
        if compiled.findings.has_errors() {
            let mut errors = compiled.findings;
            errors.retain(|finding| finding.level == Level::Error);
            errors.sort(facility.sources());
            self.show_findings(&errors, facility.sources())?;
            return Err(Failure::silent(Exit::Failed));
        }
        Ok(compiled)
    }

    /// Shows findings that came up while looking.
    pub fn show_looked(&self, found: Vec<Diagnostic>, facility: &Facility) {
        if found.is_empty() || self.global.output != Output::Text {
            return;
        }
        let mut findings = Diagnostics::new();
        findings.extend(found);
        let mut findings = unsuppressed(facility, findings);
        let sources = facility.sources();
        findings.sort(sources);
        if findings.is_empty() {
            return;
        }
        self.say(diagnostics::text(&findings, sources, self.look()).trim_end());
    }

    /// The simulated world, if the command runs against it.
    pub fn sandbox(&self) -> Result<Option<World>, Failure> {
        if self.global.sandbox { open_sandbox().map(Some) } else { Ok(None) }
    }

    /// The ground to stand on.
    #[allow(clippy::unused_self)]
    pub const fn ground<'a>(&self, world: Option<&'a World>) -> Ground<'a> {
        match world {
            Some(world) => Ground::Sandbox(world),
            None => Ground::Real,
        }
    }

    /// Puts into the simulated world what is there without afctl.
    #[allow(clippy::unused_self)]
    pub fn furnish(
        &self,
        world: Option<&World>,
        facility: &Facility,
        compiled: &Compiled,
    ) -> Result<(), Failure> {
        let Some(world) = world else { return Ok(()) };
        for site in &compiled.sites {
            let given = site.entry.backend.given(facility, &site.name);
            world
                .give(given)
                .map_err(|error| Failure::new(format!("the sandbox cannot be written: {error}")))?;
        }
        Ok(())
    }

    /// Runs something that waits.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, Failure> {
        if self.runtime.get().is_none() {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .map_err(|error| Failure::new(format!("this machine gives no threads: {error}")))?;
            // It was empty a moment ago, and no other thread has it.
            let _ = self.runtime.set(runtime);
        }
        match self.runtime.get() {
            Some(runtime) => Ok(runtime.block_on(future)),
            None => Err(Failure::new("this machine gives no threads")),
        }
    }
}

/// Findings of backends that the strawman does not suppress; its own are suppressed by the checks.
pub fn unsuppressed(facility: &Facility, findings: Diagnostics) -> Diagnostics {
    let suppressed = |finding: &Diagnostic| {
        finding.level < Level::Error
            && facility.spec().suppress.iter().any(|suppression| {
                let within = match (&suppression.at, &finding.at) {
                    (None, _) => true,
                    (Some(below), At::Path(at, _)) => below.parse().is_ok_and(|below| at.is_within(&below)),
                    (Some(_), _) => false,
                };
                suppression.code == finding.code.id && within
            })
    };
    let mut kept = findings;
    kept.retain(|finding| !suppressed(finding));
    kept
}

/// Opens the simulated world of this folder.
pub fn open_sandbox() -> Result<World, Failure> {
    Ok(World::open(SANDBOX)?.with_clock(std::sync::Arc::new(jiff::Timestamp::now)))
}

/// Becomes true at the first SIGINT or SIGTERM; the second ends the program.
pub fn stop_signal() -> watch::Receiver<bool> {
    let (tell, told) = watch::channel(false);
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            // Without handlers the default ends the program at once, which the next run survives as well.
            return;
        };
        for round in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if round > 0 {
                std::process::exit(130);
            }
            eprintln!("\nfinishing the steps in hand; once more ends at once");
            // Nobody listens any more when the work is done.
            let _ = tell.send(true);
        }
    });
    told
}
