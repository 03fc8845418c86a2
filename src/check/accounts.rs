//! Accounts: the tree, fair share, members, and whether they can run anything.

use std::collections::{HashMap, HashSet};

use afctl_contract::codes::accounts as codes;
use afctl_contract::language::Account;
use afctl_contract::{Diagnostic, Diagnostics};
use indexmap::IndexMap;

use super::context::{Context, entry, has_users};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    cycles(cx, out);
    shares(cx, out);
    for (name, account) in &cx.spec.accounts {
        members(cx, name, account, out);
    }
    users_twice(cx, out);
    can_run(cx, out);
}

/// Follows `parent` from each account once; what is met again on the same walk is a circle.
fn cycles(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut done: HashSet<&str> = HashSet::new();
    for name in cx.spec.accounts.keys() {
        let mut walk: Vec<&str> = Vec::new();
        let mut at: HashMap<&str, usize> = HashMap::new();
        let mut next = Some(name.as_str());
        while let Some(account) = next {
            if let Some(start) = at.get(account) {
                circle(&walk[*start..], out);
                break;
            }
            if done.contains(account) {
                break;
            }
            at.insert(account, walk.len());
            walk.push(account);
            next = cx
                .spec
                .accounts
                .get(account)
                .and_then(|entry| entry.parent.as_deref())
                .and_then(|parent| cx.spec.accounts.get_key_value(parent))
                .map(|(parent, _)| parent.as_str());
        }
        done.extend(walk);
    }
}

fn circle(accounts: &[&str], out: &mut Diagnostics) {
    let place = |name: &str| entry("accounts", name).join("parent");
    let [first, others @ ..] = accounts else { return };
    if others.is_empty() {
        out.push(
            Diagnostic::new(&codes::PARENT_CYCLE, format!("`{first}` is its own parent"))
                .at(place(first))
                .help("remove `parent`, or name another account"),
        );
        return;
    }
    let mut round = say_round(accounts);
    round.push_str(&format!(" -> `{first}`"));
    let mut finding = Diagnostic::new(
        &codes::PARENT_CYCLE,
        format!("These accounts stand above each other in a circle: {round}"),
    )
    .at(place(first));
    for other in others.iter().take(9) {
        finding = finding.also(place(other), format!("`{other}` leads on from here"));
    }
    out.push(finding.help("remove the `parent` of the one that should be uppermost"));
}

fn say_round(accounts: &[&str]) -> String {
    const MOST: usize = 10;
    let mut names: Vec<String> = accounts.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    if accounts.len() > MOST {
        names.push(format!("{} more", accounts.len() - MOST));
    }
    names.join(" -> ")
}

fn shares(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut families: IndexMap<Option<&str>, Vec<(&str, &Account)>> = IndexMap::new();
    for (name, account) in &cx.spec.accounts {
        families.entry(account.parent.as_deref()).or_default().push((name, account));
    }
    for (parent, accounts) in families {
        let (with, without): (Vec<_>, Vec<_>) =
            accounts.iter().partition(|(_, account)| account.fair_share.is_some());
        let Some((sibling, shown)) = with.first() else { continue };
        let under = parent.map_or_else(|| "at the top".to_owned(), |parent| format!("under `{parent}`"));
        if accounts.len() > 1
            && without.is_empty()
            && with.iter().all(|(_, account)| account.fair_share == Some(0))
        {
            out.push(
                Diagnostic::new(
                    &codes::SHARES_ZERO,
                    format!("All accounts {under} have a share of 0, so nobody has a claim"),
                )
                .at(entry("accounts", sibling).join("fairShare"))
                .help("give each a weight, such as `fairShare: 50`"),
            );
        }
        let sum: u64 = with.iter().filter_map(|(_, account)| account.fair_share).map(u64::from).sum();
        for (name, _) in &without {
            out.push(
                Diagnostic::new(
                    &codes::SHARE_MISSING,
                    format!("`{name}` has no share, and the others {under} have {sum} together: it would count as 1"),
                )
                .at_key(entry("accounts", name))
                .also(entry("accounts", sibling).join("fairShare"), format!("`{sibling}` has {}", shown.fair_share.unwrap_or(0)))
                .help("write `fairShare: …`, or `fairShare: 0` if it shall have only what nobody else wants"),
            );
        }
    }
}

fn members(cx: &Context<'_>, name: &str, account: &Account, out: &mut Diagnostics) {
    let here = entry("accounts", name);
    let children = cx.children(name);
    if has_users(account) && !children.is_empty() {
        out.push(
            Diagnostic::new(
                &codes::PARENT_MEMBERS,
                format!(
                    "`{name}` has users of its own, and {} stand below it",
                    say::names(children.iter().copied())
                ),
            )
            .at_key(here.join(if account.members.is_some() { "members" } else { "users" }))
            .help(format!("put them into an account of their own: `{name}-common: {{parent: {name}, …}}`")),
        );
    }
    if !has_users(account) && children.is_empty() {
        let finding =
            Diagnostic::new(&codes::NO_MEMBERS, format!("`{name}` has no users, and no accounts below it"))
                .help("write `members: {idpGroup: …}`, or `users: 12` if the members are kept elsewhere");
        out.push(if account.members.is_some() {
            finding.at_key(here.join("members"))
        } else {
            finding.at_key(here.clone())
        });
    }
    let Some(members) = &account.members else { return };
    if members.idp_group.is_some() {
        return;
    }
    let known: HashSet<&str> = members.users.iter().map(String::as_str).collect();
    for (i, coordinator) in members.coordinators.iter().enumerate() {
        if !known.contains(coordinator.as_str()) {
            out.push(
                Diagnostic::new(
                    &codes::COORDINATOR,
                    format!("`{coordinator}` may manage `{name}` and is not one of its users"),
                )
                .at(here.join("members").join("coordinators").join(i))
                .help(format!("add `{coordinator}` to `users`, or take it out here")),
            );
        }
    }
}

fn users_twice(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut first: HashMap<&str, &str> = HashMap::new();
    // One note for each pair of accounts, however many users they share.
    let mut pairs: IndexMap<(&str, &str), Vec<(&str, afctl_contract::Path)>> = IndexMap::new();
    for (name, account) in &cx.spec.accounts {
        let Some(members) = &account.members else { continue };
        let here = entry("accounts", name).join("members");
        let users = members.users.iter().enumerate().map(|(i, user)| (user, here.join("users").join(i)));
        let group = members.idp_group.iter().map(|group| (group, here.join("idpGroup")));
        for (user, place) in users.chain(group) {
            if let Some(other) = first.get(user.as_str()) {
                if *other != name {
                    pairs.entry((other, name)).or_default().push((user, place));
                }
            } else {
                first.insert(user, name);
            }
        }
    }
    for ((one, other), users) in pairs {
        let Some((_, place)) = users.first() else { continue };
        out.push(
            Diagnostic::new(
                &codes::USER_TWICE,
                format!(
                    "{} {} in `{one}` and in `{other}`",
                    say::names(users.iter().map(|(user, _)| *user)),
                    if users.len() == 1 { "is" } else { "are" }
                ),
            )
            .at(place.clone())
            .also_key(entry("accounts", one).join("members"), "here first")
            .help(format!("nothing must be done; their work counts to `{one}` where they do not say")),
        );
    }
}

fn can_run(cx: &Context<'_>, out: &mut Diagnostics) {
    if cx.spec.queues.is_empty() {
        return;
    }
    let queues: Vec<_> = cx
        .spec
        .queues
        .iter()
        .filter(|(_, queue)| !queue.pools.is_empty())
        .map(|(name, queue)| (name, queue, cx.admitted(&queue.accounts)))
        .collect();
    let menus: Vec<_> = cx
        .hubs()
        .flat_map(|(_, hub)| {
            let profiles = hub.profiles.iter().filter_map(|profile| cx.spec.profiles.get(profile));
            profiles.map(|profile| (cx.admitted(&hub.accounts), cx.admitted(&profile.accounts)))
        })
        .collect();
    for name in cx.with_members() {
        let Some(account) = cx.spec.accounts.get(*name).filter(|account| has_users(account)) else {
            continue;
        };
        let within = |set: &Option<HashSet<&str>>| set.as_ref().is_none_or(|set| set.contains(name));
        if menus.iter().any(|(hub, profile)| within(hub) && within(profile)) {
            continue;
        }
        let admitting: Vec<_> = queues.iter().filter(|(_, _, set)| within(set)).collect();
        let may = |qos: &Option<String>| {
            qos.as_ref().is_none_or(|qos| account.qos.is_empty() || account.qos.contains(qos))
        };
        if admitting.iter().any(|(_, queue, _)| may(&queue.qos)) {
            continue;
        }
        let finding = match admitting.first() {
            None => Diagnostic::new(
                &codes::CANNOT_RUN,
                format!("No queue lets `{name}` in, so its users can run nothing"),
            )
            .at_key(entry("accounts", name))
            .help(format!("add `{name}`, or an account above it, to the `accounts` of a queue")),
            Some((queue, shown, _)) => Diagnostic::new(
                &codes::CANNOT_RUN,
                format!(
                    "The queues that let `{name}` in need a QOS that it may not use, such as `{}`",
                    shown.qos.as_deref().unwrap_or_default()
                ),
            )
            .at(entry("accounts", name).join("qos"))
            .also(entry("queues", queue).join("qos"), format!("all work of `{queue}` has this one"))
            .help("add the queue's QOS here, or give the account a queue of its own"),
        };
        out.push(finding);
    }
}
