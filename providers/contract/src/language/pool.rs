//! Node pools: groups of like nodes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, Map, OneOrMany};
use crate::units::{Bytes, Cores, HostList, Money, Taint};

/// A group of like nodes of one site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodePool {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The site it stands at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// Which nodes, or how many.
    pub nodes: Nodes,
    /// Physical cores of one node (not hyperthreads). Or `shape`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<Figure<u32>>,
    /// Hardware threads of one core: 2 with hyperthreading on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8))]
    pub threads_per_core: Option<u32>,
    /// Processor sockets of one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub sockets: Option<u32>,
    /// Memory of one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Figure<Bytes>>,
    /// The same in one word, for instances of a cloud: what the scheduler may count on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// Disk of one node that jobs may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_disk: Option<Figure<Bytes>>,
    /// What is kept back on each node for the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reserved>,
    /// GPUs of one node; a list where a node has several kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<OneOrMany<Gpu>>,
    /// Other generic resources of one node, by name, such as `fpga: 2`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub gres: Map<u32>,
    /// Words that jobs may ask for (Slurm: Features).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
    /// Taints of its nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
    /// Labels of its nodes.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// What kind of capacity it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityKind>,
    /// The account that brought the hardware; it goes before its guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub owned_by: Option<String>,
    /// Benchmark score (HEPScore23) of one core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hs23_per_core: Option<Figure<f64>>,
    /// Instance types, in the order to try them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_types: Vec<String>,
    /// How instances are bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Purchase>,
    /// Whether instances are to stand close together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<bool>,
    /// Machine image, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Script that a node runs first, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<String>,
    /// Slurm's `Weight`: nodes of low weight are used first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// Price of one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Figure<Money>>,
    /// Power that one node draws under load, in watts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watts: Option<Figure<f64>>,
}

/// Which nodes a pool has: `names`, `selector`, `count`, or `min` and `max`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nodes {
    /// Their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<OneOrMany<HostList>>,
    /// Labels that they bear already (Kubernetes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<Map<String>>,
    /// How many there are, where names do not matter or a selector is to be checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<Figure<u32>>,
    /// How few there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// How many there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

impl Nodes {
    /// Every name, where names are given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flat_map(OneOrMany::as_slice).flat_map(HostList::names).map(String::as_str)
    }

    /// How many nodes at the most; `None` when nobody said.
    pub fn most(&self) -> Option<u32> {
        if self.names.is_some() {
            return u32::try_from(self.names().count()).ok();
        }
        self.max.or_else(|| self.count.as_ref().and_then(|count| count.known().copied())).or(self.min)
    }

    /// How many nodes stand there always; `None` when nobody said.
    pub fn fewest(&self) -> Option<u32> {
        if self.names.is_some() { self.most() } else { self.min.or_else(|| self.most()) }
    }
}

/// What a node offers to jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shape {
    /// Physical cores.
    pub cores: u32,
    /// Hardware threads of one core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 8))]
    pub threads_per_core: Option<u32>,
    /// Memory.
    pub memory: Bytes,
}

/// What is kept back on a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reserved {
    /// CPUs, as the scheduler counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cores>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
}

/// GPUs of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gpu {
    /// Model, such as a100-40gb, v100-32gb, rtx2080ti, l40s, h100-80gb, mi250x.
    pub model: String,
    /// Physical cards of one node.
    #[schemars(range(min = 1))]
    pub per_node: u32,
    /// How cards are shared.
    #[serde(default)]
    pub sharing: Sharing,
}

/// How the cards of a pool are shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sharing {
    /// Not at all.
    None(NoSharing),
    /// In one of the ways that need figures.
    How(SharingKind),
}

impl Default for Sharing {
    fn default() -> Self {
        Self::None(NoSharing::None)
    }
}

/// Cards are handed out whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoSharing {
    /// Whole cards only.
    None,
}

/// How cards are shared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SharingKind {
    /// NVIDIA's partitions of a card: how many of each profile in the whole pool, such as `{1g.5gb: 14, whole: 6}`.
    /// `whole` are cards left in one piece.
    Mig(Map<u32>),
    /// NVIDIA's multi-process service: several processes on a card at once.
    Mps(Replicas),
    /// Several processes on a card in turn.
    TimeSlice(Replicas),
}

/// How many share one card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replicas {
    /// How many may share one card.
    #[schemars(range(min = 2))]
    pub replicas: u32,
}

/// What kind of capacity a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CapacityKind {
    /// The facility's own.
    Owned,
    /// Somebody else's, to be had while idle; work there may be pushed aside.
    Preemptable,
    /// Bought when it is needed.
    Burst,
}

/// How instances are bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purchase {
    /// By the hour at the list price.
    OnDemand,
    /// By the hour, cheaper, and taken back at will.
    Spot,
    /// For a term, cheaper.
    Reserved,
}

impl NodePool {
    /// Physical cores of one node, if known.
    pub fn cores_per_node(&self) -> Option<u32> {
        self.cores
            .as_ref()
            .and_then(|cores| cores.known().copied())
            .or_else(|| self.shape.as_ref().map(|shape| shape.cores))
    }

    /// Hardware threads of one core; 1 unless said.
    pub fn threads(&self) -> u32 {
        self.threads_per_core.or_else(|| self.shape.as_ref().and_then(|s| s.threads_per_core)).unwrap_or(1)
    }

    /// What the scheduler counts as CPUs on one node: hardware threads.
    pub fn cpus_per_node(&self) -> Option<u64> {
        Some(u64::from(self.cores_per_node()?) * u64::from(self.threads()))
    }

    /// Memory of one node, if known.
    pub fn memory_per_node(&self) -> Option<Bytes> {
        self.memory
            .as_ref()
            .and_then(|memory| memory.known().copied())
            .or_else(|| self.shape.as_ref().map(|shape| shape.memory))
    }

    /// Kinds of GPU of one node.
    pub fn gpus(&self) -> &[Gpu] {
        self.gpu.as_ref().map_or(&[], OneOrMany::as_slice)
    }
}
