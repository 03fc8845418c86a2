//! What can go wrong with the testbed, told to the person who runs the tests.
//!
//! Guarantees that every message says what was being done, and that the end of the failing program's own output comes
//! along: a test that fails for want of a control plane must not send its reader to a log in a deleted folder.

use std::fmt;
use std::path::PathBuf;

/// A failure of the testbed itself, never of what is tested on it.
#[derive(Debug)]
pub enum Error {
    /// The binaries are not there, and this call may not build them.
    NotBuilt {
        /// Where they were looked for.
        looked_in: PathBuf,
    },
    /// A program needed for building is not on this machine.
    MissingTool {
        /// Its name and what it is for.
        what: String,
        /// How to get it.
        help: String,
    },
    /// A step of the build failed.
    Build {
        /// The step.
        step: String,
        /// The end of its output.
        output: String,
    },
    /// A server of the control plane did not become ready, or died.
    Server {
        /// Which one.
        component: String,
        /// What was waited for.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// kubectl returned an error.
    Kubectl {
        /// What it was asked.
        args: String,
        /// What it said.
        stderr: String,
    },
    /// The cluster in use cannot do this.
    Unsupported {
        /// What was asked for.
        what: String,
        /// Why it cannot be had.
        why: String,
    },
    /// Something did not come about in time.
    Timeout {
        /// What was waited for.
        what: String,
        /// What was seen last.
        last: String,
    },
    /// The operating system refused.
    Io {
        /// What was being done.
        doing: String,
        /// What it said.
        source: std::io::Error,
    },
    /// A program answered something that cannot be read.
    Unreadable {
        /// What was read.
        what: String,
        /// Where it stopped making sense.
        why: String,
    },
}

/// The testbed's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    pub(crate) fn unreadable(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |error| Self::Unreadable { what, why: error.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt { looked_in } => write!(
                f,
                "the control plane for the tests is not built (looked in {}): run `cargo xtask testbed build` once, \
                 or name a cluster of your own in AFCTL_TESTBED_KUBECONFIG",
                looked_in.display()
            ),
            Self::MissingTool { what, help } => write!(f, "{what} is missing: {help}"),
            Self::Build { step, output } => write!(f, "could not {step}:\n{output}"),
            Self::Server { component, why, log } => {
                write!(f, "{component}: {why}; the end of its log:\n{log}")
            }
            Self::Kubectl { args, stderr } => write!(f, "kubectl {args}: {stderr}"),
            Self::Unsupported { what, why } => write!(f, "{what} cannot be had: {why}"),
            Self::Timeout { what, last } => write!(f, "gave up waiting for {what}; last seen: {last}"),
            Self::Io { doing, source } => write!(f, "could not {doing}: {source}"),
            Self::Unreadable { what, why } => write!(f, "cannot read {what}: {why}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The last lines of a text, enough to see why a program died.
pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(25)..].join("\n")
}
