//! Whether storage holds what was promised of it: to users, to each account, and to accounts by their quotas.

use afctl_contract::codes::storage as codes;
use afctl_contract::language::{Storage, StorageRole};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;
use super::storage::{real, usable};

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, storage) in &cx.spec.storage {
        users(cx, name, storage, out);
        accounts_each(cx, name, storage, out);
    }
    account_quotas(cx, out);
}

fn users(cx: &Context<'_>, name: &str, storage: &Storage, out: &mut Diagnostics) {
    let Some(quota) =
        storage.quota_per_user.as_ref().and_then(|quota| quota.known().copied()).filter(|q| q.0 > 0)
    else {
        return;
    };
    let Some(usable) = usable(storage) else { return };
    let here = entry("storage", name);
    let (users, place, label) = if storage.accounts.is_empty() {
        let community = cx.spec.community.as_ref().and_then(|community| community.users.as_ref());
        let Some(active) =
            community.and_then(|users| users.active.as_ref()).and_then(|active| active.known())
        else {
            return;
        };
        (*active, cx.value(&path!["spec", "community", "users", "active"]), "active users")
    } else {
        let Some(sum) = users_of(cx, &storage.accounts) else { return };
        (sum, here.join("accounts"), "users of these accounts")
    };
    let full = real(usable) / real(quota);
    if full + 1e-9 < f64::from(users) {
        out.push(
            Diagnostic::new(
                &codes::USERS_OVER,
                format!(
                    "{} / {} = {} users, and there are {users}: {} of quota on {}",
                    usable.rounded(),
                    quota.rounded(),
                    say::count(full.floor()),
                    say::bytes(real(quota) * f64::from(users)),
                    usable.rounded()
                ),
            )
            .at(cx.value(&here.join("quotaPerUser")))
            .also(cx.value(&here.join("usable")), "usable")
            .also(place, label)
            .help(format!(
                "{} each would fit; or suppress this warning and say why it is overcommitted",
                say::bytes(real(usable) / f64::from(users))
            )),
        );
    }
}

/// How many users accounts and those below them have, if all of them say so.
fn users_of(cx: &Context<'_>, accounts: &[String]) -> Option<u32> {
    let admitted = cx.admitted(accounts)?;
    let mut sum = 0_u32;
    for name in admitted {
        let account = cx.spec.accounts.get(name)?;
        let listed = account.members.as_ref().map_or(0, |members| members.users.len());
        let stated = account.users.as_ref().and_then(|users| users.known().copied());
        let by_group = account.members.as_ref().is_some_and(|members| members.idp_group.is_some());
        let more = match stated {
            Some(stated) => stated,
            None if by_group => return None,
            None => u32::try_from(listed).unwrap_or(u32::MAX),
        };
        sum = sum.saturating_add(more);
    }
    Some(sum)
}

fn accounts_each(cx: &Context<'_>, name: &str, storage: &Storage, out: &mut Diagnostics) {
    let Some(quota) =
        storage.quota_per_account.as_ref().and_then(|quota| quota.known().copied()).filter(|q| q.0 > 0)
    else {
        return;
    };
    let Some(usable) = usable(storage) else { return };
    let admitted = cx.admitted(&storage.accounts);
    // An account with a quota of its own has that instead.
    let number = cx
        .with_members()
        .iter()
        .filter(|account| admitted.as_ref().is_none_or(|set| set.contains(*account)))
        .filter(|account| {
            cx.spec
                .accounts
                .get(**account)
                .is_some_and(|a| a.quota.as_ref().is_none_or(|q| q.storage.is_none()))
        })
        .count();
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let full = real(usable) / real(quota);
    if full + 1e-9 < f64::from(number) {
        let here = entry("storage", name);
        out.push(
            Diagnostic::new(
                &codes::ACCOUNTS_EACH_OVER,
                format!(
                    "{} / {} = {} accounts, and there are {number}",
                    usable.rounded(),
                    quota.rounded(),
                    say::count(full.floor())
                ),
            )
            .at(cx.value(&here.join("quotaPerAccount")))
            .also(cx.value(&here.join("usable")), "usable")
            .help(format!("{} each would fit", say::bytes(real(usable) / f64::from(number)))),
        );
    }
}

fn account_quotas(cx: &Context<'_>, out: &mut Diagnostics) {
    // A quota holds for all accounts below, so only the uppermost of each line counts.
    let mut sum = 0.0;
    let mut counted = Vec::new();
    for (name, account) in &cx.spec.accounts {
        let Some(quota) = account.quota.as_ref().and_then(|quota| quota.storage) else { continue };
        let mut above = account.parent.as_deref();
        let mut covered = false;
        for _ in 0..64 {
            let Some(parent) = above.and_then(|parent| cx.spec.accounts.get(parent)) else { break };
            covered |= parent.quota.as_ref().is_some_and(|quota| quota.storage.is_some());
            above = parent.parent.as_deref();
        }
        if !covered {
            sum += real(quota);
            counted.push((name, quota));
        }
    }
    let Some((first, _)) = counted.first() else { return };
    let at = |name: &str| entry("accounts", name).join("quota").join("storage");
    let pools: Vec<(&String, &Storage)> = cx
        .spec
        .storage
        .iter()
        .filter(|(_, storage)| matches!(storage.role, StorageRole::Project | StorageRole::Data))
        .collect();
    if pools.is_empty() {
        out.push(
            Diagnostic::new(
                &codes::QUOTA_OF_NOTHING,
                "There is no project or data storage that this quota could hold on",
            )
            .at(at(first))
            .help("add storage with `role: project`, or remove the quota"),
        );
        return;
    }
    let mut there = 0.0;
    for (_, storage) in &pools {
        let Some(usable) = usable(storage) else { return };
        there += real(usable);
    }
    if sum <= there {
        return;
    }
    let Some((largest, quota)) = counted.iter().max_by_key(|(_, quota)| *quota) else { return };
    let mut terms: Vec<String> = counted.iter().take(5).map(|(_, quota)| quota.rounded()).collect();
    if counted.len() > 5 {
        terms.push(format!("{} more", counted.len() - 5));
    }
    let mut finding = Diagnostic::new(
        &codes::ACCOUNTS_OVER,
        format!(
            "The accounts are promised {} = {}, and {} are usable",
            terms.join(" + "),
            say::bytes(sum),
            say::bytes(there)
        ),
    )
    .at(at(largest))
    .label(format!("the largest, {}", quota.rounded()));
    for (name, _) in pools.iter().take(3) {
        finding = finding.also(cx.value(&entry("storage", name).join("usable")), "usable");
    }
    out.push(finding.help(format!(
        "{} are too much; lower quotas, or suppress this warning and say why it is overcommitted",
        say::bytes(sum - there)
    )));
}
