//! Codes of topology, sites, names and network. See the table in [`super`].

crate::codes! {
    TOPOLOGY = "AF0201" Error "The topology does not fit the sites" "\
`topology` says in one word how the facility is laid out, and comparisons group by it, so it must agree with `sites`. \
Sites whose role is `burst`, and those with an external scheduler, do not count.\n\n\
- `single-site`: one site\n- `distributed`: several, none of them in a cloud\n- `cloud`: all of them in a cloud\n- \
`hybrid`: some in a cloud, some not\n\n    topology: distributed\n    sites: {uchicago: {…}, slac: {…}}";
    EMPTY_SITE = "AF0202" Warning "Nothing stands at a site" "\
The site has no node pools, no storage and no services, so the facility would be the same without it. Mostly a pool \
was moved or a `site:` names another site.\n\nGive the site something, or remove it. A site with an external scheduler \
may state its cores instead: `scheduler: {external: {kind: htcondor, cores: 2800}}`.";
    CONTROL_SITE = "AF0203" Warning "The control site is not a good place for lock and ledger" "\
Lock and ledger must be there whenever anybody wants to change the facility. afctl changes nothing at a site with an \
external scheduler, and a burst site may not exist at the moment.\n\nName a site that is always there: \
`controlSite: uchicago`. Unless said, it is the first of `sites`.";
    UNFIT_NAME = "AF0204" Error "A name cannot be a name in the backends" "\
The names of sites, pools, queues, accounts and so on become namespaces in Kubernetes, partitions and accounts in Slurm, \
and names of files. All of them take letters, digits, and `-`, `_`, `.`, `:` between them, up to 63 characters.\n\nWrite \
`ml-training` rather than `ML training!`; a `description` may be free text.";
    NAME_CLASH = "AF0205" Warning "Two names are hardly to be told apart" "\
The two differ only in case, or in `-`, `_`, `.` and `:`. Kubernetes takes lower-case letters, digits and hyphens only, so one of \
them gets a hash behind it; Slurm writes accounts and QOS in lower case, so where Slurm runs, two names that differ in case \
alone are one, and this is an error.\n\n    accounts:\n      atlas_higgs: {…}\n      atlas-higgs: {…}\n\nRename one of \
them.";
    RESERVED_NAME = "AF0206" Error "A name is taken by the backend itself" "\
Some names belong to the system: `kube-system` or `default` in Kubernetes, the account `root` and the partition `DEFAULT` \
in Slurm. afctl would change what it did not make.\n\nChoose another name, or have a prefix put before the namespaces of \
accounts: `kubernetes: {namespacePrefix: af-}`.";
    SAME_CLUSTER = "AF0207" Error "Two sites are the same cluster" "\
Both sites lead to one and the same cluster, so each would undo what the other makes. With no `context`, the current \
one of the kubeconfig is meant, for every such site.\n\nGive each site its own `context` (or `kubeconfig`, or Slurm \
`cluster`), or make them one site: a site may have any number of pools.";
    WRONG_ZONE = "AF0208" Error "A zone is not in the site's region" "\
The name of a zone is that of its region and a letter: `us-west-2a` is in `us-west-2`. One VPC cannot reach into another \
region.\n\nCorrect the zone, or make a second site for the other region.";
    OWNED_SHARE = "AF0209" Warning "The owned share of a site leaves nothing" "\
`owned.share` is the part of the site's pools that belongs to the facility. With a share of 0 and `beyond: none` nothing \
of the site can be used at all; with `beyond: preemptable` all of it may be taken away at any moment.\n\n    \
owned: {share: 0.10, beyond: preemptable}";
    SHARE_ABOVE_ONE = "AF0210" Error "A share is more than the whole" "\
Shares are parts of 1: a tenth is `0.1` or `10%`. A share above 1 is mostly a percentage without its sign.\n\nWrite `10%` \
or `0.1`.";
    SITE_NOT_COMPILED = "AF0212" Note "Nothing is made of this site yet" "\
afctl reads, checks and compares this part of the strawman, but has no backend that makes it yet, so `plan` and `apply` \
leave it alone. Nothing is silently ignored: this note says so.\n\nNothing must be done. What is made today are node \
pools, accounts, QOS, queues and most storage at sites whose scheduler is `kubernetes`.";
}
