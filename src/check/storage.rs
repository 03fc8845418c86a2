//! Storage: sizes, how and from where it is mounted.

use std::collections::HashMap;

use afctl_contract::codes::storage as codes;
use afctl_contract::language::{Access, Storage, StorageRole, StorageSystem};
use afctl_contract::units::Bytes;
use afctl_contract::{Diagnostic, Diagnostics};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, storage) in &cx.spec.storage {
        raw_and_usable(cx, name, storage, out);
        access(name, storage, out);
        place(cx, name, storage, out);
    }
    mounts(cx, out);
    homes(cx, out);
}

/// Bytes as a number to calculate with.
#[allow(clippy::cast_precision_loss)]
pub fn real(bytes: Bytes) -> f64 {
    bytes.0 as f64
}

/// Usable bytes, if known.
pub fn usable(storage: &Storage) -> Option<Bytes> {
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
