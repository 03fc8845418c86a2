//! The menu: guarantees and limits, defaults, who may use what, and the word for the platform.

use std::collections::HashSet;

use afctl_contract::codes::menu as codes;
use afctl_contract::codes::storage::NOT_VISIBLE;
use afctl_contract::language::{Amount, JupyterHub, Platform, Profile};
use afctl_contract::{Diagnostic, Diagnostics, Level, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, profile) in &cx.spec.profiles {
        guarantees(name, profile, out);
        session(cx, name, profile, out);
    }
    for (name, hub) in cx.hubs() {
        hub_menu(cx, name, hub, out);
    }
    unused(cx, out);
    platform(cx, out);
}

fn guarantees(name: &str, profile: &Profile, out: &mut Diagnostics) {
    let here = entry("profiles", name);
    let mut refuse = |field: &str, low: String, high: String| {
        out.push(
            Diagnostic::new(
                &codes::GUARANTEE,
                format!("`{name}` is guaranteed {low}, and limited to {high}"),
            )
            .at(here.join(field).join("guarantee"))
            .also(here.join(field).join("limit"), "the limit")
            .help("exchange the two, or write one figure for both"),
        );
    };
    if let Some(Amount::Range(range)) = &profile.cpu
        && range.guarantee > range.limit
    {
        refuse("cpu", format!("{} CPUs", range.guarantee), format!("{}", range.limit));
    }
    if let Some(Amount::Range(range)) = &profile.memory
        && range.guarantee > range.limit
    {
        refuse("memory", range.guarantee.to_string(), range.limit.to_string());
    }
}

fn session(cx: &Context<'_>, name: &str, profile: &Profile, out: &mut Diagnostics) {
    let qos = profile.qos.as_ref().and_then(|qos| cx.spec.qos.get_key_value(qos));
    if let Some((qos, settings)) = qos
        && let (Some(session), Some(limit)) = (profile.max_session, settings.max_walltime)
        && session > limit
    {
        out.push(
            Diagnostic::new(
                &codes::SESSION,
                format!(
                    "Sessions of `{name}` may last {session}, and its QOS `{qos}` ends them after {limit}"
                ),
            )
            .at(entry("profiles", name).join("maxSession"))
            .also(entry("qos", qos).join("maxWalltime"), "the QOS")
            .help(format!("write {limit}, or raise the QOS")),
        );
    }
}

fn hub_menu(cx: &Context<'_>, name: &str, hub: &JupyterHub, out: &mut Diagnostics) {
    let here = entry("services", name).join("jupyterhub").join("profiles");
    let mut default: Option<&str> = None;
    let known: Vec<_> = hub
        .profiles
        .iter()
        .enumerate()
        .filter_map(|(i, name)| {
            cx.spec.profiles.get_key_value(name).map(|(name, profile)| (i, name, profile))
        })
        .collect();
    for (i, profile_name, profile) in &known {
        if profile.default == Some(true) {
            if let Some(first) = default {
                out.push(
                    Diagnostic::new(
                        &codes::DEFAULTS,
                        format!("`{name}` has two default profiles, `{first}` and `{profile_name}`"),
                    )
                    .at(here.join(*i))
                    .also(entry("profiles", first).join("default"), "one default")
                    .also(entry("profiles", profile_name).join("default"), "the other")
                    .help("remove `default: true` from one of them"),
                );
            } else {
                default = Some(profile_name);
            }
        }
        if !cx.spec.accounts.is_empty() && !cx.meet(&hub.accounts, &profile.accounts) {
            out.push(
                Diagnostic::new(
                    &codes::UNUSABLE,
                    format!(
                        "`{profile_name}` is for {}, and none of their users may sign in at `{name}`",
                        say::names(profile.accounts.iter().map(String::as_str))
                    ),
                )
                .at(here.join(*i))
                .also(entry("profiles", profile_name).join("accounts"), "for these accounts")
                .help("let the accounts in at the hub, or take the profile out"),
            );
        }
        for (j, storage) in profile.storage.iter().flatten().enumerate() {
            let Some(entry_of) = cx.spec.storage.get(storage) else { continue };
            if cx.spec.sites.contains_key(&hub.site) && !entry_of.is_visible_from(&hub.site) {
                out.push(
                    Diagnostic::new(&NOT_VISIBLE, format!("`{profile_name}` mounts `{storage}`, which is not visible from `{}`, where `{name}` runs it", hub.site))
                        .at(entry("profiles", profile_name).join("storage").join(j))
                        .also_key(entry("storage", storage), "the storage")
                        .also(entry("services", name).join("jupyterhub").join("site"), "the hub")
                        .help(format!("add `{}` to `visibleFrom` if it can be reached from there, or take it out", hub.site)),
                );
            }
        }
    }
    if default.is_none() && known.len() > 1 {
        let first = known[0].1;
        out.push(
            Diagnostic::new(
                &codes::NO_DEFAULT,
                format!("`{name}` has no default profile, so the first is taken: `{first}`"),
            )
            .at(here)
            .help(format!("write `default: true` at `{first}`, or at another of them")),
        );
    }
}

fn unused(cx: &Context<'_>, out: &mut Diagnostics) {
    let offered: HashSet<&str> = cx.hubs().flat_map(|(_, hub)| &hub.profiles).map(String::as_str).collect();
    let Some((hub, _)) = cx.hubs().next() else {
        if !cx.spec.profiles.is_empty() {
            out.push(
                Diagnostic::new(&codes::PROFILE_UNUSED, "There is a menu, and no hub that offers it")
                    .level(Level::Note)
                    .at_key(path!["spec", "profiles"])
                    .help("add a hub: `hub: {jupyterhub: {site: …, profiles: […]}}`"),
            );
        }
        return;
    };
    for name in cx.spec.profiles.keys().filter(|name| !offered.contains(name.as_str())) {
        out.push(
            Diagnostic::new(
                &codes::PROFILE_UNUSED,
                format!("No hub offers `{name}`, so nobody can choose it"),
            )
            .at_key(entry("profiles", name))
            .help(format!("add it to the `profiles` of a hub, such as `{hub}`")),
        );
    }
}

fn platform(cx: &Context<'_>, out: &mut Diagnostics) {
    let here = path!["spec", "platform"];
    match cx.spec.platform {
        Platform::Common if cx.spec.profiles.len() > 1 => {
            let names = say::names(cx.spec.profiles.keys().map(String::as_str));
            out.push(
                Diagnostic::new(
                    &codes::PLATFORM,
                    format!(
                        "Everyone gets the same, and there are {} profiles: {names}",
                        cx.spec.profiles.len()
                    ),
                )
                .at(here)
                .help("write `platform: menu`, or keep one profile"),
            );
        }
        Platform::Byo if cx.spec.node_pools.values().all(|pool| pool.owned_by.is_none()) => out.push(
            Diagnostic::new(&codes::PLATFORM, "Groups bring hardware, and no pool says whose it is")
                .at(here)
                .help("write `ownedBy: …` at the pools that a group brought, or another platform"),
        ),
        _ => {}
    }
}
