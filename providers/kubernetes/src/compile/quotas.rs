//! What an account may use at once: its `ResourceQuotas` and its `LimitRange`.
//!
//! | in the strawman | in the namespace |
//! |---|---|
//! | `quota.cpu`, `quota.memory` at once | `requests.cpu`, `requests.memory` of the `ResourceQuota` `quota` |
//! | `quota.gpu` at once | one `requests.<resource>` for each kind of GPU that the site offers |
//! | `quota.jobs` | `pods`, which counts those that have not ended (`count/pods` would count ended ones too) |
//! | `quota.storage` | `requests.storage`, besides what the facility mounts itself; and the class's own |
//! | `accounts.*.qos` | `ResourceQuota` `other-qos`: no pods of priority classes that are not listed |
//! | pools, `perUser` | `LimitRange` `limits` |
//!
//! Requests are limited and limits are not: a quota says what a group holds, not what its notebooks may burst to. The
//! `LimitRange` gives a container that asks for nothing one CPU and its part of a node's memory, as a Slurm site's
//! `DefMemPerCPU` would, so that it is admitted under the quota; none may be larger than the largest node, or than one
//! user may use.

use std::collections::BTreeMap;

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::gpus::{self, Vendor, WHOLE};
use afctl_contract::language::{Gpu, NodePool, Sharing, SharingKind};
use afctl_contract::units::{CpuBudget, GpuBudget};
use afctl_contract::{Diagnostic, Path, path};
use serde_json::{Map, Value, json};

use super::storage::{Volume, claims_of};
use super::{Output, Site, Tenant, qos};
use crate::{kinds, quantity};

/// Memory for a container when nobody knows the nodes: what a core of the grid has.
const DEFAULT_MEMORY: u64 = 2 << 30;
const MIB: u64 = 1 << 20;

/// Quotas and limits of all accounts.
pub fn compile(site: &Site<'_>, volumes: &[Volume<'_>], out: &mut Output<'_>) {
    let gpus = gpu_units(site.pools.iter().map(|(_, pool)| *pool));
    let nodes = Nodes::of(site);
    let classes = qos::classes_by_quality(site);
    say_of_groups(site, out);
    let (mut hours, mut by_kind) = (Vec::new(), Vec::new());
    for tenant in &site.tenants {
        let quota_at = tenant.origin.join("quota");
        if let Some(quota) = &tenant.account.quota {
            let cpu = quota.cpu.is_some_and(|cpu| cpu.at_once().is_none());
            let gpu = quota.gpu.is_some_and(|gpu| gpu.at_once().is_none());
            for (_, key) in [(cpu, "cpu"), (gpu, "gpu")].into_iter().filter(|(is, _)| *is) {
                hours.push((format!("{}.{key}", tenant.name), quota_at.join(key)));
            }
            if gpus.len() > 1 && quota.gpu.is_some_and(|gpu| gpu.at_once().is_some()) {
                by_kind.push((tenant.name.to_owned(), quota_at.join("gpu")));
            }
        }
        quota(site, tenant, volumes, &gpus, out);
        other_qos(site, tenant, &classes, out);
        limits(site, tenant, &nodes, out);
    }
    out.gathered(&hours, |names| {
        Diagnostic::new(
            &codes::HOURS_NOT_ENFORCED,
            format!("the budget of {names} is not enforced at site `{}`", site.name),
        )
    });
    out.gathered(&by_kind, |names| {
        let kinds: Vec<&str> = gpus.keys().map(String::as_str).collect();
        Diagnostic::new(
            &codes::GPU_QUOTA_BY_KIND,
            format!("the GPU quota of {names} holds for each of {} by itself", kinds.join(", ")),
        )
    });
}

/// An account that groups others has several namespaces, and so no quota over them.
fn say_of_groups(site: &Site<'_>, out: &mut Output<'_>) {
    let groups: Vec<(String, Path)> = site
        .tree
        .entries
        .iter()
        .filter(|entry| entry.is_parent)
        .filter(|entry| {
            entry.account.quota.as_ref().is_some_and(|quota| {
                let compute =
                    quota.cpu.and_then(CpuBudget::at_once).or(quota.gpu.and_then(GpuBudget::at_once));
                compute.is_some() || quota.memory.is_some() || quota.storage.is_some() || quota.jobs.is_some()
            })
        })
        .map(|entry| (entry.name.to_owned(), path!["spec", "accounts", entry.name, "quota"]))
        .collect();
    let how =
        if site.settings.kueue { "on each pool by itself, of storage not at all" } else { "not at all" };
    out.gathered(&groups, |names| {
        Diagnostic::new(
            &codes::GROUP_QUOTA_LOOSE,
            format!("the quota of {names} over the accounts below holds {how} at site `{}`", site.name),
        )
    });
}

/// How many of each GPU resource of these pools make one physical card. Where pools differ, the fewest: a quota is
/// never exceeded by that.
pub fn gpu_units<'a>(pools: impl Iterator<Item = &'a NodePool>) -> BTreeMap<String, u64> {
    let mut units: BTreeMap<String, u64> = BTreeMap::new();
    for gpu in pools.flat_map(NodePool::gpus) {
        for (resource, per_card) in card(gpu) {
            units.entry(resource).and_modify(|u| *u = per_card.min(*u)).or_insert(per_card);
        }
    }
    units
}

/// What one card of this kind is to Kubernetes: each resource, and how many of it a card makes.
fn card(gpu: &Gpu) -> Vec<(String, u64)> {
    let plain = Vendor::of(&gpu.model).resource().to_owned();
    match &gpu.sharing {
        Sharing::None(_) => vec![(plain, 1)],
        Sharing::How(SharingKind::Mps(how) | SharingKind::TimeSlice(how)) => {
            vec![(plain, u64::from(how.replicas))]
        }
        Sharing::How(SharingKind::Mig(layout)) => {
            let mig = gpus::find(&gpu.model).and_then(|model| model.mig);
            let slices = layout.iter().filter(|(_, count)| **count > 0).map(|(profile, _)| {
                if profile == WHOLE {
                    return (plain.clone(), 1);
                }
                let most = mig.and_then(|mig| mig.profile(profile)).map_or(1, |profile| profile.most);
                (gpus::mig_resource(profile), most)
            });
            slices.collect()
        }
    }
}

fn at_once(count: f64, units: f64) -> u64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (count * units + 1e-6).floor() as u64;
    whole
}

fn quota(
    site: &Site<'_>,
    tenant: &Tenant<'_>,
    volumes: &[Volume<'_>],
    gpus: &BTreeMap<String, u64>,
    out: &mut Output<'_>,
) {
    let at = tenant.origin.join("quota");
    let mut hard: Vec<(String, String, Path)> = Vec::new();
    if let Some(quota) = &tenant.account.quota {
        if let Some(cpu) = quota.cpu.and_then(CpuBudget::at_once) {
            hard.push(("requests.cpu".into(), quantity::milli(at_once(cpu, 1000.0)), at.join("cpu")));
        }
        if let Some(memory) = quota.memory {
            hard.push(("requests.memory".into(), quantity::bytes(memory.0), at.join("memory")));
        }
        if let Some(count) = quota.gpu.and_then(GpuBudget::at_once) {
            for (resource, units) in gpus {
                #[allow(clippy::cast_precision_loss)]
                let most = at_once(count, *units as f64);
                hard.push((format!("requests.{resource}"), most.to_string(), at.join("gpu")));
            }
        }
        if let Some(jobs) = quota.jobs {
            hard.push(("pods".into(), jobs.to_string(), at.join("jobs")));
        }
    }
    storage_quota(tenant, volumes, &mut hard);
    if hard.is_empty() {
        return;
    }
    let amounts: Map<String, Value> =
        hard.iter().map(|(key, amount, _)| (key.clone(), amount.as_str().into())).collect();
    let origin = if tenant.account.quota.is_some() { &at } else { &tenant.origin };
    let mut object = site.in_namespace(
        tenant,
        &kinds::RESOURCE_QUOTA,
        "quota",
        origin,
        json!({"spec": {"hard": amounts}}),
    );
    for (key, _, from) in hard {
        object = object.field_from(path!["spec", "hard", key], from);
    }
    out.add(object);
}

fn storage_quota(tenant: &Tenant<'_>, volumes: &[Volume<'_>], hard: &mut Vec<(String, String, Path)>) {
    let quota = tenant.account.quota.as_ref().and_then(|quota| quota.storage);
    let from = tenant.origin.join("quota").join("storage");
    let claims = claims_of(tenant, volumes);
    if let Some(quota) = quota {
        // What the facility mounts itself takes nothing of the account's own.
        let besides = claims.iter().flatten().filter(|claim| !claim.charged).map(|claim| claim.size);
        let total = besides.fold(quota.0, u64::saturating_add);
        hard.push(("requests.storage".into(), quantity::bytes(total), from.clone()));
    }
    // The most of each class: nothing where the account may not use it at all.
    let mut classes: BTreeMap<&str, Option<(u64, Path)>> = BTreeMap::new();
    for (volume, claim) in volumes.iter().zip(&claims) {
        let Some(class) = volume.class() else { continue };
        let most = match claim {
            None if volume.admitted[tenant.at] => None,
            None => Some((0, volume.origin.join("accounts"))),
            Some(claim) if claim.charged => quota.map(|quota| (quota.0, from.clone())),
            Some(claim) => {
                volume.storage.quota_per_account.is_some().then(|| (claim.size, claim.from.clone()))
            }
        };
        let merged = match (classes.remove(class), most) {
            (None, most) => most,
            (Some(Some((a, from))), Some((b, other))) => {
                Some((a.saturating_add(b), if b > a { other } else { from }))
            }
            // One that is not limited leaves the class without a limit.
            (Some(_), _) => None,
        };
        classes.insert(class, merged);
    }
    for (class, most) in classes {
        if let Some((most, from)) = most {
            let key = format!("{class}.storageclass.storage.k8s.io/requests.storage");
            hard.push((key, quantity::bytes(most), from));
        }
    }
}

/// An account that lists its qualities gets no pods of the others.
fn other_qos(site: &Site<'_>, tenant: &Tenant<'_>, classes: &[(&str, String)], out: &mut Output<'_>) {
    let listed = &tenant.account.qos;
    if listed.is_empty() {
        return;
    }
    let others: Vec<&str> = classes
        .iter()
        .filter(|(name, _)| !listed.iter().any(|own| own == name))
        .map(|(_, class)| class.as_str())
        .collect();
    if others.is_empty() {
        return;
    }
    let expression = json!({"scopeName": "PriorityClass", "operator": "In", "values": others});
    let spec = json!({"hard": {"pods": "0"}, "scopeSelector": {"matchExpressions": [expression]}});
    let origin = tenant.origin.join("qos");
    out.add(site.in_namespace(tenant, &kinds::RESOURCE_QUOTA, "other-qos", &origin, json!({"spec": spec})));
}

/// What is known of the site's nodes.
struct Nodes {
    /// Thousandths of a CPU of the largest, and the pool that has it.
    cpu: Option<(u64, Path)>,
    /// Bytes of the largest, and the pool that has it.
    memory: Option<(u64, Path)>,
    /// The least memory there is for one CPU.
    per_cpu: u64,
}

impl Nodes {
    fn of(site: &Site<'_>) -> Self {
        let mut nodes = Self { cpu: None, memory: None, per_cpu: u64::MAX };
        for (name, pool) in &site.pools {
            let origin = path!["spec", "nodePools", *name];
            let (cpu, memory) = super::pools::offered(pool);
            if let Some(cpu) = cpu.filter(|cpu| nodes.cpu.as_ref().is_none_or(|(most, _)| cpu > most)) {
                nodes.cpu = Some((cpu, origin.join("cores")));
            }
            if let Some(memory) = memory.filter(|m| nodes.memory.as_ref().is_none_or(|(most, _)| m > most)) {
                nodes.memory = Some((memory, origin.join("memory")));
            }
            if let (Some(cpu @ 1..), Some(memory)) = (cpu, memory) {
                let each = u128::from(memory) * 1000 / u128::from(cpu);
                nodes.per_cpu = nodes.per_cpu.min(u64::try_from(each).unwrap_or(u64::MAX));
            }
        }
        if nodes.per_cpu == u64::MAX {
            nodes.per_cpu = DEFAULT_MEMORY;
        }
        nodes.per_cpu = (nodes.per_cpu / MIB).max(1) * MIB;
        nodes
    }
}

/// The smaller of two, with its place.
fn least(a: Option<(u64, Path)>, b: Option<(u64, Path)>) -> Option<(u64, Path)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

fn limits(site: &Site<'_>, tenant: &Tenant<'_>, nodes: &Nodes, out: &mut Output<'_>) {
    let per_user = tenant.account.per_user.as_ref();
    let at = tenant.origin.join("perUser");
    let cpu = per_user.and_then(|limits| limits.cpu).map(|cpu| (cpu.milli, at.join("cpu")));
    let memory = per_user.and_then(|limits| limits.memory).map(|memory| (memory.0, at.join("memory")));
    let cpu = least(nodes.cpu.clone(), cpu);
    let memory = least(nodes.memory.clone(), memory);

    let request_cpu = cpu.as_ref().map_or(1000, |(most, _)| 1000.min(*most));
    let request_memory = memory.as_ref().map_or(nodes.per_cpu, |(most, _)| nodes.per_cpu.min(*most));
    let mut item = json!({
        "type": "Container",
        "defaultRequest": {"cpu": quantity::milli(request_cpu), "memory": quantity::bytes(request_memory)},
        "default": {"memory": quantity::bytes(request_memory)},
    });
    if let Some((most, _)) = &cpu {
        item["default"]["cpu"] = quantity::milli(*most).into();
        item["max"]["cpu"] = quantity::milli(*most).into();
    }
    if let Some((most, _)) = &memory {
        item["max"]["memory"] = quantity::bytes(*most).into();
    }
    let mut object = site.in_namespace(
        tenant,
        &kinds::LIMIT_RANGE,
        "limits",
        &tenant.origin,
        json!({"spec": {"limits": [item]}}),
    );
    for (key, most) in [("cpu", cpu), ("memory", memory)] {
        if let Some((_, from)) = most {
            object = object.field_from(path!["spec", "limits", 0usize, "max", key], from);
        }
    }
    out.add(object);
}
