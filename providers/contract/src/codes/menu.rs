//! Codes of profiles, platform and services. See the table in [`super`].

crate::codes! {
    GUARANTEE = "AF0801" Error "The guarantee is above the limit" "\
The guarantee is what a session has in any case, the limit what it may take at the most. Kubernetes refuses a request above its \
limit.\n\n    cpu: {guarantee: 2, limit: 4}";
    FITS_NOWHERE = "AF0802" Error "A profile fits on no node" "\
A session runs on one node, and none of those that it may use is large enough for what it is guaranteed, after what is \
`reserved` for the system. CPUs are counted as the scheduler does, in hardware threads. Every session would wait for \
ever.\n\nLower the guarantee (the limit may stay above), or add a pool with larger nodes.";
    OPTION_NOWHERE = "AF0803" Error "An option fits on no node" "\
Users can choose something that no node can give, whatever else they choose: that session waits for ever.\n\nRemove the option, \
or add a pool with larger nodes.";
    COMBINATION = "AF0804" Warning "Some choices together fit on no node" "\
Each of the options fits on some node, but not all of them together: users who choose the largest of each wait for ever.\n\nMake \
separate profiles of them, or remove the largest.";
    DEFAULTS = "AF0805" Error "A hub has two default profiles" "\
The default is what users get who choose nothing, so a hub can have one only.\n\nRemove `default: true` from one of them; the same \
profile may be in several hubs.";
    NO_DEFAULT = "AF0806" Note "A hub has no default profile" "\
The first in its list is taken. Most users stay with the default, so it is worth choosing.\n\nWrite `default: true` at one of its \
profiles.";
    HUB_SITE = "AF0807" Warning "afctl runs this service on Kubernetes only" "\
There are ways to run it beside Slurm or HTCondor (batchspawner, Open OnDemand), but afctl makes none of them: it counts and \
checks the service, and its users, at this site.\n\nNothing must be done if others run it; otherwise run it at a Kubernetes \
site.";
    UNUSABLE = "AF0808" Warning "No user of a hub may use a profile" "\
The profile is for certain accounts, and none of them may sign in at this hub: nobody will ever see it.\n\nTake the profile out of \
the hub, or let the accounts in.";
    NOT_SSO = "AF0809" Error "This service is no single sign-on" "\
`sso` names a service of kind `sso`, which says who the users are.\n\n    sign-in: {sso: {issuer: \"https://iam.example.org\"}}\n    \
hub: {jupyterhub: {…, sso: sign-in}}";
    WRONG_ROLE = "AF0810" Error "A service needs storage of another kind" "\
An `xcache` service fills storage whose role is `cache`; a `cvmfs` service and `environmentFrom` need storage whose role is \
`software`.\n\nName other storage, or correct its role.";
    OVER_CAPACITY = "AF0811" Warning "A service may take more than there is" "\
The limit of one user is more than all the nodes that the service can use, so it limits nothing: one user may take \
everything.\n\nLower it; a fair part is what a few users at once leave for the others.";
    CHART_GPUS = "AF0812" Warning "Services take more GPUs than the site has" "\
Charts hold their GPUs all the time. Together they want more than the site has, so some never start.\n\nLower `gpu`, or cut or \
share cards.";
    SAME_HOST = "AF0813" Error "Two services have the same host name" "\
Whoever goes to this address can reach one of them only.\n\nGive each its own `host`.";
    DASK_INBOUND = "AF0814" Note "Where Dask's scheduler runs matters here" "\
Workers connect to their scheduler, and the user's notebook connects to both. At a site that nothing outside can reach, the \
scheduler must run at the site itself, and the notebook reaches it through the gateway's proxy only.\n\nNothing must be done; \
do not place schedulers at the hub for this site.";
    QUEUE_ELSEWHERE = "AF0815" Error "The queue is not at this site" "\
The workers are to run at a site in which the queue has no pool.\n\nName a queue with a pool at the site, or leave `queue` \
out.";
    PROFILE_UNUSED = "AF0816" Warning "No hub offers a profile" "\
There are hubs, and none of them lists this profile, so nobody can choose it.\n\nAdd it to a hub: `hub: {jupyterhub: {…, \
profiles: [small, large]}}`.";
    CHART_SITE = "AF0817" Error "A Helm chart needs Kubernetes" "\
A chart is installed into a Kubernetes cluster, and this site has none.\n\nMove it to a Kubernetes site.";
    SESSION = "AF0818" Warning "The QOS ends sessions before the profile does" "\
The longest a session may last is the lesser of the profile's `maxSession` and the `maxWalltime` of its QOS.\n\nMake the two \
equal, or leave one out.";
    PLATFORM = "AF0819" Warning "The platform is not what the strawman describes" "\
- `common`: everyone gets the same, so there is one profile\n- `menu`: users choose from `profiles`\n- `byo`: groups bring \
hardware, so some pools have `ownedBy`\n\nCorrect `platform`, or what it does not fit.";
    SERVICE_NOT_COMPILED = "AF0820" Note "Nothing is made of this service yet" "\
afctl reads, checks and compares services, but makes none of them yet: `plan` and `apply` leave them alone.\n\nNothing must be \
done; install them as you do now.";
}
