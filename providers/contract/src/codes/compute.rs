//! Codes of node pools, cores, memory and taints. See the table in [`super`].

crate::codes! {
    NODES_TWICE = "AF0301" Error "A pool's nodes are given in several ways" "\
A pool has its nodes by `names`, by `selector`, by `count`, or by `min` and `max`. Given two of these, nobody can tell \
which holds. A `count` may stand beside `names` (where it carries the source, and must agree) and beside `selector` \
(where it says how many should be found).\n\n    nodes: {names: \"c[001-014]\"}\n    nodes: {selector: {pool: gpu}, \
count: 4}\n    nodes: {min: 0, max: 40}";
    NODES_NONE = "AF0302" Error "A pool has no nodes" "\
Without nodes the pool has no capacity, and nothing can be compiled or compared.\n\nSay which nodes, or how many:\n\n    \
nodes: {names: \"c[001-014]\"}\n    nodes: {count: 14}\n    nodes: {min: 0, max: 40}";
    NODES_BOUNDS = "AF0303" Error "The fewest nodes are more than the most" "\
`min` is how many nodes stand there in any case, `max` how many there may be.\n\n    nodes: {min: 2, max: 40}";
    HOST_TWICE = "AF0304" Error "A node is named twice" "\
A node belongs to one pool: it would be labelled, tainted and counted twice otherwise, and in Slurm a second `NodeName` \
line is fatal. A pool may be in several queues, which is how several queues share nodes.\n\nOf two sites with different \
schedulers, the same full name means that both schedulers hand out the same machine.\n\nTake the node out of one list; \
mostly a range runs one too far.";
    HOST_SHARED_NAME = "AF0305" Warning "Nodes of two schedulers bear the same names" "\
Kubernetes and Slurm each believe that all of a node is theirs. If these are the same machines, both will fill them at \
once. If they are different machines that happen to be called the same, all is well.\n\nTake the nodes out of one pool; \
or, if they only share a short name, suppress this warning with that reason.";
    HOST_NAME = "AF0306" Error "A node cannot be called this in Kubernetes" "\
The name of a Kubernetes node is in lower-case letters, digits, `-` and `.`; there can be no node of this name, so the \
pool would never find it.\n\nWrite the name as `kubectl get nodes` shows it.";
    SELECTOR_ELSEWHERE = "AF0307" Error "Only Kubernetes finds nodes by a selector" "\
A selector is a set of labels that nodes bear already. Slurm and AWS have nothing of the kind.\n\nGive the nodes by name, \
`nodes: {names: \"c[001-014]\"}`, or by number.";
    SAME_SELECTOR = "AF0308" Error "Two pools select the same nodes" "\
Two pools of one site have the same selector, so every node would be in both, and be labelled for one and the other in \
turn.\n\nAdd a label that tells them apart, or make them one pool: a pool may be in several queues.";
    UNKNOWN_SIZE = "AF0309" Warning "Nobody said how large a pool's nodes are" "\
Without cores and memory of a node, afctl cannot tell whether anything fits on it, and the pool counts as nothing in every \
sum. Slurm also needs both in its configuration.\n\n    cores: 64\n    memory: 512GiB\n\nIf nobody knows, say so: `cores: \
unknown` is a value, and turns this into a note.";
    SIZE_TWICE = "AF0310" Error "A node's size is given twice" "\
`shape` says cores, threads and memory in one word, for instances of a cloud; `cores`, `threadsPerCore` and `memory` say \
the same one by one, with sources.\n\nKeep one of the two.";
    SOCKETS = "AF0311" Error "The sockets do not divide the cores" "\
`cores` counts the physical cores of the whole node, over all of its sockets, and all sockets are alike.\n\n    cores: 56   \
     # 2 x 28\n    sockets: 2";
    THREADS_AS_CORES = "AF0312" Warning "These cores look like threads" "\
`cores` are physical; `threadsPerCore: 2` says that each has two hardware threads, and afctl doubles them where a scheduler \
counts threads. Facility pages, `nproc` and clouds (vCPU) count threads, and capacity doubles when these are written as \
cores.\n\n    cores: 56             # not 112\n    threadsPerCore: 2";
    INSTANCE_SHAPE = "AF0313" Warning "The instance type is smaller than the shape" "\
What an instance type has is fixed: 4 vCPUs for each `xlarge`, of which two make a core on Intel, and 2, 4 or 8 GiB of \
memory each in families `c`, `m` and `r`. A node that is smaller than its `shape` never becomes ready for work in Slurm, \
and leaves pods waiting in Kubernetes.\n\n    instanceTypes: [r7i.4xlarge]                          # 16 vCPUs\n    shape: \
{cores: 8, threadsPerCore: 2, memory: 128GiB}";
    NOTHING_LEFT = "AF0314" Error "More is reserved than a node has" "\
`reserved` is kept back on each node for the system; what is left is for work, and here nothing is.\n\n    cores: 64\n    \
memory: 512GiB\n    reserved: {cpu: 2, memory: 8GiB}";
    UNTOLERATED = "AF0315" Warning "Nothing tolerates a pool's taints" "\
A taint keeps off whatever does not tolerate it. afctl gives the toleration to the queues and profiles that name the pool; \
here none does, so nothing will ever run on it.\n\nName the pool in a queue or in the `pools` of a profile, or remove the \
taint.";
    IDLE_POOL = "AF0316" Warning "Nothing uses a pool" "\
The pool is in no queue, no overflow leads to it and no profile can run on it: its nodes are paid for and idle.\n\nAdd it to \
a queue: `batch: {pools: [cpu, gpu]}`.";
    INSTANCE_TYPES = "AF0317" Warning "Instances of a cloud and the site do not go together" "\
`instanceTypes`, `purchase` and `placementGroup` say how instances are bought in AWS, and have no meaning for machines that \
stand somewhere; and a pool in AWS needs to know which instances to start.\n\n    instanceTypes: [r7i.4xlarge, \
r6i.4xlarge]      # in the order to try them";
    CAPACITY_KIND = "AF0318" Warning "The kind of capacity does not fit the nodes" "\
Owned, opportunistic and burst capacity are counted apart. Burst capacity is bought when it is needed: from a cloud, with \
`min` and `max`. Nodes that stand somewhere and have names are there whether needed or not; spot instances are never owned, \
since they are taken back at will.\n\nDrop `capacity`, or give the nodes as `{min: 0, max: 40}`.";
    BAD_LABEL = "AF0319" Error "Kubernetes takes no such label" "\
A key is letters, digits, `-`, `_` and `.`, up to 63, with an optional domain before a slash; a value is the same without the \
slash, and may be empty.\n\n    labels: {example.org/rack: r17}";
}
