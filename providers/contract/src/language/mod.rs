//! The language: what a strawman may say.
//!
//! These types are its one definition. The JSON Schema for editors, the custom resource definition and the
//! reader's structural check are generated from them, and the documentation of every field is its comment here.
//! Reading one of these types checks its shape only; what it means is checked in `src/check`.
//!
//! Schema keywords of our own: `x-afctl-unit` names the format of a text (see [`crate::units`]), `x-afctl-ref`
//! says that a text, or each text of a list, is a name of another
//! section, `x-afctl-key-ref` says so of the keys of a mapping, `x-afctl-figure` marks a [`Figure`].

mod account;
mod figure;
mod money;
mod people;
mod pool;
mod profile;
mod queue;
mod service;
mod site;
mod storage;

pub use account::*;
pub use figure::*;
pub use money::*;
pub use people::*;
pub use pool::*;
pub use profile::*;
pub use queue::*;
pub use service::*;
pub use site::*;
pub use storage::*;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Date;

/// A section whose entries have names; the order is the one written.
pub type Map<T> = IndexMap<String, T>;

/// The one version of the language there is.
pub const API_VERSION: &str = "afctl.dev/v1alpha1";
/// The kind of document.
pub const KIND: &str = "Strawman";

/// The only `apiVersion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
pub enum ApiVersion {
    /// The first, which may still change.
    #[default]
    #[serde(rename = "afctl.dev/v1alpha1")]
    V1Alpha1,
}

/// The only `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
pub enum Kind {
    /// An analysis facility, as it is or as it might be.
    #[default]
    Strawman,
}

/// An analysis facility, as it is or as it might be: sites, hardware, queues, groups, storage, services, people and
/// money in one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Strawman {
    /// Version of the language.
    pub api_version: ApiVersion,
    /// Kind of document.
    pub kind: Kind,
    /// What this strawman is called.
    pub metadata: Metadata,
    /// The facility.
    pub spec: Spec,
}

/// What a strawman is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// Name of the facility: lower-case letters, digits and hyphens. What afctl makes is marked with it, so it must not
    /// change while the facility stands.
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"))]
    pub name: String,
    /// When the figures were last looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Labels of one's own; afctl keeps them and does nothing with them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String>,
    /// Annotations of one's own; afctl keeps them and does nothing with them.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub annotations: Map<String>,
}

/// The facility.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// How the facility is laid out; checked against `sites`.
    pub topology: Topology,
    /// Who uses it, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub community: Option<Community>,
    /// The places with hardware of their own, by name.
    pub sites: Map<Site>,
    /// The site that keeps lock and ledger where several people share them. The first site unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub control_site: Option<String>,
    /// Whether users get one common platform, a menu, or bring their own hardware.
    #[serde(default)]
    pub platform: Platform,
    /// Groups of like nodes, by name.
    #[serde(default)]
    pub node_pools: Map<NodePool>,
    /// Qualities of service, by name: what priority work has, and what may push it aside.
    #[serde(default)]
    pub qos: Map<Qos>,
    /// Queues (Slurm: partitions), by name.
    #[serde(default)]
    pub queues: Map<Queue>,
    /// Groups of users that share quotas and fair share, by name; may be nested by `parent`.
    #[serde(default)]
    pub accounts: Map<Account>,
    /// File systems, caches and object stores, by name.
    #[serde(default)]
    pub storage: Map<Storage>,
    /// How data gets to where it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_management: Option<DataManagement>,
    /// The menu that users choose from, by name.
    #[serde(default)]
    pub profiles: Map<Profile>,
    /// Services, by name; what kind one is, its inner key says.
    #[serde(default)]
    pub services: Map<Service>,
    /// The people who help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support: Option<Support>,
    /// Who pays for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding: Option<Funding>,
    /// Prices, each with its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costs: Option<Costs>,
    /// What the facility must reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<Targets>,
    /// Named changes to this strawman, for `afctl compare`.
    #[serde(default)]
    pub variants: Map<Variant>,
    /// Warnings that are known and accepted, each with a reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppress: Vec<Suppression>,
}

/// How a facility is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topology {
    /// One site holds all of it.
    SingleSite,
    /// Several sites, none of them in a cloud (a burst site aside).
    Distributed,
    /// All of it in a cloud.
    Cloud,
    /// Sites of one's own together with sites in a cloud that are more than burst.
    Hybrid,
}

/// How much freedom users have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Everyone gets the same: one profile.
    Common,
    /// Users choose from `profiles`.
    #[default]
    Menu,
    /// Groups bring hardware of their own: pools with `ownedBy`.
    Byo,
}

/// A named change to the strawman.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Variant {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Takes the facility apart: one facility for each site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_by: Option<SplitBy>,
    /// A merge patch (RFC 7386) to `spec`: what it names is replaced, what it sets to null is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<serde_json::Map<String, serde_json::Value>>,
}

/// How a variant takes a facility apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SplitBy {
    /// One facility for each site.
    Site,
}

/// A warning that is known and accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suppression {
    /// The code, such as AF0605. An error cannot be suppressed.
    #[schemars(regex(pattern = r"^AF[0-9]{4}$"))]
    pub code: String,
    /// Why it is accepted, for whoever reads this next.
    #[schemars(length(min = 1))]
    pub reason: String,
    /// Only at this path and below, such as `spec.storage.home`. Everywhere unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Where a secret is kept. The secret itself never stands in a strawman.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum SecretRef {
    /// An existing Kubernetes Secret: `namespace/name`.
    Kubernetes(SecretName),
    /// A file on the machine that runs afctl.
    File(String),
    /// A variable of the environment of afctl.
    Env(String),
}

/// A Kubernetes Secret: `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("pattern" = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
pub struct SecretName(pub String);

impl SecretName {
    /// Namespace and name.
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once('/').unwrap_or(("default", &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sketch of the language exercises every section; it must read, and read back the same.
    #[test]
    fn the_sketch_reads_and_reads_back() {
        let text = include_str!("../../tests/sketch.yaml");
        let strawman: Strawman = match serde_yaml::from_str(text) {
            Ok(strawman) => strawman,
            Err(error) => panic!("{error}"),
        };
        let json = serde_json::to_value(&strawman).unwrap_or_default();
        let again: Strawman = match serde_json::from_value(json) {
            Ok(strawman) => strawman,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(strawman, again);
    }
}
