//! The whole test suite, from a fresh checkout: what the README and `.ci/run` call.
//!
//! Guarantees: every stage runs, whatever became of the ones before; the summary names each with its time; the exit code
//! is 0 only if all passed. Nothing is left out in silence: the tests that need a control plane fail without one, unless
//! `--fast` was asked for, which the summary repeats.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use afctl_testbed::{Binaries, KUBECONFIG_VARIABLE, WANTED_VARIABLE};

use crate::testbed::say;

/// What the suite was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Choices {
    yes: bool,
    fast: bool,
}

impl Choices {
    /// Reads the flags; says which one is wrong.
    pub fn read(flags: &[&str]) -> Result<Self, String> {
        let mut choices = Self::default();
        for flag in flags {
            match *flag {
                "--yes" => choices.yes = true,
                "--fast" => choices.fast = true,
                other => return Err(format!("test has no {other}")),
            }
        }
        Ok(choices)
    }
}

struct Stage {
    name: &'static str,
    passed: bool,
    took: Duration,
}

/// One cargo command; the value of `AFCTL_TESTBED` for it, if it runs tests.
struct Step {
    name: &'static str,
    args: &'static [&'static str],
    testbed: Option<&'static str>,
}

const FAST: [Step; 3] = [
    Step { name: "format", args: &["fmt", "--all", "--check"], testbed: None },
    Step {
        name: "lints",
        args: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        testbed: None,
    },
    Step {
        name: "fast tests, no backend's driver",
        args: &["test", "--workspace", "--no-default-features", "--no-fail-fast"],
        testbed: Some("0"),
    },
];
const FULL: Step = Step {
    name: "all tests, with the control plane",
    args: &["test", "--workspace", "--no-fail-fast"],
    testbed: Some("1"),
};

/// Runs all stages.
pub fn run(choices: &Choices) -> ExitCode {
    let mut stages = Vec::new();
    if !choices.fast {
        match prepare(choices) {
            Some(stage) => stages.push(stage),
            None => return ExitCode::FAILURE,
        }
    }
    let full = (!choices.fast).then_some(FULL);
    stages.extend(FAST.into_iter().chain(full).map(|step| cargo(&step)));
    summary(&stages, choices.fast);
    if stages.iter().all(|stage| stage.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Sees to it that there is a control plane; nothing if a person said no.
fn prepare(choices: &Choices) -> Option<Stage> {
    let begun = Instant::now();
    let name = "control plane";
    if std::env::var_os(KUBECONFIG_VARIABLE).is_some() {
        say(&format!("using the cluster that {KUBECONFIG_VARIABLE} names"));
        return Some(Stage { name, passed: true, took: begun.elapsed() });
    }
    if Binaries::find().is_err() && !(choices.yes || is_ci()) && std::io::stdin().is_terminal() && !ask() {
        eprintln!("nothing was done; `cargo xtask test --fast` does without the control plane");
        return None;
    }
    let built = Binaries::ensure(&say);
    match &built {
        Ok(binaries) => say(&format!("ready: {}", binaries.dir().display())),
        Err(error) => say(&format!("error: {error}")),
    }
    Some(Stage { name, passed: built.is_ok(), took: begun.elapsed() })
}

fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn ask() -> bool {
    eprint!(
        "The tests run against a real Kubernetes control plane (API server, etcd, kwok), which is built from source with\n\
         Go the first time: 5 to 20 minutes, 0.5 GB in ~/.cache/afctl-testbed beside Go's own caches. No root, no\n\
         containers, nothing is installed. Build it now? [y/N] "
    );
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}

fn cargo(step: &Step) -> Stage {
    eprintln!("\n=== {}: cargo {}", step.name, step.args.join(" "));
    let begun = Instant::now();
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(step.args).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    if let Some(wanted) = step.testbed {
        command.env(WANTED_VARIABLE, wanted);
    }
    let passed = match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("could not start cargo: {error}");
            false
        }
    };
    Stage { name: step.name, passed, took: begun.elapsed() }
}

fn summary(stages: &[Stage], fast: bool) {
    eprintln!("\n=== summary");
    for stage in stages {
        let word = if stage.passed { "passed" } else { "FAILED" };
        eprintln!("{word}  {:>7.1} s  {}", stage.took.as_secs_f64(), stage.name);
    }
    if fast {
        eprintln!("not run (--fast): {}", FULL.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_or_refused_by_name() {
        assert_eq!(Choices::read(&["--yes", "--fast"]), Ok(Choices { yes: true, fast: true }));
        assert!(Choices::read(&["--slow"]).is_err_and(|wrong| wrong.contains("--slow")));
    }

    #[test]
    fn the_last_stage_may_not_skip() {
        assert_eq!(FULL.testbed, Some("1"));
        assert!(FAST.iter().all(|step| step.testbed != Some("1")));
    }
}
