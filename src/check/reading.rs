//! How long reading takes at the least, against the target of time to result.
//!
//! Counted are the owned physical cores of pools without GPUs that queues draw on, at sites from which the data is
//! visible; the rates of storage, where all of them are known; and the wide-area network, where the data stands at none of
//! those sites. Each is a bound for itself: a target is said to be missed only if one of them rules it out.

use std::collections::HashSet;

use afctl_contract::codes::goals as codes;
use afctl_contract::language::{Storage, StorageRole, TimeToResult};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;
use super::storage::real;

/// What one core reads, where nobody says: bytes a second (the 200 Gb/s exercises: 25 GB/s over 2000 cores).
const RATE_PER_CORE: f64 = 12.5e6;

/// What the target asks, and what takes part in reading.
struct Reading<'a, 'c> {
    cx: &'c Context<'a>,
    input: f64,
    within: f64,
    target: &'a TimeToResult,
    holding: Vec<(&'a str, &'a Storage)>,
    queued: HashSet<&'a str>,
}

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(target) = cx.spec.targets.as_ref().and_then(|targets| targets.time_to_result.as_ref()) else {
        return;
    };
    let of = |role: StorageRole| -> Vec<(&str, &Storage)> {
        let named = cx.spec.storage.iter().map(|(name, storage)| (name.as_str(), storage));
        named.filter(|(_, storage)| storage.role == role).collect()
    };
    let mut holding = of(StorageRole::Data);
    let mut ways = holding.clone();
    ways.extend(of(StorageRole::Cache));
    if holding.is_empty() {
        holding = of(StorageRole::Cache);
    }
    let reading = Reading {
        cx,
        input: real(target.input),
        within: std::time::Duration::from_secs(target.within.0).as_secs_f64(),
        target,
        holding,
        queued: cx.spec.queues.values().flat_map(|queue| &queue.pools).map(String::as_str).collect(),
    };
    reading.cores(out);
    reading.storage(&ways, out);
    reading.network(out);
}

impl<'a> Reading<'a, '_> {
    fn sees(&self, site: &str) -> bool {
        self.holding.is_empty() || self.holding.iter().any(|(_, storage)| storage.is_visible_from(site))
    }

    /// Pools that batch work reads on, by whether they see the data.
    fn pools(&self, seeing: bool) -> Vec<&'a str> {
        let spec = self.cx.spec;
        spec.node_pools
            .iter()
            .filter(|(name, _)| spec.queues.is_empty() || self.queued.contains(name.as_str()))
            .filter(|(_, pool)| pool.gpus().is_empty() && self.sees(&pool.site) == seeing)
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The finding, where reading at this rate takes too long.
    fn missed(&self, rate: f64, because: &str) -> Option<Diagnostic> {
        let takes = self.input / rate.max(1e-9);
        if takes <= self.within * 1.000_001 {
            return None;
        }
        let (input, within) = (self.target.input.rounded(), self.target.within);
        let message = if rate > 0.0 {
            format!("Reading {input} takes {} at the least, not {within}: {because}", say::time(takes))
        } else {
            format!("{input} cannot be read within {within}: {because}")
        };
        let here = path!["spec", "targets", "timeToResult", "within"];
        Some(Diagnostic::new(&codes::TIME_TO_RESULT, message).at(here).label("cannot be met"))
    }

    fn data(&self) -> String {
        if self.holding.is_empty() {
            "the data".to_owned()
        } else {
            say::names(self.holding.iter().map(|(name, _)| *name))
        }
    }

    fn cores(&self, out: &mut Diagnostics) {
        let (cx, spec) = (self.cx, self.cx.spec);
        let pools = self.pools(true);
        let mut capacity = cx.capacity(pools.iter().copied());
        for (name, site) in &spec.sites {
            if site.is_external() && self.sees(name) && cx.pools_at(name).next().is_none() {
                let mut stated = spec.site_capacity(name);
                // That its memory is not known does not matter here.
                stated.unknown.clear();
                capacity.add(&stated);
            }
        }
        if !capacity.unknown.is_empty() {
            return;
        }
        let cores = capacity.owned.cores;
        let stated = self.target.rate_per_core.as_ref().and_then(|rate| rate.known());
        let per_core = stated.map_or(RATE_PER_CORE, |rate| rate.bytes_per_second());
        let because = if cores > 0.0 {
            format!(
                "{} owned cores see {}, and at {} each they read {}",
                say::count(cores),
                self.data(),
                say::rate(per_core),
                say::rate(cores * per_core)
            )
        } else {
            format!("no owned core sees {}", self.data())
        };
        let Some(mut finding) = self.missed(cores * per_core, &because) else { return };
        for pool in pools.iter().take(3) {
            let owned = cx.capacity([*pool]).owned;
            let label = format!("{} nodes, {} owned cores", say::count(owned.nodes), say::count(owned.cores));
            finding = finding.also_key(entry("nodePools", pool), label);
        }
        if let Some((name, _)) = self.holding.first() {
            finding = finding.also_key(entry("storage", name), "the data");
        }
        let needed = (self.input / self.within.max(1.0) / per_core.max(1e-9)).ceil();
        let mut help =
            format!("{} cores would do, {} more", say::count(needed), say::count(needed - cores.floor()));
        let blind = self.pools(false);
        let unseen = cx.capacity(blind.iter().copied()).owned.cores;
        if unseen >= 1.0 {
            let (names, cores) = (say::names(blind.iter().copied()), say::count(unseen.floor()));
            help.push_str(&format!("; {names} has {cores} owned cores that do not see it"));
        }
        if cores > 0.0 {
            let takes = self.input / (cores * per_core).max(1e-9);
            help.push_str(&format!("; or allow {}", say::time((takes / 60.0).ceil() * 60.0)));
        }
        out.push(finding.help(help));
    }

    fn storage(&self, ways: &[(&str, &Storage)], out: &mut Diagnostics) {
        let rates: Option<Vec<f64>> = ways
            .iter()
            .map(|(_, storage)| {
                storage.rate.as_ref().and_then(|rate| rate.known()).map(|rate| rate.bytes_per_second())
            })
            .collect();
        let (Some(rates), Some((first, _))) = (rates, ways.first()) else { return };
        let rate: f64 = rates.iter().sum();
        let because =
            format!("{} can be read at {}", say::names(ways.iter().map(|(name, _)| *name)), say::rate(rate));
        if let Some(finding) = self.missed(rate, &because) {
            out.push(
                finding
                    .also(self.cx.value(&entry("storage", first).join("rate")), "how fast it can be read")
                    .help(format!("{} are needed", say::rate(self.input / self.within.max(1.0)))),
            );
        }
    }

    fn network(&self, out: &mut Diagnostics) {
        let spec = self.cx.spec;
        let pools = self.pools(true);
        let sites: Vec<&str> = spec
            .sites
            .keys()
            .map(String::as_str)
            .filter(|site| {
                pools.iter().any(|pool| spec.node_pools.get(*pool).is_some_and(|pool| pool.site == *site))
            })
            .collect();
        // Where some of it stands beside the cores, nobody knows how much comes from afar.
        let beside = self
            .holding
            .iter()
            .any(|(_, storage)| storage.site.as_deref().is_none_or(|own| sites.contains(&own)));
        if beside || sites.is_empty() || self.holding.is_empty() {
            return;
        }
        let wan = |site: &&str| {
            let network = spec.sites.get(*site)?.network.as_ref()?;
            network.wan.as_ref()?.known().map(|rate| rate.bytes_per_second())
        };
        let Some(rates) = sites.iter().map(wan).collect::<Option<Vec<f64>>>() else { return };
        let rate: f64 = rates.iter().sum();
        let because = format!(
            "{} stands elsewhere, and the network to {} carries {}",
            self.data(),
            say::names(sites.iter().copied()),
            say::rate(rate)
        );
        if let Some(finding) = self.missed(rate, &because) {
            out.push(
                finding
                    .also(
                        self.cx.value(&entry("sites", sites[0]).join("network").join("wan")),
                        "the wide-area network",
                    )
                    .help(format!(
                        "{} are needed; or keep a copy or a cache beside the cores",
                        say::rate(self.input / self.within.max(1.0))
                    )),
            );
        }
    }
}
