//! How much there is: cores, CPUs, memory, GPUs and slices, with owned, opportunistic and burst capacity apart.
//!
//! This is the one place where capacity is counted; checks, backends and reports all ask here. What nobody said counts
//! as nothing and its pool is listed in [`Capacity::unknown`], so that nobody takes the sum for the whole. Cores are
//! physical; CPUs are what a scheduler hands out: hardware threads, less what is reserved on each node.

use std::collections::BTreeMap;

use crate::language::{
    Beyond, CapacityKind, Infrastructure, NamedInfrastructure, NodePool, Purchase, Scheduler, Site, SiteRole,
    Spec,
};
use crate::units::Bytes;

/// An amount of capacity. Parts of a node count as parts, since a facility may own a share of a site.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Amount {
    /// Nodes.
    pub nodes: f64,
    /// Physical cores.
    pub cores: f64,
    /// CPUs that the scheduler hands out.
    pub cpus: f64,
    /// Bytes of memory that the scheduler hands out.
    pub memory: f64,
    /// Physical GPUs.
    pub cards: f64,
    /// GPUs as a scheduler counts them: whole cards, or shares of them.
    pub gpus: f64,
    /// Slices of GPUs by profile.
    pub slices: BTreeMap<String, f64>,
}

impl Amount {
    /// Adds so many times another amount.
    pub fn add(&mut self, other: &Self, times: f64) {
        self.nodes += other.nodes * times;
        self.cores += other.cores * times;
        self.cpus += other.cpus * times;
        self.memory += other.memory * times;
        self.cards += other.cards * times;
        self.gpus += other.gpus * times;
        for (profile, count) in &other.slices {
            *self.slices.entry(profile.clone()).or_default() += count * times;
        }
    }

    /// GPUs and slices together, as a quota of GPUs counts them.
    pub fn gpus_and_slices(&self) -> f64 {
        self.gpus + self.slices.values().sum::<f64>()
    }
}

/// Whose capacity it is, and when it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The facility's own.
    Owned,
    /// Somebody else's, or bought so that it may be taken back: there until it is wanted elsewhere.
    Opportunistic,
    /// Bought when it is needed.
    Burst,
}

/// How much there is, by class.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Capacity {
    /// The facility's own.
    pub owned: Amount,
    /// There until it is wanted elsewhere.
    pub opportunistic: Amount,
    /// Bought when it is needed: the ceiling.
    pub burst: Amount,
    /// Pools whose nodes, cores or memory nobody said.
    pub unknown: Vec<String>,
}

impl Capacity {
    /// All classes together.
    pub fn all(&self) -> Amount {
        let mut all = self.owned.clone();
        all.add(&self.opportunistic, 1.0);
        all.add(&self.burst, 1.0);
        all
    }

    /// The amount of one class.
    pub const fn of(&self, class: Class) -> &Amount {
        match class {
            Class::Owned => &self.owned,
            Class::Opportunistic => &self.opportunistic,
            Class::Burst => &self.burst,
        }
    }

    fn slot(&mut self, class: Class) -> &mut Amount {
        match class {
            Class::Owned => &mut self.owned,
            Class::Opportunistic => &mut self.opportunistic,
            Class::Burst => &mut self.burst,
        }
    }

    /// Adds another capacity.
    pub fn add(&mut self, other: &Self) {
        self.owned.add(&other.owned, 1.0);
        self.opportunistic.add(&other.opportunistic, 1.0);
        self.burst.add(&other.burst, 1.0);
        self.unknown.extend(other.unknown.iter().cloned());
    }
}

/// Bytes as a number to calculate with.
#[allow(clippy::cast_precision_loss)]
const fn real(n: u64) -> f64 {
    n as f64
}

impl NodePool {
    /// CPUs of one node that work can have: threads, less what is reserved.
    pub fn cpus_for_work(&self) -> Option<f64> {
        let reserved =
            self.reserved.as_ref().and_then(|reserved| reserved.cpu).map_or(0.0, crate::units::Cores::count);
        Some((real(self.cpus_per_node()?) - reserved).max(0.0))
    }

    /// Memory of one node that work can have: all, less what is reserved.
    pub fn memory_for_work(&self) -> Option<Bytes> {
        let reserved = self.reserved.as_ref().and_then(|reserved| reserved.memory).unwrap_or_default();
        Some(Bytes(self.memory_per_node()?.0.saturating_sub(reserved.0)))
    }

    /// What one node has, and whether all of that was said.
    pub fn node_amount(&self) -> (Amount, bool) {
        let (cpus, memory) = (self.cpus_for_work(), self.memory_for_work());
        let mut amount = Amount {
            nodes: 1.0,
            cores: self.cores_per_node().map_or(0.0, f64::from),
            cpus: cpus.unwrap_or(0.0),
            memory: memory.map_or(0.0, |memory| real(memory.0)),
            ..Amount::default()
        };
        for gpu in self.gpus() {
            amount.cards += f64::from(gpu.per_node);
        }
        (amount, cpus.is_some() && memory.is_some())
    }

    /// What the pool's nodes have together, at the most, and whether all of that was said.
    pub fn amount(&self) -> (Amount, bool) {
        let nodes = self.nodes.most();
        let (node, known) = self.node_amount();
        let mut all = Amount::default();
        all.add(&node, nodes.map_or(0.0, f64::from));
        for gpu in self.gpus() {
            let offer = gpu.offer(u64::from(nodes.unwrap_or(0)));
            all.gpus += real(offer.countable);
            for (profile, count) in offer.slices {
                *all.slices.entry(profile).or_default() += real(count);
            }
        }
        (all, known && nodes.is_some())
    }
}

impl Site {
    /// The shares of a pool of this site by class. What the pool itself says goes first.
    pub fn shares(&self, pool: Option<&NodePool>) -> Vec<(Class, f64)> {
        match pool.and_then(|pool| pool.capacity) {
            Some(CapacityKind::Owned) => return vec![(Class::Owned, 1.0)],
            Some(CapacityKind::Preemptable) => return vec![(Class::Opportunistic, 1.0)],
            Some(CapacityKind::Burst) => return vec![(Class::Burst, 1.0)],
            None => {}
        }
        if self.role == SiteRole::Burst {
            return vec![(Class::Burst, 1.0)];
        }
        if pool.and_then(|pool| pool.purchase) == Some(Purchase::Spot) {
            return vec![(Class::Opportunistic, 1.0)];
        }
        let Some(owned) = &self.owned else {
            let class = if matches!(self.infrastructure, Infrastructure::Named(NamedInfrastructure::External))
            {
                Class::Opportunistic
            } else {
                Class::Owned
            };
            return vec![(class, 1.0)];
        };
        let share = owned.share.known().map_or(0.0, |share| share.0.clamp(0.0, 1.0));
        let mut shares = vec![(Class::Owned, share)];
        if owned.beyond == Beyond::Preemptable {
            shares.push((Class::Opportunistic, 1.0 - share));
        }
        shares
    }
}

impl Spec {
    /// What one pool has. Nothing if there is no such pool.
    pub fn pool_capacity(&self, pool: &str) -> Capacity {
        let mut capacity = Capacity::default();
        let Some(entry) = self.node_pools.get(pool) else { return capacity };
        let (amount, known) = entry.amount();
        if !known {
            capacity.unknown.push(pool.to_owned());
        }
        let shares =
            self.sites.get(&entry.site).map_or_else(|| vec![(Class::Owned, 1.0)], |s| s.shares(Some(entry)));
        for (class, share) in shares {
            capacity.slot(class).add(&amount, share);
        }
        capacity
    }

    /// What several pools have together.
    pub fn capacity_of<'a>(&self, pools: impl IntoIterator<Item = &'a str>) -> Capacity {
        let mut sum = Capacity::default();
        for pool in pools {
            sum.add(&self.pool_capacity(pool));
        }
        sum
    }

    /// What a site has: its pools and, where an external scheduler's pools are not described, the cores it states.
    pub fn site_capacity(&self, site: &str) -> Capacity {
        let pools: Vec<&str> = self.pools_at(site).map(|(name, _)| name).collect();
        let mut sum = self.capacity_of(pools.iter().copied());
        let Some(entry) = self.sites.get(site) else { return sum };
        if let Scheduler::External(external) = &entry.scheduler
            && pools.is_empty()
            && let Some(cores) = external.cores.as_ref().and_then(|cores| cores.known())
        {
            let amount = Amount { cores: cores.count(), cpus: cores.count(), ..Amount::default() };
            for (class, share) in entry.shares(None) {
                sum.slot(class).add(&amount, share);
            }
            sum.unknown.push(format!("{site}: memory"));
        }
        sum
    }

    /// What the facility has.
    pub fn capacity(&self) -> Capacity {
        let mut sum = Capacity::default();
        for site in self.sites.keys() {
            sum.add(&self.site_capacity(site));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use crate::language::Strawman;

    fn sketch() -> Strawman {
        serde_yaml::from_str(include_str!("../tests/sketch.yaml")).expect("the sketch reads")
    }

    #[test]
    #[allow(clippy::float_cmp)]
    fn the_sketch_has_what_its_first_lines_say() {
        let spec = sketch().spec;
        assert_eq!(spec.pool_capacity("uc-cpu").owned.cores, 1344.0);
        assert_eq!(spec.pool_capacity("uc-cpu").owned.cpus, 2688.0);
        let roma = spec.pool_capacity("roma");
        assert!(
            (roma.owned.cores - 1572.0).abs() < 1e-6 && (roma.opportunistic.cores - 14148.0).abs() < 1e-6
        );
        assert_eq!(spec.pool_capacity("burst").burst.cores, 320.0);
        let gpu = spec.pool_capacity("uc-gpu").owned;
        assert_eq!((gpu.cards, gpu.gpus, gpu.slices["1g.5gb"]), (8.0, 6.0, 14.0));
        assert!(spec.capacity().unknown.is_empty());
    }
}
