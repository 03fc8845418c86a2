//! Who pays, what it costs, and what must be reached.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, Map};
use crate::units::{Bytes, Duration, Fraction, Money};

/// Who pays for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Funding {
    /// The model.
    pub model: FundingModel,
    /// Agencies and what each pays for, by name.
    #[serde(default)]
    pub agencies: Map<Agency>,
    /// How groups buy into the facility.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buy_in: Option<BuyIn>,
}

/// A model of funding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FundingModel {
    /// Agencies pay upfront for everything and allocate it.
    Hpc,
    /// Agencies pay for the ground; groups buy in or pay for what they use.
    Cloud,
    /// Groups with a long commitment buy in; small ones live on an allocation.
    Hybrid,
}

/// An agency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agency {
    /// What it pays for.
    pub pays: Vec<PaidItem>,
}

/// Something that is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaidItem {
    /// Servers, GPUs, switches.
    Hardware,
    /// Disks and tape.
    Storage,
    /// Power and cooling.
    Power,
    /// The wide-area network.
    Network,
    /// People who run the platform.
    CoreDevops,
    /// People who help users.
    UserSupport,
    /// People inside groups.
    EmbeddedSupport,
    /// Training and education.
    Training,
    /// The pool that small groups are granted from.
    AllocationPool,
    /// The bill of a cloud.
    Cloud,
}

/// How groups buy in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuyIn {
    /// What is added to the price of the hardware: 0.15 is fifteen percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_overhead: Option<Figure<Fraction>>,
    /// For how long the hardware's hours are theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Duration>,
}

/// Prices, each with its source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Costs {
    /// One core for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_core_hour: Option<Figure<Money>>,
    /// One GPU for an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_hour: Option<Figure<Money>>,
    /// One TB for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_tb_year: Option<Figure<Money>>,
    /// One TB out of a cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_tb: Option<Figure<Money>>,
    /// Share of the bill of a cloud up to which egress is waived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress_waiver: Option<Figure<Fraction>>,
    /// One full-time person for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fte_year: Option<Figure<Money>>,
    /// One kWh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_kwh: Option<Figure<Money>>,
    /// Power that the building takes for each that the machines take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pue: Option<Figure<f64>>,
    /// How long hardware is used before it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_life: Option<Figure<Duration>>,
    /// Instances of a cloud, by type.
    #[serde(default)]
    pub instances: Map<InstancePrice>,
}

/// The price of an instance type, for an hour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstancePrice {
    /// At the list price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_demand: Option<Figure<Money>>,
    /// Spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<Figure<Money>>,
    /// Reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Figure<Money>>,
}

/// What the facility must reach.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Targets {
    /// How soon so much data is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_to_result: Option<TimeToResult>,
    /// How many users one full-time person of user support may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_per_support_fte: Option<Bounds>,
    /// Physical cores of the facility's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<Bounds>,
    /// Physical GPUs of the facility's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Bounds>,
    /// What it may cost in a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_year: Option<CostBound>,
}

/// How soon so much data is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TimeToResult {
    /// Data that is read.
    pub input: Bytes,
    /// Within what time.
    pub within: Duration,
    /// For which share of cases, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub percentile: Option<u32>,
    /// What one core reads. 12.5 MB/s unless said, the highest that the 200 Gb/s exercises allow to conclude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_core: Option<Figure<crate::units::Rate>>,
}

/// Bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bounds {
    /// At least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// A bound of cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostBound {
    /// At most.
    pub max: Money,
}
