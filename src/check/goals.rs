//! Targets that the arithmetic rules out, and variants that change nothing.
//!
//! A target is said to be missed only if no arrangement of what is owned could meet it; that it is not said to be missed
//! does not mean that it is met.

use afctl_contract::codes::goals as codes;
use afctl_contract::language::{Bounds, StorageRole};
use afctl_contract::units::{Money, Per};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    variants(cx, out);
    let Some(targets) = &cx.spec.targets else { return };
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
            (false, None) => {
                format!("`{name}` changes nothing, so it would be compared as the same facility again")
            }
            (false, Some(_)) if cx.spec.sites.len() < 2 => {
                format!("`{name}` takes the facility apart by site, and it has one only")
            }
            _ => continue,
        };
        out.push(
            Diagnostic::new(&codes::NO_CHANGE, message)
                .at_key(here)
                .help("write `patch: {nodePools: {roma: null}}`, `splitBy: site` where there are several sites, or remove it"),
        );
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
