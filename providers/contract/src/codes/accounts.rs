//! Codes of accounts, quotas and fair share. See the table in [`super`].

crate::codes! {
    PARENT_CYCLE = "AF0601" Error "An account stands above itself" "\
Following `parent` from account to account must end at one that has none. A circle has no top, so there is nothing that fair \
share could be divided from.\n\nRemove the `parent` of one of them.";
    SHARES_ZERO = "AF0602" Warning "All shares are zero" "\
Fair share divides what there is by the weights of the accounts under one parent. If all of them are 0, no one has a claim, and \
Slurm gives all of them its lowest priority.\n\nGive each a weight: `fairShare: 60`.";
    SHARE_MISSING = "AF0603" Warning "An account has no share where others have" "\
Some accounts of the same parent have a weight and this one has none. Slurm would take 1, Kueue 1 as well: beside 80 and 30, \
that is next to nothing, and rarely what is meant.\n\nGive it one, `fairShare: 20`; or `fairShare: 0` if it shall only have \
what nobody else wants.";
    QUOTA_OVER = "AF0604" Warning "A quota is more than there is" "\
The account may use more at once (or in a year) than all the pools that it can reach have together, so the quota limits \
nothing. Reachable are the pools of queues that admit it, and of overflow.\n\nLower the quota, or open further queues to the \
account.";
    QUOTA_PREEMPTABLE = "AF0605" Warning "A quota can be met only with what may be taken away" "\
The quota is more than the facility's own capacity that the account can reach; the rest belongs to somebody else, or is bought \
when needed. Work beyond the owned part may be pushed aside at any moment.\n\nLower the quota to the owned part, or \
suppress this warning and say why.";
    CHILD_OVER = "AF0606" Warning "A quota is more than the parent's" "\
A quota of the account above holds for all the accounts below it together, so the larger one is never reached.\n\nLower it, or \
raise the parent's.";
    USER_OVER = "AF0607" Warning "One user may have more than the account" "\
`perUser` limits one user of the account, `quota` all of them together. A limit above the quota limits nothing.\n\n    quota: \
{cpu: 200}\n    perUser: {cpu: 50}";
    PARENT_MEMBERS = "AF0608" Note "An account has users and accounts below it" "\
Its users compete with the accounts below it for the parent's share. Slurm allows it, and puts the users beside the accounts, \
each with a share of their own, which surprises most people.\n\nPut the users into an account of their own: `atlas-common: \
{parent: atlas, …}`.";
    USER_TWICE = "AF0609" Note "A user is in several accounts" "\
That is common, and the user then has to say which account work is for. In Slurm the default account is the first.\n\nNothing \
must be done.";
    CANNOT_RUN = "AF0610" Warning "An account can run nothing" "\
No queue lets the account in, or those that do have a QOS that the account may not use; and no hub offers it a profile. Its \
users can sign in and nothing more.\n\nAdd the account (or one above it) to the `accounts` of a queue, or the queue's QOS to \
the account's `qos`.";
    NO_MEMBERS = "AF0611" Warning "An account has no users" "\
Nobody is a member, so its quota and share stand idle. An account that only groups others needs none.\n\n    members: {idpGroup: \
atlas-higgs}\n    members: {users: [alice, bob]}\n\nIf the members are kept elsewhere, say how many: `users: 12`.";
    COORDINATOR = "AF0612" Warning "A coordinator is not a member" "\
Coordinators are those of the members who may manage the account: add users, hold jobs. Slurm takes only an existing user.\n\n    \
members: {users: [alice, bob], coordinators: [alice]}";
}
