//! Storage and how data gets to where it is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Figure, SecretRef};
use crate::units::{Bytes, Duration, Rate};

/// A file system, a cache or an object store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Storage {
    /// What it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is for.
    pub role: StorageRole,
    /// The site it stands at. None where it stands nowhere in particular, as CVMFS does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub site: Option<String>,
    /// What it is made of.
    pub system: StorageSystem,
    /// How it may be mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// Bytes of its disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Figure<Bytes>>,
    /// Bytes that users can fill, after redundancy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usable: Option<Figure<Bytes>>,
    /// What one user may fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_user: Option<Figure<Bytes>>,
    /// What one account may fill, unless the account says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_per_account: Option<Figure<Bytes>>,
    /// Sites where it is mounted or reached. Its own site unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "sites"))]
    pub visible_from: Vec<String>,
    /// Accounts that may use it, with the accounts below them. All unless said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "accounts"))]
    pub accounts: Vec<String>,
    /// Where it is mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^/"))]
    pub mount_path: Option<String>,
    /// How fast it can be read, over all of its users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Figure<Rate>>,
    /// How long files are kept. For ever unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Duration>,
    /// How often it is backed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,
    /// What happens to the data when this entry is removed. Data is kept unless said, and never deleted without a flag
    /// that names it.
    #[serde(default)]
    pub deletion: Deletion,
}

/// What storage is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StorageRole {
    /// One folder for each user.
    Home,
    /// One folder for each account.
    Project,
    /// Short-lived.
    Scratch,
    /// The experiment's data.
    Data,
    /// Copies of data that stands elsewhere.
    Cache,
    /// Software, read only.
    Software,
}

/// What storage is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StorageSystem {
    /// An NFS export.
    Nfs(Nfs),
    /// A CephFS file system.
    #[serde(rename = "cephfs")]
    CephFs(CephFs),
    /// An EOS instance.
    Eos(Eos),
    /// CVMFS repositories.
    Cvmfs(Cvmfs),
    /// An XRootD cache.
    #[serde(rename = "xcache")]
    XCache(XCacheSystem),
    /// An S3 bucket.
    S3(S3),
    /// Block volumes of AWS.
    Ebs(Ebs),
    /// A file system of AWS.
    Efs(Efs),
    /// A Lustre file system.
    Lustre(Lustre),
    /// Disks of the nodes themselves.
    Local(Local),
    /// A storage class that the Kubernetes cluster has already.
    StorageClass(ExistingClass),
}

/// An NFS export.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nfs {
    /// Server.
    pub server: String,
    /// Path that it exports.
    #[schemars(regex(pattern = r"^/"))]
    pub export: String,
    /// Options of the mount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mount_options: Vec<String>,
}

/// A CephFS file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CephFs {
    /// Name of the file system.
    pub fs_name: String,
    /// Cluster ID of the CSI driver. The namespace of the secret (as Rook has it) unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// Path in the file system that exists already and is to be mounted. New volumes are made unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^/"))]
    pub root_path: Option<String>,
    /// Data pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Name of the CSI driver. rook-ceph.cephfs.csi.ceph.com where the secret is in rook-ceph, else cephfs.csi.ceph.com.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Where its key is kept.
    pub secret_ref: SecretRef,
}

/// An EOS instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Eos {
    /// Its address, such as `root://eospublic.cern.ch`.
    pub url: String,
    /// Path in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// CVMFS repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cvmfs {
    /// Their names, such as atlas.cern.ch.
    #[schemars(length(min = 1))]
    pub repositories: Vec<String>,
    /// Proxies for it, such as `http://squid.example.org:3128`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<String>,
}

/// An XRootD cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct XCacheSystem {
    /// Where it reads what it does not have: a catalogue, or an address such as `root://xrootd.example.org`.
    pub origin: String,
}

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct S3 {
    /// Bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Address, where it is not Amazon's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Where its keys are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretRef>,
}

/// Block volumes of AWS.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ebs {
    /// Kind of volume, such as gp3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<String>,
}

/// A file system of AWS.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Efs {
    /// An existing one; a new one is made unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_system: Option<String>,
}

/// A Lustre file system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lustre {
    /// Management server, such as mgs@o2ib.
    pub mgs: String,
    /// Name of the file system.
    pub fs_name: String,
}

/// Disks of the nodes themselves.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Local {
    /// Folder on the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A storage class that exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExistingClass {
    /// Its name.
    #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))]
    pub name: String,
}

/// How a volume may be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Access {
    /// Read and written by one node.
    #[serde(rename = "RWO")]
    ReadWriteOnce,
    /// Read and written by many nodes.
    #[serde(rename = "RWX")]
    ReadWriteMany,
    /// Read by many nodes.
    #[serde(rename = "ROX")]
    ReadOnlyMany,
}

/// How often storage is backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backup {
    /// Never.
    None,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
}

/// What happens to data when its entry is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Deletion {
    /// It is kept.
    #[default]
    Retain,
    /// It is deleted, once a flag names it.
    Delete,
}

/// How data gets to where it is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DataManagement {
    /// The model.
    pub model: DataModel,
    /// The catalogue, such as rucio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<String>,
    /// How many copies are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub replicas: Option<u32>,
    /// Storage whose data may be moved between sites.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-afctl-ref" = "storage"))]
    pub may_move: Vec<String>,
}

/// A model of data management.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DataModel {
    /// Each site has its own.
    Local,
    /// One file system is mounted by all.
    Shared,
    /// Sites read from elsewhere through caches.
    FederatedCache,
    /// Copies are kept at several sites.
    Replicated,
}

impl StorageSystem {
    /// The key that it is written under.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Nfs(_) => "nfs",
            Self::CephFs(_) => "cephfs",
            Self::Eos(_) => "eos",
            Self::Cvmfs(_) => "cvmfs",
            Self::XCache(_) => "xcache",
            Self::S3(_) => "s3",
            Self::Ebs(_) => "ebs",
            Self::Efs(_) => "efs",
            Self::Lustre(_) => "lustre",
            Self::Local(_) => "local",
            Self::StorageClass(_) => "storageClass",
        }
    }
}
