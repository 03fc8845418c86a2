//! Accounts: groups of users that share quotas and fair share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, Limits};
use crate::units::{Bytes, CpuBudget, GpuBudget};

/// A group of users that shares quotas and fair share.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The account above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub parent: Option<String>,
    /// Its weight beside the accounts of the same parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub fair_share: Option<u32>,
    /// The most it may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// Limits of one of its users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Limits>,
    /// Qualities of service it may use. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "qos"))]
    pub qos: Vec<String>,
    /// Its users. An account that only groups others has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Members>,
    /// How it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<AccountFunding>,
    /// How many users it has, where its members are not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Figure<u32>>,
}

/// The most an account may use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quota {
    /// Storage, over all of its users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Bytes>,
    /// Cores at once (64), or core-hours over a time (2000000 core-hours/year).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<CpuBudget>,
    /// Memory at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// GPUs at once (8), or GPU-hours over a time (20000 GPU-hours/year).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<GpuBudget>,
    /// Jobs or pods at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jobs: Option<u32>,
}

/// The users of an account.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Members {
    /// A group of the identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\S(.*\S)?$"))]
    pub idp_group: Option<String>,
    /// Users by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = r"^\S+$")))]
    pub users: Vec<String>,
    /// Those of them who may manage the account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(inner(regex(pattern = r"^\S+$")))]
    pub coordinators: Vec<String>,
}

/// How an account pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountFunding {
    /// It bought hardware, and has its use for a term.
    BuyIn,
    /// It was granted a share.
    Allocation,
    /// It pays for what it uses.
    PayAsYouGo,
    /// An agency pays for it.
    Agency,
}
