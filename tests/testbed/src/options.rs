//! What a test may ask of a control plane before it starts.
//!
//! Guarantees that `Options::default()` is the cheapest control plane: no nodes, no Kueue, no audit log, no limits.

use std::collections::BTreeMap;

/// What the control plane is given at its start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Fake nodes, all Ready before `start` returns.
    pub nodes: Vec<NodeGroup>,
    /// Load Kueue's resource definitions (there is no Kueue controller behind them).
    pub kueue_crds: bool,
    /// The one version of Kueue's API that is served and stored.
    pub kueue_api: KueueApi,
    /// Write an audit log, which `ControlPlane::audit` reads.
    pub audit: bool,
    /// Leave API priority and fairness on, with these limits of reading and writing requests in flight; without it
    /// the server takes all that comes, and never answers 429.
    pub priority_and_fairness: Option<(u32, u32)>,
    /// Further arguments for the API server.
    pub apiserver_args: Vec<String>,
}

/// Which version of `kueue.x-k8s.io` the cluster speaks.
///
/// A real Kueue converts between the two with a webhook. Nothing converts here, and to serve both would silently drop
/// the fields that only one of them has, so only one is served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KueueApi {
    /// `v1beta1`: all that a Kueue older than 0.15 has.
    V1Beta1,
    /// `v1beta2`: served since Kueue 0.15.
    #[default]
    V1Beta2,
}

impl KueueApi {
    /// The version as it stands in `apiVersion`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1Beta1 => "v1beta1",
            Self::V1Beta2 => "v1beta2",
        }
    }
}

/// Fake nodes that are alike.
#[derive(Debug, Clone, Default)]
pub struct NodeGroup {
    /// Their names.
    pub names: Vec<String>,
    /// Cores of each, as a Kubernetes quantity.
    pub cpu: String,
    /// Memory of each, as a Kubernetes quantity.
    pub memory: String,
    /// Labels beside those that every node has.
    pub labels: BTreeMap<String, String>,
    /// Taints.
    pub taints: Vec<Taint>,
    /// Further resources, such as `nvidia.com/gpu`.
    pub extra: BTreeMap<String, String>,
}

/// A taint of a node.
#[derive(Debug, Clone)]
pub struct Taint {
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

impl NodeGroup {
    /// `count` nodes called `prefix-0`, `prefix-1` and so on.
    pub fn new(prefix: &str, count: usize, cpu: &str, memory: &str) -> Self {
        Self {
            names: (0..count).map(|n| format!("{prefix}-{n}")).collect(),
            cpu: cpu.to_owned(),
            memory: memory.to_owned(),
            ..Self::default()
        }
    }

    /// With a label on each.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// With a taint on each.
    #[must_use]
    pub fn taint(mut self, key: &str, value: &str, effect: &str) -> Self {
        self.taints.push(Taint { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned() });
        self
    }

    /// With a further resource in each.
    #[must_use]
    pub fn extra(mut self, resource: &str, quantity: &str) -> Self {
        self.extra.insert(resource.to_owned(), quantity.to_owned());
        self
    }
}
