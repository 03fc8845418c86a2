//! People and money: support, users, and whether funding and accounts go together.

use afctl_contract::codes::goals as codes;
use afctl_contract::codes::sites::SHARE_ABOVE_ONE;
use afctl_contract::language::{AccountFunding, Figure, FundingModel, Map, SiteRole};
use afctl_contract::units::Fraction;
use afctl_contract::{Diagnostic, Diagnostics, Path, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    support(cx, out);
    users(cx, out);
    shares(cx, out);
    funding(cx, out);
}

fn support(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(support) = &cx.spec.support else { return };
    let here = path!["spec", "support"];
    if let Some(level) = &support.user_level {
        spread(cx, &here.join("userLevel"), &level.fte, &level.by_site, out);
        alone(cx, &here.join("userLevel"), &level.fte, &level.by_site, out);
    }
    if let Some(devops) = &support.devops {
        spread(cx, &here.join("devops"), &devops.fte, &devops.by_site, out);
    }
}

fn spread(cx: &Context<'_>, here: &Path, fte: &Figure<f64>, by_site: &Map<f64>, out: &mut Diagnostics) {
    let Some(whole) = fte.known() else { return };
    if by_site.is_empty() {
        return;
    }
    let sum: f64 = by_site.values().sum();
    if (sum - whole).abs() > 0.005 {
        let terms: Vec<String> = by_site.values().map(|part| say::count(*part)).collect();
        out.push(
            Diagnostic::new(
                &codes::FTE_SUM,
                format!(
                    "The sites have {} = {} FTE, and `fte` is {}",
                    terms.join(" + "),
                    say::count(sum),
                    say::count(*whole)
                ),
            )
            .at(here.join("bySite"))
            .also(cx.value(&here.join("fte")), "all of them")
            .help(format!("write `fte: {}`, or correct the sites", say::count(sum))),
        );
    }
}

fn alone(cx: &Context<'_>, here: &Path, fte: &Figure<f64>, by_site: &Map<f64>, out: &mut Diagnostics) {
    let less: Vec<(&str, f64)> = by_site
        .iter()
        .filter(|(_, part)| **part < 1.0 && **part > 0.0)
        .map(|(site, part)| (site.as_str(), *part))
        .collect();
    if let Some((site, part)) = less.first() {
        out.push(
            Diagnostic::new(
                &codes::ALONE,
                format!(
                    "Less than one whole person helps at {}",
                    say::names(less.iter().map(|(site, _)| *site))
                ),
            )
            .at(here.join("bySite").join(*site))
            .label(format!("{} FTE", say::count(*part)))
            .help("nothing must be done; comparisons count such sites"),
        );
        return;
    }
    let Some(whole) = fte.known().filter(|_| by_site.is_empty()) else { return };
    let sites = cx
        .spec
        .sites
        .values()
        .filter(|site| site.role == SiteRole::Main && !site.is_external())
        .count()
        .max(1);
    let sites = f64::from(u32::try_from(sites).unwrap_or(u32::MAX));
    if *whole > 0.0 && whole / sites < 1.0 {
        let message = if sites > 1.0 {
            format!(
                "{} FTE over {} sites = {} each: less than one whole person",
                say::count(*whole),
                say::count(sites),
                say::count(whole / sites)
            )
        } else {
            format!("{} FTE is less than one whole person", say::count(*whole))
        };
        out.push(
            Diagnostic::new(&codes::ALONE, message)
                .at(cx.value(&here.join("fte")))
                .help("nothing must be done; `bySite` says where they are, and comparisons count sites with less than one"),
        );
    }
}

fn users(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(users) = cx.spec.community.as_ref().and_then(|community| community.users.as_ref()) else {
        return;
    };
    let here = path!["spec", "community", "users"];
    let known = |figure: &Option<Figure<u32>>| figure.as_ref().and_then(|figure| figure.known().copied());
    let mut compare = |part: (&str, Option<u32>), whole: (&str, Option<u32>)| {
        if let (Some(few), Some(many)) = (part.1, whole.1)
            && few > many
        {
            out.push(
                Diagnostic::new(
                    &codes::USERS,
                    format!("{few} users are {}, of {many} who are {}", part.0, whole.0),
                )
                .at(cx.value(&here.join(part.0)))
                .also(cx.value(&here.join(whole.0)), "of these")
                .help("exchange the two if they are swapped"),
            );
        }
    };
    let (active, registered, concurrent) =
        (known(&users.active), known(&users.registered), known(&users.concurrent));
    compare(("active", active), ("registered", registered));
    compare(
        ("concurrent", concurrent),
        if active.is_some() { ("active", active) } else { ("registered", registered) },
    );
}

/// Parts of a whole, wherever they stand.
fn shares(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut all: Vec<(Path, &Figure<Fraction>)> = Vec::new();
    if let Some(habits) = cx.spec.community.as_ref().and_then(|community| community.habits.as_ref()) {
        let here = path!["spec", "community", "habits"];
        for (field, figure) in [
            ("notebooks", &habits.notebooks),
            ("gpu", &habits.gpu),
            ("batch", &habits.batch),
            ("grid", &habits.grid),
        ] {
            all.extend(figure.iter().map(|figure| (here.join(field), figure)));
        }
    }
    if let Some(support) = &cx.spec.support {
        for (i, embedded) in support.embedded.iter().enumerate() {
            let here = path!["spec", "support", "embedded", i, "physicsFraction"];
            all.extend(embedded.physics_fraction.iter().map(|figure| (here.clone(), figure)));
        }
    }
    if let Some(waiver) = cx.spec.costs.as_ref().and_then(|costs| costs.egress_waiver.as_ref()) {
        all.push((path!["spec", "costs", "egressWaiver"], waiver));
    }
    if let Some(overhead) = cx
        .spec
        .funding
        .as_ref()
        .and_then(|funding| funding.buy_in.as_ref())
        .and_then(|buy| buy.hardware_overhead.as_ref())
    {
        all.push((path!["spec", "funding", "buyIn", "hardwareOverhead"], overhead));
    }
    for (place, figure) in all {
        if let Some(share) = figure.known().filter(|share| share.0 > 1.0) {
            out.push(
                Diagnostic::new(&SHARE_ABOVE_ONE, format!("{} is more than the whole", say::count(share.0)))
                    .at(cx.value(&place))
                    .help(format!("write {}%, or {}", say::count(share.0), say::count(share.0 / 100.0))),
            );
        }
    }
}

fn funding(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(funding) = &cx.spec.funding else { return };
    let model = path!["spec", "funding", "model"];
    let with = |kind: AccountFunding| -> Vec<&str> {
        cx.spec
            .accounts
            .iter()
            .filter(|(_, account)| account.funding == Some(kind))
            .map(|(name, _)| name.as_str())
            .collect()
    };
    let (buying, paying, granted) =
        (with(AccountFunding::BuyIn), with(AccountFunding::PayAsYouGo), with(AccountFunding::Allocation));
    let mut refuse = |names: &[&str], message: String, help: &str| {
        out.push(
            Diagnostic::new(&codes::FUNDING, message)
                .at(entry("accounts", names[0]).join("funding"))
                .also(model.clone(), "the model")
                .help(help.to_owned()),
        );
    };
    match funding.model {
        FundingModel::Hpc => {
            for (names, does) in [(&buying, "buys in"), (&paying, "pays for what it uses")] {
                if !names.is_empty() {
                    refuse(
                        names,
                        format!(
                            "In the HPC model agencies pay for everything, and {} {does}",
                            say::names(names.iter().copied())
                        ),
                        "write `funding: {model: hybrid}`, or `funding: allocation` at the account",
                    );
                }
            }
        }
        FundingModel::Cloud if !granted.is_empty() => refuse(
            &granted,
            format!(
                "In the cloud model groups pay for what they use, and {} has an allocation",
                say::names(granted.iter().copied())
            ),
            "write `funding: {model: hybrid}`, or say how the account pays",
        ),
        _ => {}
    }
    if funding.model != FundingModel::Hpc && funding.buy_in.is_none() {
        let finding = match buying.first() {
            Some(first) => Diagnostic::new(
                &codes::BUY_IN,
                format!(
                    "{} buys in, and nothing says at what overhead and for how long",
                    say::names(buying.iter().copied())
                ),
            )
            .at(entry("accounts", first).join("funding")),
            None if funding.model == FundingModel::Hybrid => Diagnostic::new(
                &codes::BUY_IN,
                "In the hybrid model some groups buy in, and nothing says how",
            )
            .at(model),
            None => return,
        };
        out.push(finding.help("write `buyIn: {hardwareOverhead: 0.15, term: 5y}`"));
    }
}
