//! Codes of storage and data management. See the table in [`super`].

crate::codes! {
    RAW_BELOW_USABLE = "AF0501" Error "Less is raw than usable" "\
Raw bytes are what the disks hold; usable bytes are what users can fill after redundancy, which is always less. Mostly the \
two are exchanged, or one is in TB and the other in TiB.\n\n    raw: 384TiB\n    usable: 183TiB";
    NO_REDUNDANCY = "AF0502" Note "Raw and usable are far from what redundancy makes of them" "\
Two copies halve the raw bytes, three copies leave a third, erasure coding of 8+2 leaves four fifths. Equal figures mean that \
a failed disk takes data with it, or that one of the two was not known; a very small part means the same.\n\nIf `raw` is not \
known, leave it out.";
    USERS_OVER = "AF0503" Warning "The quotas of all users do not fit" "\
If every user filled the quota, the storage would be full before. Overcommitting may be meant, since few users fill theirs; \
then suppress this warning and say why, so that the next person knows.\n\n19TB / 100GB = 190 users.";
    ACCOUNTS_OVER = "AF0504" Warning "The storage quotas of the accounts do not fit" "\
The storage quotas of accounts are promised from project and data storage together; here more is promised than there is. An \
account's quota contains those of the accounts below it.\n\nLower quotas, or add storage. If it is meant, suppress this \
warning and say why.";
    QUOTA_OF_NOTHING = "AF0505" Warning "A storage quota has nothing to draw on" "\
Quotas of accounts are held on `project` and `data` storage, and the strawman has neither.\n\nAdd one: `project: {role: \
project, site: …, system: {…}, usable: 100TB}`, or remove the quota.";
    ACCESS = "AF0506" Error "The system cannot be mounted so" "\
Block volumes (`ebs`) and disks of a node (`local`) are there for one node: RWO. CVMFS is read only: ROX. NFS, CephFS, EFS and \
Lustre can be mounted by many (RWX).\n\nFor a volume that many nodes write, use `cephfs`, `nfs` or `efs`.";
    ACCESS_ODD = "AF0507" Warning "The system is not made to be mounted so" "\
An object store has no files that many can open and change: mounting S3 as RWX loses locks, renames and appends. A cache \
is filled by itself and only read. A home that is read only can hold nothing of the user's.\n\nLeave `access` out for storage \
that is reached by its own protocol.";
    FAR = "AF0508" Warning "A file system is mounted over the wide-area network" "\
NFS and Lustre wait for the server at every step: over tens of milliseconds a directory listing takes minutes, and a hiccup of \
the network hangs every node. They are mounted within a site.\n\nHave the other site read through a cache (`xcache`), keep a \
copy there, or take the site out of `visibleFrom`.";
    WRONG_PLACE = "AF0509" Error "The system does not exist at this site" "\
`ebs` and `efs` are Amazon's and exist in a region of AWS only; `storageClass` names a class of a Kubernetes cluster.\n\nUse a \
system that the site has, or correct `site`.";
    NO_PLACE = "AF0510" Warning "Nobody said where the storage stands" "\
With no `site` and no `visibleFrom` it counts as visible from every site. That is so for CVMFS and for object stores, not for a \
file system on somebody's disks.\n\n    site: uchicago";
    NO_HOME = "AF0511" Warning "There is no home where notebooks run" "\
What a user writes in a session without home storage is gone when the session ends.\n\nAdd storage with `role: home` at the \
site of the hub, or make the home visible from there: `visibleFrom: [uchicago, slac]`.";
    NOT_VISIBLE = "AF0512" Error "Storage is used where it is not visible" "\
The storage can be used at the sites in its `visibleFrom` (its own site unless said), and this use is at another. The session \
or service could not start.\n\nAdd the site to `visibleFrom` if it can be reached from there, or use other storage.";
    NOT_AT_OWN_SITE = "AF0513" Warning "Storage is not visible from its own site" "\
`visibleFrom` names every site where the storage can be used, its own included; it replaces the default, it does not add to \
it.\n\n    site: uchicago\n    visibleFrom: [uchicago, west]";
    SAME_MOUNT = "AF0514" Error "Two file systems have the same mount path" "\
At one site, a path can lead to one file system only: the second would hide the first.\n\nGive each its own `mountPath`.";
    NO_CACHE = "AF0515" Warning "A federated cache has no cache" "\
With `model: federated-cache` the sites read from elsewhere through caches, and no storage has `role: cache`: every read \
crosses the network again.\n\n    cache: {role: cache, site: …, system: {xcache: {origin: rucio}}, usable: 500TB}";
    ONLY_COPY = "AF0516" Note "What may move has only one copy" "\
Data that may be moved between sites and is kept once is lost if moving fails between writing and checking. Catalogues such as \
Rucio copy first and delete later, which needs room for both.\n\nKeep two copies, or have room for a second while moving.";
    MODEL = "AF0517" Warning "The model of data management does not fit the storage" "\
- `local`: each site has its own, so none is visible from elsewhere\n- `shared`: one file system is mounted at all sites\n- \
`replicated`: at least two copies, at different sites\n- `federated-cache`: sites read through caches\n\nCorrect the model, \
`replicas`, or `visibleFrom`.";
    ACCOUNTS_EACH_OVER = "AF0518" Warning "The quota of each account does not fit so often" "\
`quotaPerAccount` is what each account may fill; times the number of accounts it is more than there is.\n\n40TB / 5TB = 8 \
accounts. Lower it, or suppress this warning and say why.";
}
