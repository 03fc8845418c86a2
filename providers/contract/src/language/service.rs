//! Services: named instances, each of a kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limits, SecretRef};
use crate::units::{Bytes, Cores, Duration};

/// A service; its kind is its one key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Service {
    /// `JupyterHub`: notebooks from the menu of profiles.
    #[serde(rename = "jupyterhub")]
    JupyterHub(JupyterHub),
    /// Dask Gateway: clusters of workers for a user.
    DaskGateway(DaskGateway),
    /// An XRootD cache.
    #[serde(rename = "xcache")]
    XCache(XCacheService),
    /// CVMFS on the nodes of a site.
    Cvmfs(CvmfsService),
    /// Login nodes.
    Login(Login),
    /// Single sign-on.
    Sso(Sso),
    /// Any Helm chart.
    Chart(Chart),
}

impl Service {
    /// The key that it is written under.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::JupyterHub(_) => "jupyterhub",
            Self::DaskGateway(_) => "daskGateway",
            Self::XCache(_) => "xcache",
            Self::Cvmfs(_) => "cvmfs",
            Self::Login(_) => "login",
            Self::Sso(_) => "sso",
            Self::Chart(_) => "chart",
        }
    }

    /// The sites it runs at.
    pub fn sites(&self) -> Vec<&str> {
        match self {
            Self::JupyterHub(s) => vec![&s.site],
            Self::DaskGateway(s) => s.backends.iter().map(|b| b.site.as_str()).collect(),
            Self::XCache(s) => vec![&s.site],
            Self::Cvmfs(s) => vec![&s.site],
            Self::Login(s) => vec![&s.site],
            Self::Sso(s) => s.site.iter().map(String::as_str).collect(),
            Self::Chart(s) => vec![&s.site],
        }
    }
}

/// `JupyterHub`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JupyterHub {
    /// The site it runs at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// What users may choose from, in this order.
    #[schemars(extend("x-afctl-ref" = "profiles"), length(min = 1))]
    pub profiles: Vec<String>,
    /// After what time without use a session is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cull_after: Option<Duration>,
    /// The name it is reached by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The `sso` service that users sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "services"))]
    pub sso: Option<String>,
    /// Accounts whose users may sign in, with the accounts below them. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub accounts: Vec<String>,
    /// How many sessions may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_sessions: Option<u32>,
    /// Version of the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Values of the chart of one's own, laid over what afctl makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Dask Gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaskGateway {
    /// Where workers run.
    #[schemars(length(min = 1))]
    pub backends: Vec<DaskBackend>,
    /// CPUs of one user's workers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cores_per_user: Option<Cores>,
    /// Memory of one user's workers together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_memory_per_user: Option<Bytes>,
    /// What one worker has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<DaskWorker>,
    /// After what time without use a cluster is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<Duration>,
    /// Container image of scheduler and workers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Version of the chart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Values of the chart of one's own, laid over what afctl makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Where Dask's workers run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaskBackend {
    /// Site.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// The queue whose share they use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "queues"))]
    pub queue: Option<String>,
    /// The `software` storage that their environment comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "storage"))]
    pub environment_from: Option<String>,
}

/// What one worker of Dask has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DaskWorker {
    /// CPUs.
    pub cpu: Cores,
    /// Memory.
    pub memory: Bytes,
}

/// An XRootD cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct XCacheService {
    /// The site it runs at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// The `cache` storage that it fills.
    #[schemars(extend("x-afctl-ref" = "storage"))]
    pub storage: String,
    /// How many servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub servers: Option<u32>,
    /// Container image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// CVMFS on the nodes of a site.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CvmfsService {
    /// The site it runs at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// The `software` storage that it brings.
    #[schemars(extend("x-afctl-ref" = "storage"))]
    pub storage: String,
}

/// Login nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    /// The site they stand at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub nodes: Option<u32>,
    /// The name they are reached by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Limits of one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_user: Option<Limits>,
    /// Accounts whose users may sign in, with the accounts below them. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub accounts: Vec<String>,
}

/// Single sign-on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sso {
    /// The site it runs at, where it is the facility's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: Option<String>,
    /// Address of the issuer (OpenID Connect).
    #[schemars(regex(pattern = r"^https://"))]
    pub issuer: String,
    /// Client ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Where the client's secret is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_ref: Option<SecretRef>,
    /// The claim that names a user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username_claim: Option<String>,
    /// The claim that lists a user's groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups_claim: Option<String>,
}

/// Any Helm chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    /// The site it runs at.
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: String,
    /// Address of the chart's repository: https:// or oci://.
    #[schemars(regex(pattern = r"^(https|oci)://"))]
    pub repository: String,
    /// Name of the chart.
    pub name: String,
    /// Version of the chart.
    pub version: String,
    /// Namespace. Its own, named after the service, unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<serde_json::Map<String, serde_json::Value>>,
    /// GPUs that it takes, so that they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<u32>,
    /// CPUs that it takes, so that they are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Cores>,
    /// Memory that it takes, so that it is counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
}
