//! Targets that the arithmetic rules out, and variants that change nothing.
//!
//! A target is said to be missed only if no arrangement of what is owned could meet it; that it is not said to be missed
//! does not mean that it is met.

use afctl_contract::codes::goals as codes;
use afctl_contract::language::{Bounds, StorageRole, TimeToResult};
use afctl_contract::units::{Money, Per};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;
use super::storage::real;

/// What one core reads, where nobody says: bytes a second (the 200 Gb/s exercises: 25 GB/s over 2000 cores).
const RATE_PER_CORE: f64 = 12.5e6;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    variants(cx, out);
    let Some(targets) = &cx.spec.targets else { return };
    if let Some(target) = &targets.time_to_result {
        time_to_result(cx, target, out);
    }
    if let Some(bounds) = &targets.users_per_support_fte {
        support(cx, *bounds, out);
    }
    let owned = cx.spec.capacity();
    if owned.unknown.is_empty() {
        for (field, bounds, there, one, many) in [
            ("cores", targets.cores, owned.owned.cores, "core", "cores"),
            ("gpus", targets.gpus, owned.owned.cards, "GPU", "GPUs"),
        ] {
            bound(field, bounds, there, one, many, out);
        }
    }
    cost(cx, out);
}

fn variants(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, variant) in &cx.spec.variants {
        let here = entry("variants", name);
        let patched = variant.patch.as_ref().is_some_and(|patch| !patch.is_empty());
        let message = match (patched, variant.split_by) {
            (true, _) => continue,
            (false, None) => {
                format!("`{name}` changes nothing, so it would be compared as the same facility again")
            }
            (false, Some(_)) if cx.spec.sites.len() < 2 => {
                format!("`{name}` takes the facility apart by site, and it has one only")
            }
            (false, Some(_)) => continue,
        };
        out.push(
            Diagnostic::new(&codes::NO_CHANGE, message)
                .at_key(here)
                .help("write `patch: {nodePools: {roma: null}}`, `splitBy: site` where there are several sites, or remove it"),
        );
    }
}

fn time_to_result(cx: &Context<'_>, target: &TimeToResult, out: &mut Diagnostics) {
    let spec = cx.spec;
    let data = |role: StorageRole| {
        spec.storage.iter().filter(move |(_, storage)| storage.role == role).collect::<Vec<_>>()
    };
    let mut holding = data(StorageRole::Data);
    if holding.is_empty() {
        holding = data(StorageRole::Cache);
    }
    let sees =
        |site: &str| holding.is_empty() || holding.iter().any(|(_, storage)| storage.is_visible_from(site));
    // Batch work runs on the pools of queues; cards are not what reads.
    let queued = |name: &str| {
        spec.queues.is_empty()
            || spec.queues.values().any(|queue| queue.pools.iter().any(|pool| pool == name))
    };
    let reading =
        |name: &str| spec.node_pools.get(name).is_some_and(|pool| pool.gpus().is_empty()) && queued(name);
    let pools: Vec<&str> = spec
        .node_pools
        .iter()
        .filter(|(name, pool)| reading(name) && sees(&pool.site))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut capacity = cx.capacity(pools.iter().copied());
    for (name, site) in &spec.sites {
        if site.is_external() && sees(name) && cx.pools_at(name).next().is_none() {
            capacity.add(&spec.site_capacity(name));
            capacity.unknown.retain(|what| !what.ends_with(": memory"));
        }
    }
    if !capacity.unknown.is_empty() {
        return;
    }
    let cores = capacity.owned.cores;
    let per_core = target
        .rate_per_core
        .as_ref()
        .and_then(|rate| rate.known())
        .map_or(RATE_PER_CORE, |rate| rate.bytes_per_second());
    let input = real(target.input);
    let within = std::time::Duration::from_secs(target.within.0).as_secs_f64();
    let here = path!["spec", "targets", "timeToResult", "within"];
    let what = holding
        .first()
        .map_or("the data".to_owned(), |_| say::names(holding.iter().map(|(name, _)| name.as_str())));
    let takes = input / (cores * per_core).max(1e-9);
    if takes > within * 1.000_001 {
        let needed = (input / within / per_core).ceil();
        let message = if cores > 0.0 {
            format!(
                "Reading {} takes {} at the least, not {}: {} owned cores see {what}, and at {} each they read {}",
                target.input.rounded(),
                say::time(takes),
                target.within,
                say::count(cores),
                say::rate(per_core),
                say::rate(cores * per_core)
            )
        } else {
            format!(
                "{} cannot be read within {}: no owned core sees {what}",
                target.input.rounded(),
                target.within
            )
        };
        let mut finding =
            Diagnostic::new(&codes::TIME_TO_RESULT, message).at(here.clone()).label("cannot be met");
        for pool in pools.iter().take(3) {
            let owned = cx.capacity([*pool]).owned;
            finding = finding.also_key(
                entry("nodePools", pool),
                format!("{} nodes, {} owned cores", say::count(owned.nodes), say::count(owned.cores)),
            );
        }
        for (name, _) in holding.iter().take(1) {
            finding = finding.also_key(entry("storage", name), "the data");
        }
        let blind: Vec<&str> = spec
            .node_pools
            .iter()
            .filter(|(name, pool)| reading(name) && !sees(&pool.site))
            .map(|(name, _)| name.as_str())
            .collect();
        let unseen = cx.capacity(blind.iter().copied()).owned.cores;
        let more = if unseen >= 1.0 {
            format!(
                "; {} has {} owned cores that do not see it",
                say::names(blind.iter().copied()),
                say::count(unseen.floor())
            )
        } else {
            String::new()
        };
        out.push(finding.help(format!(
            "{} cores would do, {} more{more}; or allow {}",
            say::count(needed),
            say::count(needed - cores.floor()),
            say::time((takes / 60.0).ceil() * 60.0)
        )));
    }
    // Storage and network only count where every way to the data has a known rate.
    let ways: Vec<_> = holding
        .iter()
        .copied()
        .chain(if holding.iter().any(|(_, s)| s.role == StorageRole::Cache) {
            Vec::new()
        } else {
            data(StorageRole::Cache)
        })
        .collect();
    let rates: Option<Vec<f64>> = ways
        .iter()
        .map(|(_, storage)| {
            storage.rate.as_ref().and_then(|rate| rate.known()).map(|rate| rate.bytes_per_second())
        })
        .collect();
    if let Some(rates) = rates.filter(|rates| !rates.is_empty()) {
        let rate: f64 = rates.iter().sum();
        if input / rate.max(1e-9) > within * 1.000_001 {
            let (slow, _) = ways[0];
            out.push(
                Diagnostic::new(
                    &codes::TIME_TO_RESULT,
                    format!(
                        "Reading {} takes {} at the least, not {}: {} can be read at {} together",
                        target.input.rounded(),
                        say::time(input / rate.max(1e-9)),
                        target.within,
                        say::names(ways.iter().map(|(name, _)| name.as_str())),
                        say::rate(rate)
                    ),
                )
                .at(here)
                .label("cannot be met")
                .also(cx.value(&entry("storage", slow).join("rate")), "how fast it can be read")
                .help(format!("{} are needed", say::rate(input / within.max(1.0)))),
            );
        }
    }
}

fn support(cx: &Context<'_>, bounds: Bounds, out: &mut Diagnostics) {
    let users = cx.spec.community.as_ref().and_then(|community| community.users.as_ref());
    let Some(active) = users.and_then(|users| users.active.as_ref()).and_then(|active| active.known()) else {
        return;
    };
    let level = cx.spec.support.as_ref().and_then(|support| support.user_level.as_ref());
    let Some(fte) = level.and_then(|level| level.fte.known()) else { return };
    let Some(max) = bounds.max else { return };
    let each = if *fte > 0.0 { f64::from(*active) / fte } else { f64::INFINITY };
    if each > max * (1.0 + 1e-9) {
        let message = if each.is_finite() {
            format!(
                "{active} users / {} FTE = {} users each, and {} are the most",
                say::count(*fte),
                say::count(each.round()),
                say::count(max)
            )
        } else {
            format!("{active} users and nobody to help them")
        };
        out.push(
            Diagnostic::new(&codes::SUPPORT_RATIO, message)
                .at(path!["spec", "targets", "usersPerSupportFte", "max"])
                .also(cx.value(&path!["spec", "support", "userLevel", "fte"]), "user support")
                .also(cx.value(&path!["spec", "community", "users", "active"]), "active users")
                .help(format!(
                    "{} FTE would do",
                    say::count((f64::from(*active) / max * 100.0).ceil() / 100.0)
                )),
        );
    }
}

fn bound(field: &str, bounds: Option<Bounds>, there: f64, one: &str, many: &str, out: &mut Diagnostics) {
    let Some(bounds) = bounds else { return };
    let here = path!["spec", "targets", field];
    let owned = say::so_many(there.floor(), one, many);
    let (end, limit, short) = match (bounds.min, bounds.max) {
        (Some(min), _) if there + 1e-6 < min => ("min", min, "fewest"),
        (_, Some(max)) if there > max + 1e-6 => ("max", max, "most"),
        _ => return,
    };
    out.push(
        Diagnostic::new(
            &codes::BOUND_MISSED,
            format!("The facility owns {owned}, and {} are the {short}", say::count(limit)),
        )
        .at(here.join(end))
        .help(if end == "min" {
            format!(
                "{} are missing; opportunistic and burst capacity do not count",
                say::so_many((limit - there).ceil(), one, many)
            )
        } else {
            format!("{} too many", say::count(there - limit))
        }),
    );
}

fn cost(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(max) =
        cx.spec.targets.as_ref().and_then(|targets| targets.cost_per_year.as_ref()).map(|bound| &bound.max)
    else {
        return;
    };
    let limit = match max.per {
        None | Some(Per::Year) => max.amount,
        Some(Per::Month) => max.amount * 12.0,
        _ => return,
    };
    let Some(costs) = &cx.spec.costs else { return };
    let capacity = cx.spec.capacity();
    let stored: f64 = cx
        .spec
        .storage
        .values()
        .filter(|storage| storage.role != StorageRole::Software)
        .filter_map(|storage| storage.usable.as_ref().and_then(|usable| usable.known()))
        .map(|usable| usable.terabytes())
        .sum();
    let people = cx.spec.support.as_ref().map_or(0.0, |support| {
        let level = support.user_level.as_ref().and_then(|level| level.fte.known()).copied();
        let devops = support.devops.as_ref().and_then(|devops| devops.fte.known()).copied();
        let embedded: f64 = support.embedded.iter().filter_map(|embedded| embedded.fte.known()).sum();
        level.unwrap_or(0.0) + devops.unwrap_or(0.0) + embedded
    });
    let price = |figure: &Option<afctl_contract::language::Figure<Money>>| {
        figure
            .as_ref()
            .and_then(|figure| figure.known())
            .filter(|money| money.currency == max.currency)
            .map(|money| money.amount)
    };
    let parts: Vec<(&str, f64)> = [
        ("cores", price(&costs.cpu_core_hour).map(|price| price * capacity.owned.cores * 8760.0)),
        ("GPUs", price(&costs.gpu_hour).map(|price| price * capacity.owned.cards * 8760.0)),
        ("storage", price(&costs.storage_tb_year).map(|price| price * stored)),
        ("people", price(&costs.fte_year).map(|price| price * people)),
    ]
    .into_iter()
    .filter_map(|(what, cost)| cost.filter(|cost| *cost > 0.0).map(|cost| (what, cost)))
    .collect();
    let sum: f64 = parts.iter().map(|(_, cost)| cost).sum();
    if sum > limit * (1.0 + 1e-9) {
        let terms: Vec<String> =
            parts.iter().map(|(what, cost)| format!("{what} {}", say::count(cost.round()))).collect();
        out.push(
            Diagnostic::new(
                &codes::COST_MISSED,
                format!(
                    "What has a price costs {} {} a year ({}), and {} is the most",
                    say::count(sum.round()),
                    max.currency,
                    terms.join(" + "),
                    say::count(limit)
                ),
            )
            .at(path!["spec", "targets", "costPerYear", "max"])
            .also_key(path!["spec", "costs"], "the prices")
            .help("correct prices or target, or make the facility smaller"),
        );
    }
}
