//! Codes of queues, QOS and overflow. See the table in [`super`].

crate::codes! {
    NO_POOLS = "AF0701" Error "A queue has no pools" "\
A queue without nodes takes jobs and never starts them.\n\n    batch: {pools: [cpu], maxWalltime: 3d}";
    ALL_EXTERNAL = "AF0702" Note "A queue belongs to somebody else" "\
All of its pools are at sites with an external scheduler, so the queue is counted and compared, and afctl makes nothing of \
it.\n\nNothing must be done.";
    OVERFLOW_TO_SELF = "AF0703" Error "A queue overflows to its own pool" "\
Work overflows when the queue's pools are full; a pool that is already one of them is full too.\n\nRemove it from `to`, or from \
`pools`.";
    OVERFLOW_TO_OWNED = "AF0704" Warning "A queue overflows to the facility's own nodes" "\
Overflow is for capacity that is bought when needed, or that belongs to somebody else. The facility's own nodes can simply stand \
last in `pools`, and are then used with no wait.\n\n    batch: {pools: [cpu, old-cpu], overflow: {to: [burst]}}";
    CAP_UNKNOWN = "AF0705" Note "The cap cannot be weighed" "\
The overflow may cost up to its cap, and nothing says what a node of the pool costs, so afctl cannot tell how many hours that \
is.\n\n    costs: {instances: {r7i.4xlarge: {spot: {value: 0.42 USD/hour, source: …, asOf: …}}}}\n\nor `price` at the pool.";
    NO_CAP = "AF0706" Note "Overflow to a cloud has no cap" "\
Instances are started as long as work waits, up to the `max` of the pool, and each hour is paid for.\n\n    overflow: {to: \
[burst], afterWait: 30m, cap: 2000 USD/month}";
    DEFAULT_WALLTIME = "AF0707" Error "The default walltime is above the longest" "\
A job that does not say how long it runs would be refused at once.\n\n    maxWalltime: 3d\n    defaultWalltime: 4h";
    QOS_WALLTIME = "AF0708" Warning "The QOS ends jobs before the queue does" "\
The longest a job may run is the lesser of what the queue and its QOS allow. Users see the queue's and are surprised by the \
other.\n\nMake the two equal, or leave one out.";
    PREEMPT_CYCLE = "AF0709" Error "Work can push aside what pushed it aside" "\
`preemptedBy` leads round in a circle: two jobs would push each other aside for ever, and neither finishes. Slurm refuses \
it.\n\nRemove one of the links; mostly the highest QOS is preempted by nothing.";
    PREEMPT_PRIORITY = "AF0710" Warning "A lower priority is to push aside a higher" "\
Kubernetes pushes aside only what has a lower priority, and Slurm would start the pushed-aside job first again. The QOS in \
`preemptedBy` needs the higher priority.\n\n    normal: {priority: 100}\n    preemptable: {priority: 0, preemptedBy: [normal]}";
    TWO_DEFAULTS = "AF0711" Error "Two are the default" "\
What is taken when users say nothing can be one only, for each site.\n\nRemove `default: true` from one of them.";
    NOBODY = "AF0712" Warning "A queue lets nobody in" "\
The accounts in its list, and those below them, have no users.\n\nAdd an account with members, or remove the list to let all \
in.";
    QOS_UNUSED = "AF0713" Note "A QOS is used by nothing" "\
No queue, account or profile names it, and it is not the default; with no account restricted, users may still ask for it by \
name.\n\nNothing must be done; remove it if it is left over.";
    JOB_LIMITS = "AF0714" Warning "The limits of one job fit no node" "\
A job may ask for more on one node than any node of the queue has, so the limit limits nothing; or the fewest nodes are more \
than there are, so no job can start.\n\nLower the limit to what a node has for work.";
    JOB_NODES = "AF0715" Error "The fewest nodes of a job are more than the most" "\
Every job would be refused.\n\n    perJob: {minNodes: 1, maxNodes: 8}";
}
