//! Storage: sizes and quotas, how and from where it is mounted.

use std::collections::HashMap;

use afctl_contract::codes::storage as codes;
use afctl_contract::language::{Access, Storage, StorageRole, StorageSystem};
use afctl_contract::units::Bytes;
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, storage) in &cx.spec.storage {
        raw_and_usable(cx, name, storage, out);
        users(cx, name, storage, out);
        accounts_each(cx, name, storage, out);
        access(name, storage, out);
        place(cx, name, storage, out);
    }
    account_quotas(cx, out);
    mounts(cx, out);
    homes(cx, out);
}

/// Bytes as a number to calculate with.
#[allow(clippy::cast_precision_loss)]
pub fn real(bytes: Bytes) -> f64 {
    bytes.0 as f64
}

fn usable(storage: &Storage) -> Option<Bytes> {
    storage.usable.as_ref().and_then(|usable| usable.known().copied())
}

fn raw_and_usable(cx: &Context<'_>, name: &str, storage: &Storage, out: &mut Diagnostics) {
    let Some(raw) = storage.raw.as_ref().and_then(|raw| raw.known().copied()) else { return };
    let Some(usable) = usable(storage) else { return };
    let here = entry("storage", name);
    let (raw_at, usable_at) = (cx.value(&here.join("raw")), cx.value(&here.join("usable")));
    let ratio = real(usable) / real(raw).max(1.0);
    if usable > raw {
        out.push(
            Diagnostic::new(
                &codes::RAW_BELOW_USABLE,
                format!(
                    "{} are usable of {} raw: redundancy takes bytes, it does not make them",
                    usable.rounded(),
                    raw.rounded()
                ),
            )
            .at(usable_at)
            .also(raw_at, "bytes of the disks")
            .help("exchange the two if they are swapped, and mind TB and TiB"),
        );
    } else if ratio > 0.97 && !matches!(storage.role, StorageRole::Scratch | StorageRole::Cache) {
        out.push(
            Diagnostic::new(
                &codes::NO_REDUNDANCY,
                format!(
                    "{} of {} are usable: the loss of a disk loses data",
                    usable.rounded(),
                    raw.rounded()
                ),
            )
            .at(usable_at)
            .also(raw_at, "bytes of the disks")
            .help("write what is left after copies or parity, or leave `raw` out if it is not known"),
        );
    } else if ratio < 0.15 {
        out.push(
            Diagnostic::new(
                &codes::NO_REDUNDANCY,
                format!(
                    "Only {} % of {} are usable, less than six copies leave",
                    say::count(ratio * 100.0),
                    raw.rounded()
                ),
            )
            .at(usable_at)
            .also(raw_at, "bytes of the disks")
            .help("look whether one of the two is in another unit"),
        );
    }
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
        sum += match stated {
            Some(stated) => stated,
            None if by_group => return None,
            None => u32::try_from(listed).unwrap_or(u32::MAX),
        };
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

fn access(name: &str, storage: &Storage, out: &mut Diagnostics) {
    let here = entry("storage", name).join("access");
    let Some(access) = storage.access else { return };
    let system = storage.system.name();
    let says = match access {
        Access::ReadWriteOnce => "RWO",
        Access::ReadWriteMany => "RWX",
        Access::ReadOnlyMany => "ROX",
    };
    let (code, why, help) = match (&storage.system, access) {
        (StorageSystem::Ebs(_) | StorageSystem::Local(_), Access::ReadWriteMany | Access::ReadOnlyMany) => (
            &codes::ACCESS,
            "it is there for one node at a time",
            "write `access: RWO`; for many nodes use cephfs, nfs or efs",
        ),
        (StorageSystem::Cvmfs(_), Access::ReadWriteMany | Access::ReadWriteOnce) => {
            (&codes::ACCESS, "it is read only", "write `access: ROX`")
        }
        (StorageSystem::S3(_), Access::ReadWriteMany | Access::ReadWriteOnce) => (
            &codes::ACCESS_ODD,
            "an object store has no files that can be locked, renamed or appended to",
            "leave `access` out, and reach it by its own protocol",
        ),
        (StorageSystem::XCache(_), Access::ReadWriteMany | Access::ReadWriteOnce) => {
            (&codes::ACCESS_ODD, "it fills itself, and is only read", "write `access: ROX`, or leave it out")
        }
        (_, Access::ReadOnlyMany) if matches!(storage.role, StorageRole::Home | StorageRole::Scratch) => (
            &codes::ACCESS_ODD,
            "users could not write their own files",
            "write `access: RWX`, or correct the role",
        ),
        _ => return,
    };
    out.push(
        Diagnostic::new(code, format!("`{name}` ({system}) cannot well be {says}: {why}"))
            .at(here)
            .also_key(entry("storage", name).join("system"), "the system")
            .help(help),
    );
}

fn place(cx: &Context<'_>, name: &str, storage: &Storage, out: &mut Diagnostics) {
    let here = entry("storage", name);
    let system = storage.system.name();
    let everywhere = matches!(
        storage.system,
        StorageSystem::Cvmfs(_) | StorageSystem::S3(_) | StorageSystem::Eos(_) | StorageSystem::XCache(_)
    );
    let Some(own) = &storage.site else {
        if !everywhere && storage.visible_from.is_empty() && cx.spec.sites.len() > 1 {
            out.push(
                Diagnostic::new(
                    &codes::NO_PLACE,
                    format!(
                        "`{name}` ({system}) stands nowhere, so it counts as visible from all {} sites",
                        cx.spec.sites.len()
                    ),
                )
                .at_key(here)
                .help("write the `site` where its disks are"),
            );
        }
        return;
    };
    let Some(site) = cx.spec.sites.get(own) else { return };
    let wrong = match &storage.system {
        StorageSystem::Ebs(_) | StorageSystem::Efs(_) if site.infrastructure.aws().is_none() => {
            Some("is Amazon's, and this site is not in AWS")
        }
        StorageSystem::StorageClass(_) if !cx.is_kubernetes(own) => {
            Some("is a class of a Kubernetes cluster, and this site is none")
        }
        _ => None,
    };
    if let Some(why) = wrong {
        out.push(
            Diagnostic::new(&codes::WRONG_PLACE, format!("`{system}` {why}"))
                .at(here.join("site"))
                .also_key(entry("sites", own), "the site")
                .help("use a system that the site has, such as nfs or cephfs, or correct the site"),
        );
    }
    if !storage.visible_from.is_empty() && !storage.visible_from.contains(own) {
        out.push(
            Diagnostic::new(
                &codes::NOT_AT_OWN_SITE,
                format!("`{name}` stands at `{own}` and is not visible from there"),
            )
            .at(here.join("visibleFrom"))
            .also(here.join("site"), "where it stands")
            .help(format!("write `visibleFrom: [{own}, {}]`", storage.visible_from.join(", "))),
        );
    }
    // A read-only mount is only slow; what is written over such a distance is at stake.
    if !matches!(storage.system, StorageSystem::Nfs(_) | StorageSystem::Lustre(_))
        || storage.access == Some(Access::ReadOnlyMany)
    {
        return;
    }
    for (i, from) in storage.visible_from.iter().enumerate().filter(|(_, from)| *from != own) {
        let Some(other) = cx.spec.sites.get(from) else { continue };
        let stated =
            |site: &afctl_contract::language::Site| site.network.as_ref().is_some_and(|n| n.wan.is_some());
        let cloud = |site: &afctl_contract::language::Site| site.infrastructure.aws().is_some();
        if (stated(site) && stated(other)) || cloud(site) != cloud(other) {
            out.push(
                Diagnostic::new(
                    &codes::FAR,
                    format!(
                        "`{from}` would mount `{name}` ({system}) from `{own}` over the wide-area network"
                    ),
                )
                .at(here.join("visibleFrom").join(i))
                .also(here.join("site"), "where it stands")
                .help(format!(
                    "take `{from}` out of `visibleFrom`, and have it read through a cache or keep a copy"
                )),
            );
        }
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

fn mounts(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut seen: HashMap<(&str, &str), &str> = HashMap::new();
    for (name, storage) in &cx.spec.storage {
        let Some(mount) = &storage.mount_path else { continue };
        let mount = mount.trim_end_matches('/');
        for site in cx.spec.sites.keys().filter(|site| storage.is_visible_from(site)) {
            if let Some(other) = seen.insert((site, mount), name) {
                out.push(
                    Diagnostic::new(
                        &codes::SAME_MOUNT,
                        format!("At `{site}`, `{name}` and `{other}` are both mounted at {mount}"),
                    )
                    .at(entry("storage", name).join("mountPath"))
                    .also(entry("storage", other).join("mountPath"), "the same path")
                    .help("give each a path of its own"),
                );
                break;
            }
        }
    }
}

fn homes(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut sites: Vec<&str> = Vec::new();
    for (name, hub) in cx.hubs() {
        let homed =
            cx.spec.storage.values().any(|s| s.role == StorageRole::Home && s.is_visible_from(&hub.site));
        if homed || sites.contains(&hub.site.as_str()) || !cx.spec.sites.contains_key(&hub.site) {
            continue;
        }
        sites.push(&hub.site);
        let elsewhere = cx.spec.storage.iter().find(|(_, storage)| storage.role == StorageRole::Home);
        let finding = Diagnostic::new(&codes::NO_HOME, format!("No home storage is visible at `{}`, so what users of this hub write is gone with the session", hub.site))
            .at(entry("services", name).join("jupyterhub").join("site"));
        out.push(match elsewhere {
            Some((home, _)) => finding
                .also_key(entry("storage", home), "the home that there is")
                .help(format!("make it visible from `{}`, or add a home there", hub.site)),
            None => finding
                .help(format!("add `home: {{role: home, site: {}, system: {{…}}}}` to `storage`", hub.site)),
        });
    }
}
