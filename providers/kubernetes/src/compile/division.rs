//! How much of each pool each account is given, and how much more it may borrow.
//!
//! The part of a pool that counts is the site's owned share of its nodes' CPUs and memory without what is reserved, and
//! of its devices. It is divided by [`super::shares`] among the accounts whose queues draw on the pool, held to the
//! accounts' quotas at once.
//!
//! Kueue limits each flavour by itself. So an account's quota at once holds on every pool alone, and its `ResourceQuota`
//! holds it over all of them; dividing the quota among the pools instead would keep a GPU job from the CPUs beside the
//! card. An account that only groups others has no namespace, so its quota holds pool by pool; a note says so.
//!
//! A pool with an owner is divided among the owner's accounts only. A pool of unknown size
//! has no part to give, so it is left out with a warning.

use std::collections::BTreeMap;

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::language::NodePool;
use afctl_contract::units::{CpuBudget, GpuBudget};
use afctl_contract::{Diagnostic, path};

use super::shares::Division;
use super::{Output, QueueHere, Site, names, pools, quotas};

/// What memory is counted in.
pub const MIB: u64 = 1 << 20;

/// A pool that work is queued onto.
pub struct Flavor<'a> {
    /// The pool.
    pub pool: &'a str,
    /// Its name in the cluster.
    pub name: String,
    /// The account that brought it.
    pub owner: Option<usize>,
    /// What of each resource each account is given, and what is left.
    pub grants: BTreeMap<String, Grant>,
}

/// What is given of one resource of a pool.
pub struct Grant {
    /// To each account.
    pub own: Vec<u64>,
    /// To nobody.
    pub left: u64,
    /// How much more each account, with those below it, may borrow; as much as there is unless said.
    pub borrow: Vec<Option<u64>>,
}

/// What a pool has in all, by resource: whole CPUs, MiB of memory, devices. Nothing where its size is not known.
fn capacity(site: &Site<'_>, pool: &NodePool) -> Option<Vec<(String, u64)>> {
    let nodes = u64::from(pool.nodes.most()?);
    let (cpu, memory) = pools::offered(pool);
    let owned = site.spec.sites.get(site.name).and_then(|site| site.owned.as_ref());
    let share = owned.and_then(|owned| owned.share.known()).map_or(1.0, |share| share.0.clamp(0.0, 1.0));
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ours = |count: u64| if share < 1.0 { (count as f64 * share + 1e-6).floor() as u64 } else { count };
    let mut all = vec![
        ("cpu".to_owned(), ours(cpu? * nodes / 1000)),
        ("memory".to_owned(), ours(memory? / MIB * nodes)),
    ];
    all.extend(pools::devices(pool, nodes).into_iter().map(|(name, count)| (name, ours(count))));
    Some(all)
}

/// A limit of an account at once, by resource, in the units of [`capacity`].
fn limits_at_once(site: &Site<'_>) -> Limits {
    let count = site.tree.entries.len();
    let gpus = quotas::gpu_units(site.pools.iter().map(|(_, pool)| *pool));
    let mut limits = Limits::new();
    let mut set = |resource: &str, at: usize, most: f64| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let most = (most + 1e-6).floor() as u64;
        limits.entry(resource.to_owned()).or_insert_with(|| vec![None; count])[at] = Some(most);
    };
    for (at, entry) in site.tree.entries.iter().enumerate() {
        let Some(quota) = &entry.account.quota else { continue };
        if let Some(cpu) = quota.cpu.and_then(CpuBudget::at_once) {
            set("cpu", at, cpu);
        }
        #[allow(clippy::cast_precision_loss)]
        if let Some(memory) = quota.memory {
            set("memory", at, (memory.0 / MIB) as f64);
        }
        if let Some(gpu) = quota.gpu.and_then(GpuBudget::at_once) {
            for (resource, units) in &gpus {
                #[allow(clippy::cast_precision_loss)]
                set(resource, at, gpu * *units as f64);
            }
        }
    }
    limits
}

/// What each account may have at once, by resource; nothing where it is not limited.
type Limits = BTreeMap<String, Vec<Option<u64>>>;

/// Divides every pool that a queue draws on.
pub fn divide<'a>(site: &Site<'a>, out: &mut Output<'_>) -> Vec<Flavor<'a>> {
    let tree = &site.tree;
    let parent: Vec<Option<usize>> = tree.entries.iter().map(|entry| entry.parent).collect();
    // As in Slurm, an account that says nothing weighs one.
    let weight: Vec<u64> =
        tree.entries.iter().map(|entry| u64::from(entry.account.fair_share.unwrap_or(1))).collect();
    let limits = limits_at_once(site);
    let none = vec![None; tree.entries.len()];
    let mut unmeasured = Vec::new();
    let mut flavors = Vec::new();
    for (name, pool) in &site.pools {
        let drawing: Vec<&QueueHere<'_>> = site.queues.iter().filter(|q| q.pools.contains(name)).collect();
        if drawing.is_empty() {
            continue;
        }
        let Some(capacity) = capacity(site, pool) else {
            unmeasured.push(((*name).to_owned(), path!["spec", "nodePools", *name]));
            continue;
        };
        let owner = pool.owned_by.as_deref().and_then(|owner| tree.find(owner));
        let mut takes = vec![false; tree.entries.len()];
        for tenant in &site.tenants {
            takes[tenant.at] = drawing.iter().any(|queue| queue.admitted[tenant.at]);
        }
        if let Some(owner) = owner {
            let theirs = tree.admitted(std::slice::from_ref(&tree.entries[owner].name.to_owned()));
            if takes.iter().zip(&theirs).any(|(takes, theirs)| *takes && *theirs) {
                takes.iter_mut().zip(theirs).for_each(|(takes, theirs)| *takes &= theirs);
            }
        }
        let division = Division { order: &tree.order, parent: &parent, weight: &weight, takes: &takes };
        let grants = capacity
            .into_iter()
            .map(|(resource, whole)| {
                let mut borrow = limits.get(&resource).unwrap_or(&none).clone();
                let own = division.divide(whole, &mut borrow);
                let left = whole - own.iter().sum::<u64>();
                (resource, Grant { own, left, borrow })
            })
            .collect();
        flavors.push(Flavor { pool: name, name: names::of_cluster(&site.owner, &[name]), owner, grants });
    }
    out.gathered(&unmeasured, |names| {
        Diagnostic::new(
            &codes::POOL_UNMEASURED,
            format!("nothing can be queued onto {names}: the size is not known"),
        )
        .help("give `cores`, `memory`, and the nodes' `names`, `count` or `max`")
    });
    flavors
}
