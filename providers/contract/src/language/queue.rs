//! Queues and qualities of service.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Map;
use crate::units::{Bytes, Cores, Duration, Money};

/// A quality of service: what priority work has, and what may push it aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Qos {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Higher goes first.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub priority: u32,
    /// Qualities whose work may push this work aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "qos"))]
    pub preempted_by: Vec<String>,
    /// Whether work that was pushed aside is started again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requeue: Option<bool>,
    /// How long work may run before it can be pushed aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempt_exempt_time: Option<Duration>,
    /// The longest that work may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walltime: Option<Duration>,
    /// How use is charged: 0 free, 1 as it is, 2 double.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub usage_factor: Option<f64>,
    /// Limits of one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Limits>,
    /// Whether work gets this one when it asks for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
}

/// Limits on what runs at once.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    /// CPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cores>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// GPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// Running jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
    /// Running and waiting jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<u32>,
}

/// A queue (Slurm: a partition).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Queue {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Pools it draws on, in the order to use them. A pool may be in several queues.
    #[schemars(extend("x-afctl-ref" = "nodePools"))]
    pub pools: Vec<String>,
    /// The longest that a job may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_walltime: Option<Duration>,
    /// How long a job runs that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_walltime: Option<Duration>,
    /// Higher goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 65533))]
    pub priority: Option<u32>,
    /// The quality of service of all its work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "qos"))]
    pub qos: Option<String>,
    /// Accounts that may use it, with the accounts below them. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub accounts: Vec<String>,
    /// What use of it weighs in fair share and quotas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
    /// Where work goes when it waits too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
    /// Whether a job goes here that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<bool>,
    /// Whether it is shown only to those who may use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<bool>,
    /// Limits of one job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_job: Option<JobLimits>,
}

/// Limits of one job.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobLimits {
    /// The most nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_nodes: Option<u32>,
    /// The fewest nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_nodes: Option<u32>,
    /// The most CPUs of one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cpu_per_node: Option<u32>,
    /// The most memory of one node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory_per_node: Option<Bytes>,
}

/// What use weighs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Billing {
    /// One CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub cpu: Option<f64>,
    /// One GiB of memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub memory_gib: Option<f64>,
    /// One GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub gpu: Option<f64>,
    /// One of another generic resource, by name.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub gres: Map<f64>,
}

/// Where work goes when it waits too long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Overflow {
    /// Pools, in the order to try them.
    #[schemars(extend("x-afctl-ref" = "nodePools"), length(min = 1))]
    pub to: Vec<String>,
    /// After what wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_wait: Option<Duration>,
    /// Up to what cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Money>,
}
