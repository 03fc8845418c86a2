//! What nothing compiles yet is said, never silently left out. One note for each kind of thing.

use afctl_contract::codes::{menu, scheduling, sites, storage};
use afctl_contract::language::{Scheduler, StorageSystem, Strawman};
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
    let kubernetes = |site: &str| spec.sites.get(site).is_some_and(|site| site.kubernetes().is_some());
    let left: Vec<&str> = spec
        .storage
        .iter()
        .filter(|(_, storage)| {
            let made = matches!(
                storage.system,
                StorageSystem::Nfs(_)
                    | StorageSystem::CephFs(_)
                    | StorageSystem::Cvmfs(_)
                    | StorageSystem::StorageClass(_)
            );
            !made && spec.sites.keys().any(|site| kubernetes(site) && storage.is_visible_from(site))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some(first) = left.first() {
        let systems: std::collections::BTreeSet<&str> = left
            .iter()
            .filter_map(|name| spec.storage.get(*name))
            .map(|storage| storage.system.name())
            .collect();
        let systems: Vec<&str> = systems.into_iter().collect();
        out.push(
            Diagnostic::new(
                &storage::STORAGE_NOT_COMPILED,
                format!(
                    "Storage of {} is checked and compared, and not compiled yet: {}",
                    systems.join(", "),
                    say::names(left.iter().copied())
                ),
            )
            .at_key(entry("storage", first))
            .help("nothing must be done; mount it as you do now"),
        );
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
    let overflow: Vec<&str> = spec
        .queues
        .iter()
        .filter(|(_, queue)| queue.overflow.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some(first) = overflow.first() {
        out.push(
            Diagnostic::new(
                &scheduling::OVERFLOW_NOT_COMPILED,
                format!(
                    "Overflow is checked and compared, and not compiled yet: {}",
                    say::names(overflow.iter().copied())
                ),
            )
            .at_key(entry("queues", first).join("overflow"))
            .help("nothing must be done; work waits for the queue's own pools"),
        );
    }
    out
}
