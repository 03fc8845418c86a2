//! What no backend serves yet is said, never silently left out. What a backend serves in part, it says itself (`AF10xx`).

use afctl_contract::codes::{menu, sites};
use afctl_contract::language::{Scheduler, Strawman};
use afctl_contract::{Diagnostic, Diagnostics};

use super::context::entry;
use super::say;

/// Notes of what is checked and compared, and not made.
pub fn unbuilt(strawman: &Strawman) -> Diagnostics {
    let spec = &strawman.spec;
    let mut out = Diagnostics::new();
    for (name, site) in &spec.sites {
        let here = entry("sites", name);
        if matches!(site.scheduler, Scheduler::Slurm(_)) {
            out.push(
                Diagnostic::new(
                    &sites::SITE_NOT_COMPILED,
                    format!("Slurm at `{name}` is checked and compared, and not compiled yet"),
                )
                .at_key(here.join("scheduler").join("slurm"))
                .help("nothing must be done; `plan` and `apply` leave this site alone"),
            );
        }
        if site.infrastructure.aws().is_some() {
            out.push(
                Diagnostic::new(
                    &sites::SITE_NOT_COMPILED,
                    format!("What `{name}` needs in AWS is checked and compared, and not compiled yet"),
                )
                .at_key(here.join("infrastructure").join("aws"))
                .help("nothing must be done; `plan` and `apply` start nothing in AWS"),
            );
        }
    }
    let services: Vec<&str> = spec.services.keys().map(String::as_str).collect();
    if let Some(first) = services.first() {
        out.push(
            Diagnostic::new(
                &menu::SERVICE_NOT_COMPILED,
                format!(
                    "Services are checked and compared, and not compiled yet: {}",
                    say::names(services.iter().copied())
                ),
            )
            .at_key(entry("services", first))
            .help("nothing must be done; install them as you do now"),
        );
    }
    out
}
