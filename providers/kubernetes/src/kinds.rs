//! The one table of what this backend writes to a cluster.
//!
//! A kind that is not here is never read, written or deleted. The name of a kind in an [`afctl_contract::Address`] is
//! Kubernetes' own group-kind: `Namespace`, `ClusterQueue.kueue.x-k8s.io`. Ranks give the order in which kinds are
//! made where nothing else decides, and, backwards, the one in which they are deleted: what others are counted
//! against or stand in comes first.

use afctl_contract::Management;

/// A kind of object.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in addresses: kind, and group where it has one.
    pub name: &'static str,
    /// `kind` of its objects.
    pub kind: &'static str,
    /// `apiVersion` of its objects.
    pub api_version: &'static str,
    /// Its name in paths of the API.
    pub plural: &'static str,
    /// Whether its objects stand in namespaces.
    pub namespaced: bool,
    /// When its objects are made, lowest first.
    pub rank: u16,
    /// Whether people's data can go with one of its objects.
    pub holds_data: bool,
    /// Whether its objects are ours, or only fields of them.
    pub management: Management,
    /// What brings it to a cluster that does not have it of itself.
    pub brought_by: Option<&'static str>,
}

impl Kind {
    /// Its API group; empty for the core.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Its version, without the group.
    pub fn version(&self) -> &'static str {
        self.api_version.split_once('/').map_or(self.api_version, |(_, version)| version)
    }

    /// Path of its objects below the server: in a namespace, or in all of them.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group().is_empty() { "api" } else { "apis" };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("/{root}/{}/namespaces/{namespace}/{}", self.api_version, self.plural),
            None => format!("/{root}/{}/{}", self.api_version, self.plural),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $id:ident = $name:literal $kind:literal $api:literal $plural:literal $rank:literal [$($flag:ident),*];)*) => {
        $($(#[$doc])* pub static $id: Kind = {
            #[allow(unused_mut)]
            let mut kind = Kind {
                name: $name, kind: $kind, api_version: $api, plural: $plural, namespaced: false, rank: $rank,
                holds_data: false, management: Management::Whole, brought_by: None,
            };
            $(kinds!(@$flag kind);)*
            kind
        };)*
        /// Every kind, in the order of making.
        pub static ALL: &[&Kind] = &[$(&$id),*];
    };
    (@namespaced $kind:ident) => { $kind.namespaced = true };
    (@data $kind:ident) => { $kind.holds_data = true };
    (@fields $kind:ident) => { $kind.management = Management::Fields };
    (@kueue $kind:ident) => { $kind.brought_by = Some("Kueue 0.15 or newer") };
}

kinds! {
    /// A namespace. Everything in it goes with it, so it counts as holding data.
    NAMESPACE = "Namespace" "Namespace" "v1" "namespaces" 0 [data];
    /// The parent of the facility's `ApplySet`.
    CONFIG_MAP = "ConfigMap" "ConfigMap" "v1" "configmaps" 10 [namespaced];
    /// Priority of pods.
    PRIORITY_CLASS = "PriorityClass.scheduling.k8s.io" "PriorityClass" "scheduling.k8s.io/v1" "priorityclasses" 20 [];
    /// Limits and defaults of single pods; there before the quota, which refuses pods that request nothing.
    LIMIT_RANGE = "LimitRange" "LimitRange" "v1" "limitranges" 30 [namespaced];
    /// What a namespace may use at once.
    RESOURCE_QUOTA = "ResourceQuota" "ResourceQuota" "v1" "resourcequotas" 40 [namespaced];
    /// Traffic that is let through.
    NETWORK_POLICY = "NetworkPolicy.networking.k8s.io" "NetworkPolicy" "networking.k8s.io/v1" "networkpolicies" 50 [namespaced];
    /// Rights that no built-in role has.
    ROLE = "Role.rbac.authorization.k8s.io" "Role" "rbac.authorization.k8s.io/v1" "roles" 60 [namespaced];
    /// Who has which rights.
    ROLE_BINDING = "RoleBinding.rbac.authorization.k8s.io" "RoleBinding" "rbac.authorization.k8s.io/v1" "rolebindings" 70 [namespaced];
    /// How volumes are made.
    STORAGE_CLASS = "StorageClass.storage.k8s.io" "StorageClass" "storage.k8s.io/v1" "storageclasses" 80 [];
    /// A volume that exists.
    PERSISTENT_VOLUME = "PersistentVolume" "PersistentVolume" "v1" "persistentvolumes" 90 [data];
    /// A volume that is asked for.
    PERSISTENT_VOLUME_CLAIM = "PersistentVolumeClaim" "PersistentVolumeClaim" "v1" "persistentvolumeclaims" 100 [namespaced, data];
    /// A node, of which only some labels, annotations and taints are ours (see [`crate::labels::TAINTS`]).
    NODE = "Node" "Node" "v1" "nodes" 110 [fields];
    /// Priority of work that Kueue queues. (Kueue serves v1beta2 since 0.15, stores it since 0.16, and no longer serves
    /// v1beta1 from 0.20 on.)
    WORKLOAD_PRIORITY_CLASS = "WorkloadPriorityClass.kueue.x-k8s.io" "WorkloadPriorityClass" "kueue.x-k8s.io/v1beta2" "workloadpriorityclasses" 120 [kueue];
    /// Nodes that are alike, to Kueue.
    RESOURCE_FLAVOR = "ResourceFlavor.kueue.x-k8s.io" "ResourceFlavor" "kueue.x-k8s.io/v1beta2" "resourceflavors" 130 [kueue];
    /// Queues that lend each other what they do not use.
    COHORT = "Cohort.kueue.x-k8s.io" "Cohort" "kueue.x-k8s.io/v1beta2" "cohorts" 140 [kueue];
    /// What an account may use of each flavour.
    CLUSTER_QUEUE = "ClusterQueue.kueue.x-k8s.io" "ClusterQueue" "kueue.x-k8s.io/v1beta2" "clusterqueues" 150 [kueue];
    /// Where an account's namespace hands work in.
    LOCAL_QUEUE = "LocalQueue.kueue.x-k8s.io" "LocalQueue" "kueue.x-k8s.io/v1beta2" "localqueues" 160 [namespaced, kueue];
}

/// A pool whose nodes are found by label: an address that no cluster knows. `resolve` puts [`NODE`]s in its place, from
/// the nodes that the driver reports whenever one of these, or a node, is wanted.
pub const NODE_POOL: &str = "NodePool";

/// The kind of this name in addresses.
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.name == name).copied()
}

/// When things of this kind are made; what is not in the table comes last.
pub fn rank(name: &str) -> u16 {
    if name == NODE_POOL { NODE.rank } else { find(name).map_or(u16::MAX, |kind| kind.rank) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_consistent() {
        for kind in ALL {
            let group = kind.group();
            let name = if group.is_empty() { kind.kind.to_owned() } else { format!("{}.{group}", kind.kind) };
            assert_eq!(kind.name, name);
            assert_eq!(find(kind.name), Some(*kind));
            assert!(ALL.iter().filter(|other| other.name == kind.name).count() == 1);
        }
        assert!(ALL.windows(2).all(|pair| pair[0].rank < pair[1].rank), "ranks ascend");
    }

    #[test]
    fn paths_are_the_servers() {
        assert_eq!(NAMESPACE.path(None), "/api/v1/namespaces");
        assert_eq!(LIMIT_RANGE.path(Some("a")), "/api/v1/namespaces/a/limitranges");
        assert_eq!(LOCAL_QUEUE.path(None), "/apis/kueue.x-k8s.io/v1beta2/localqueues");
    }
}
