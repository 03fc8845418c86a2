//! Codes of this family; see the table in [`super`].

crate::codes! {
    NAME_TAKEN = "AF1001" Error "Two entries need the same object"
        "Each entry of the strawman becomes objects with names of their own in the cluster, and two entries ask for the \
         same one. Rename one of the entries. Names that Kubernetes does not take (capitals, colons, more than 63 \
         letters) are rewritten with a hash of the whole name, so two such names do not meet by accident.";
    NAMESPACE_RESERVED = "AF1002" Error "The account's namespace belongs to the cluster"
        "An account becomes a namespace, and this one would be kube-system, default or another that the cluster or \
         afctl itself uses. Give the site a `namespacePrefix`, such as `af-`, or rename the account.";
    HOURS_NOT_ENFORCED = "AF1003" Note "A budget in hours is not enforced by Kubernetes"
        "Kubernetes limits what runs at once (ResourceQuota); it keeps no account of hours used over a year. The budget \
         still counts in `afctl compare`. Give a limit at once (`cpu: 64`) besides, where the group must be held to one.";
    GPU_QUOTA_BY_KIND = "AF1004" Note "The GPU quota holds for each kind of GPU by itself"
        "Kubernetes counts whole cards and slices of cards as different resources and cannot add them up. A quota of 8 \
         cards becomes 8 whole cards, and as many slices of each profile as 8 cards could be cut into; an account that \
         uses both at once may exceed it.";
    USER_QUOTA_NOT_ENFORCED = "AF1005" Note "A quota for each user is not enforced by Kubernetes"
        "A claim has one size for all who mount it. Set the quota of users in the file system itself (project quotas, \
         `setfattr -n ceph.quota.max_bytes`).";
    WALLTIME_NOT_ENFORCED = "AF1006" Note "Walltime is not enforced by Kubernetes"
        "Neither a ResourceQuota nor Kueue ends work that runs too long. Jobs set `activeDeadlineSeconds`, or the label \
         `kueue.x-k8s.io/max-exec-time-seconds`; an admission policy can ask for it.";
    PREEMPTS_ALL_LOWER = "AF1007" Note "Work of this quality pushes aside more than the strawman says"
        "In Kubernetes a PriorityClass either preempts nothing or everything of lower priority; it cannot name the \
         classes that it may push aside. List the quality in `preemptedBy` of all lower ones, or expect them to give way.";
    QUEUES_WITHOUT_KUEUE = "AF1008" Note "Without Kueue, queues are priorities only"
        "Kubernetes itself has no queues. With `kueue: true` at the site, each queue becomes a LocalQueue in the \
         namespaces of those who may use it, with quotas by fair share. Without it a queue with a priority becomes a \
         PriorityClass, and who may use which pool is left to taints.";
    POOL_UNMEASURED = "AF1009" Warning "The pool's size is not known"
        "Quotas are shares of what a pool has: number of nodes, CPUs and memory of one. Nothing can be queued onto a pool \
         of unknown size. Give `cores`, `memory` and the nodes' names, `count` or `max`.";
    POOL_SHORT = "AF1010" Warning "Nodes are not as the strawman says"
        "The cluster reports other CPUs, memory or GPUs for nodes of this pool than the strawman declares, so work that \
         should fit does not, or shares are too small. Correct the strawman, or look for a failed DIMM, a node with \
         hyperthreading off, or a device plugin that does not run. Memory may be 10% less than declared.";
    POOL_COUNT = "AF1011" Warning "The pool has another number of nodes than declared"
        "The selector finds more or fewer nodes in the cluster than the strawman declares. Correct `count`, or the labels \
         of the nodes.";
    STORAGE_NOT_MOUNTED = "AF1012" Note "This storage is not mounted by afctl on Kubernetes"
        "nfs, cephfs, cvmfs and existing storage classes become volumes and claims. Other systems are read over the \
         network (s3, xcache, eos) or have to be provided as a storage class: `system: {storageClass: {name: …}}`.";
    SECRET_ELSEWHERE = "AF1013" Error "The key of the storage is not in the cluster"
        "The CSI driver of CephFS reads its key from a Secret of the cluster. Write \
         `secretRef: {kubernetes: NAMESPACE/NAME}` and make that Secret.";
    CLAIM_WITHOUT_SIZE = "AF1014" Warning "Nobody says how large a claim is to be"
        "A volume that is made for an account needs a size: the account's `quota.storage`, the storage's \
         `quotaPerAccount` or its `usable`. None is known, so no claim is made for this account.";
    OVERFLOW_ELSEWHERE = "AF1015" Note "Kueue does not overflow to other sites"
        "Work overflows to pools of the same cluster: they come last in the ClusterQueue. Pools of other sites would need \
         Kueue's MultiKueue or a service that forwards jobs; afctl makes neither.";
    TOO_MUCH_FOR_KUEUE = "AF1016" Error "More than Kueue takes in one queue"
        "A ClusterQueue or Cohort takes at most 64 flavours, 64 resources and 512 pairs of them in a group. Draw on fewer \
         pools in one queue.";
    GRES_NOT_MAPPED = "AF1017" Note "A generic resource has no name in Kubernetes"
        "Kubernetes counts what device plugins advertise under a domain, such as `xilinx.com/fpga`. Write the resource by \
         that name in `gres`, and it counts in quotas.";
    CLAIMS_EXCEED_QUOTA = "AF1018" Warning "The account's storage quota is too small to divide"
        "An account's `quota.storage` is divided evenly over the project and data storage that is made for it, and each \
         claim needs at least one byte. Raise the quota, or keep the account from some of the storage.";
    GROUP_QUOTA_LOOSE = "AF1019" Note "The quota of an account that groups others is held loosely"
        "A ResourceQuota limits one namespace, and an account with accounts below it has several. With Kueue its quota at \
         once holds on each pool by itself; without Kueue, and for storage, it is not held at all. Give the accounts below \
         it quotas of their own where that matters.";
}
