//! People: those who use the facility, and those who help them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, Map};
use crate::units::{Bytes, Duration, Fraction};

/// Who uses the facility, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Community {
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
    /// How many groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Figure<u32>>,
    /// Shares of users who work in a way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub habits: Option<Habits>,
    /// What they run, by name.
    #[serde(default)]
    pub workloads: Map<Workload>,
}

/// How many users.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Users {
    /// Those who use it in a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<Figure<u32>>,
    /// Those with an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Figure<u32>>,
    /// The most at one time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrent: Option<Figure<u32>>,
    /// Growth in a year: 0.1 is ten percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_per_year: Option<Figure<Fraction>>,
}

/// Shares of users who work in a way; they may add up to more than one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Habits {
    /// Who use notebooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notebooks: Option<Figure<Fraction>>,
    /// Who use GPUs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Figure<Fraction>>,
    /// Who use batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Figure<Fraction>>,
    /// Who work on the grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Figure<Fraction>>,
}

/// A kind of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workload {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How often one user starts one in a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user_per_day: Option<Figure<f64>>,
    /// How many tasks it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Figure<u32>>,
    /// Cores of one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<Figure<u32>>,
    /// Memory of one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Figure<Bytes>>,
    /// How long one task runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Figure<Duration>>,
    /// Data that it reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Figure<Bytes>>,
    /// Share of its tasks that want a GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_share: Option<Figure<Fraction>>,
    /// How many times as much comes in the weeks before conferences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak: Option<Figure<f64>>,
}

/// The people who help.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Support {
    /// Help for every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_level: Option<UserSupport>,
    /// People inside analysis groups ("account executives").
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embedded: Vec<Embedded>,
    /// People who run the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devops: Option<DevOps>,
}

/// Help for every user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserSupport {
    /// Full-time equivalents.
    pub fte: Figure<f64>,
    /// How they are spread over sites. Evenly unless said.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(extend("x-afctl-key-ref" = "sites"))]
    pub by_site: Map<f64>,
    /// Where users ask, such as forum or e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<String>,
    /// Tutorials in a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tutorials_per_year: Option<u32>,
    /// What they know well, such as `data formats` or `machine learning`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specialities: Vec<String>,
}

/// A person inside an analysis group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Embedded {
    /// The group.
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub account: String,
    /// What they are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Full-time equivalents.
    pub fte: Figure<f64>,
    /// Share of their time that is physics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physics_fraction: Option<Figure<Fraction>>,
}

/// People who run the platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevOps {
    /// Full-time equivalents.
    pub fte: Figure<f64>,
    /// How they are spread over sites. Evenly unless said.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schemars(extend("x-afctl-key-ref" = "sites"))]
    pub by_site: Map<f64>,
}
