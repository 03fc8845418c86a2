//! Sites: infrastructure and scheduler, two axes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, Map};
use crate::units::{Cores, Fraction, Rate};

/// A place with hardware of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Site {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whose hardware it is.
    #[serde(default)]
    pub infrastructure: Infrastructure,
    /// What runs work on it.
    pub scheduler: Scheduler,
    /// What the site is for in the facility.
    #[serde(default)]
    pub role: SiteRole,
    /// How it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// How much of the site belongs to this facility. All of it unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owned: Option<OwnedShare>,
}

/// Whose hardware a site is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Infrastructure {
    /// Named.
    Named(NamedInfrastructure),
    /// In a cloud.
    Cloud(Box<CloudInfrastructure>),
}

impl Default for Infrastructure {
    fn default() -> Self {
        Self::Named(NamedInfrastructure::OnPrem)
    }
}

impl Infrastructure {
    /// The AWS settings, if the site is in AWS.
    pub fn aws(&self) -> Option<&Aws> {
        match self {
            Self::Cloud(cloud) => {
                let CloudInfrastructure::Aws(aws) = cloud.as_ref();
                Some(aws)
            }
            Self::Named(_) => None,
        }
    }
}

/// Hardware that stands somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum NamedInfrastructure {
    /// The facility's own.
    #[default]
    OnPrem,
    /// Brought by the groups that use it.
    Byo,
    /// Somebody else's: counted, never changed.
    External,
}

/// Hardware of a cloud.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CloudInfrastructure {
    /// Amazon's.
    Aws(Aws),
}

/// A region of AWS, and what is there already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aws {
    /// Region, such as us-west-2.
    pub region: String,
    /// Availability zones, in the order to try them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
    /// Named profile of the AWS configuration to act with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Address range of the VPC to make, such as 10.40.0.0/16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    /// An existing VPC to use instead of making one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc: Option<String>,
    /// Existing subnets to use instead of making them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subnets: Vec<String>,
    /// Address ranges that may reach the login nodes. None unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_from: Vec<String>,
    /// Name of an existing key pair. Without one, access is by the systems manager.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_pair: Option<String>,
    /// Tags of one's own on everything made.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub tags: Map<String>,
}

/// What runs work on a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Scheduler {
    /// Kubernetes.
    Kubernetes(Kubernetes),
    /// Slurm.
    Slurm(Slurm),
    /// Another, run by somebody else: capacity and queues are counted, checked and compared, never changed.
    External(ExternalScheduler),
}

/// A Kubernetes cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Kubernetes {
    /// Context of the kubeconfig. Its current context unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Path of the kubeconfig. `$KUBECONFIG` or `~/.kube/config` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<String>,
    /// Whether Kueue queues the work. Without it queues become nothing but priorities.
    #[serde(default)]
    pub kueue: bool,
    /// How services that are Helm charts are delivered.
    #[serde(default)]
    pub delivery: Delivery,
    /// Put before the name of each account's namespace, such as `af-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]{0,30})?$"))]
    pub namespace_prefix: Option<String>,
    /// Namespace for what belongs to no account. `afctl-` and the facility's name unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"))]
    pub system_namespace: Option<String>,
    /// Put before the names of groups from the identity provider, as the API server's `--oidc-groups-prefix` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_prefix: Option<String>,
    /// Put before the names of users, as the API server's `--oidc-username-prefix` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users_prefix: Option<String>,
    /// The Pod Security Standard that the accounts' namespaces enforce.
    #[serde(default)]
    pub pod_security: PodSecurity,
    /// What pods of an account may reach.
    #[serde(default)]
    pub network_policy: NetworkPolicyStance,
}

/// How Helm charts are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// As Flux HelmRepository and HelmRelease.
    Flux,
    /// As Argo CD Application.
    Argo,
    /// As values files only, for a person to install.
    #[default]
    Values,
}

/// A Pod Security Standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum PodSecurity {
    /// No restriction.
    Privileged,
    /// Known escalations are refused.
    #[default]
    Baseline,
    /// Hardened pods only.
    Restricted,
}

/// What pods of an account's namespace may reach and be reached by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkPolicyStance {
    /// Nothing comes in from other namespaces but the services of the facility; everything may go out.
    #[default]
    Isolated,
    /// As `isolated`, and out only to the account itself, the facility's services, names (DNS) and the outside.
    Strict,
    /// No policies are made.
    Open,
}

/// A Slurm cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Slurm {
    /// `ClusterName`.
    pub cluster: String,
    /// Folder of slurm.conf.
    #[serde(default = "slurm_config_dir")]
    pub config_dir: String,
    /// How its controller is reached. This machine unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<Connect>,
    /// Version, such as 22.05, where `afctl` cannot ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Name of the controller's host (`SlurmctldHost`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<String>,
    /// Settings of slurm.conf of one's own, by their names there.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String>,
}

fn slurm_config_dir() -> String {
    "/etc/slurm".to_owned()
}

/// How a machine is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Connect {
    /// By the person's own SSH: `user@host`.
    Ssh(String),
}

/// A scheduler that somebody else runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalScheduler {
    /// Which, such as htcondor.
    pub kind: String,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Cores of it that this facility can count on, where its pools are not described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores: Option<Figure<Cores>>,
    /// Where to ask it, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// What a site is for in the facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum SiteRole {
    /// Work runs here as a matter of course.
    #[default]
    Main,
    /// Work comes here when the others are full.
    Burst,
}

/// How a site is connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// To the outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wan: Option<Figure<Rate>>,
    /// Between its nodes and its storage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan: Option<Figure<Rate>>,
    /// Whether connections from outside reach its nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inbound: Option<bool>,
    /// Whether its nodes reach the outside. They do unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<bool>,
}

/// How much of a site belongs to the facility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnedShare {
    /// The share of every pool of the site.
    pub share: Figure<Fraction>,
    /// What the rest of the site is to the facility.
    #[serde(default)]
    pub beyond: Beyond,
}

/// What capacity is that belongs to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Beyond {
    /// Not to be had.
    #[default]
    None,
    /// To be had while its owners leave it idle; work there may be pushed aside.
    Preemptable,
}
