//! Chores of the repository, as `cargo xtask …`.
//!
//! Guarantees: exits 0 only if everything that was asked for was done and passed, 64 for words that it does not know.
//! Assumes the cargo that started it.

mod suite;
mod testbed;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test [--yes] [--fast]          format, lints, fast tests, then all tests on a real control plane
       cargo xtask testbed build                  build that control plane (minutes, once)
       cargo xtask testbed up [--kueue] [--nodes N]
                                                  start one to try things on, until Ctrl-C
  --yes    do not ask before the control plane is built (CI=true means the same)
  --fast   without the tests that need the control plane";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test", flags @ ..] => match suite::Choices::read(flags) {
            Ok(choices) => suite::run(&choices),
            Err(wrong) => usage(&wrong),
        },
        ["testbed", "build"] => testbed::build(),
        ["testbed", "up", flags @ ..] => match testbed::Wishes::read(flags) {
            Ok(wishes) => testbed::up(&wishes),
            Err(wrong) => usage(&wrong),
        },
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        [] => usage("what is to be done?"),
        [word, ..] => usage(&format!("no chore is called {word:?} like that")),
    }
}

fn usage(wrong: &str) -> ExitCode {
    eprintln!("xtask: {wrong}\n{USAGE}");
    ExitCode::from(64)
}
