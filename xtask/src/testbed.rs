//! The testbed by hand: build it, or start one to try things on.
//!
//! Guarantees that a control plane which was started here is gone when this process is, by Ctrl-C or otherwise.

use std::process::ExitCode;

use afctl_testbed::{Binaries, ControlPlane, NodeGroup, Options, Result};

/// What `up` was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Wishes {
    kueue: bool,
    nodes: usize,
}

impl Wishes {
    /// Reads the flags; says which one is wrong.
    pub fn read(flags: &[&str]) -> Result<Self, String> {
        let mut wishes = Self { kueue: false, nodes: 0 };
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            match *flag {
                "--kueue" => wishes.kueue = true,
                "--nodes" => {
                    let count = flags.next().ok_or("--nodes needs a number")?;
                    wishes.nodes =
                        count.parse().map_err(|_| format!("--nodes: {count:?} is not a number"))?;
                }
                other => return Err(format!("testbed up has no {other}")),
            }
        }
        Ok(wishes)
    }
}

/// Says a step of the work on standard error, where it is in nobody's way.
pub fn say(line: &str) {
    eprintln!("testbed: {line}");
}

/// Builds the control plane, if it is not built.
pub fn build() -> ExitCode {
    match Binaries::ensure(&say) {
        Ok(binaries) => {
            say(&format!("built: {}", binaries.dir().display()));
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

/// Starts a control plane and stays until it is interrupted.
pub fn up(wishes: &Wishes) -> ExitCode {
    let options = Options {
        nodes: vec![NodeGroup::new("node", wishes.nodes, "64", "256Gi")],
        kueue_crds: wishes.kueue,
        audit: true,
        ..Options::default()
    };
    match Binaries::ensure(&say).and_then(|_| ControlPlane::start(&options)) {
        Ok(cluster) => {
            println!("export KUBECONFIG={}", cluster.kubeconfig().display());
            say("running; Ctrl-C ends it and removes everything");
            // The end of this process is what the testbed's own cleaner waits for.
            loop {
                std::thread::park();
            }
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &afctl_testbed::Error) -> ExitCode {
    say(&format!("error: {error}"));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_or_refused_by_name() {
        assert_eq!(Wishes::read(&["--nodes", "3", "--kueue"]), Ok(Wishes { kueue: true, nodes: 3 }));
        assert!(Wishes::read(&["--nodes"]).is_err());
        assert_eq!(Wishes::read(&["--nodes", "x"]), Err("--nodes: \"x\" is not a number".to_owned()));
        assert!(Wishes::read(&["--gpus"]).is_err_and(|wrong| wrong.contains("--gpus")));
    }
}
