//! Queues and fair share become Kueue's flavours, cohorts and queues.
//!
//! | in the strawman | object |
//! |---|---|
//! | a pool of some queue | `ResourceFlavor` `<facility>.<pool>` |
//! | the facility | Cohort `<facility>`: what no account is given, for all to borrow |
//! | an account | Cohort `<facility>.<account>` below that of its parent, with `fairShare` as its weight |
//! | an account and a queue it may use | `ClusterQueue` `<facility>.<account>.<queue>` and, in its namespace, `LocalQueue` `<queue>` |
//! | the default queue | also a `LocalQueue` `default`, which Kueue takes when a job names none |
//!
//! Quotas stand at the *account's* Cohort: its part of each pool by fair share (see [`super::division`]). Its `ClusterQueues`
//! have none of their own and borrow from it. So a group has one share however many queues it uses, and a queue still
//! decides which pools its work runs on, in the strawman's order: the queue's own pools, then those it overflows to.
//! What a group does not use the others borrow, up to the group's quota at once (`borrowingLimit`); who lends gets it
//! back as work ends, or at once where the strawman lets work be pushed aside:
//!
//! - a QOS with `preemptedBy`: in a queue and beyond it, work of lower priority is pushed aside, beyond it only work of
//!   a quality that may be;
//! - a pool with `ownedBy`: all of it is the owner's part, and the owner gets it back from its guests whoever they are.

use std::collections::HashMap;

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::language::NodePool;
use afctl_contract::units::{TaintEffect, is_label_value};
use afctl_contract::{Diagnostic, Path, Resource, path};
use serde_json::{Map, Value, json};

use super::division::{Flavor, MIB, divide};
use super::{Output, QueueHere, Site, Tenant, names, pools, qos};
use crate::labels::{self, label_value};
use crate::{kinds, quantity};

/// Kueue takes so many labels, taints and tolerations of a flavour.
const MOST_LABELS: usize = 8;
/// Kueue takes so many flavours in a group, as many resources, and so many pairs of them.
const MOST_IN_GROUP: usize = 64;
const MOST_PAIRS: usize = 512;

/// Everything of Kueue's.
pub fn compile(site: &Site<'_>, out: &mut Output<'_>) {
    if !site.settings.kueue || site.queues.is_empty() {
        return;
    }
    say_what_is_not_done(site, out);
    let flavors = divide(site, out);
    let by_pool: HashMap<&str, usize> = flavors.iter().enumerate().map(|(i, f)| (f.pool, i)).collect();
    for flavor in &flavors {
        if let Some(pool) = site.spec.node_pools.get(flavor.pool) {
            out.add(flavor_object(site, flavor, pool));
        }
    }
    // Which flavours each account's queues draw on, in the order of the strawman.
    let uses = |queue: &QueueHere<'_>| -> Vec<usize> {
        queue.pools.iter().filter_map(|pool| by_pool.get(pool).copied()).collect()
    };
    let of_queue: Vec<Vec<usize>> = site.queues.iter().map(uses).collect();

    out.add(root(site, &flavors));
    cohorts(site, &flavors, &of_queue, out);
    let preempt = Preemption::of(site);
    for (here, used) in site.queues.iter().zip(&of_queue).filter(|(_, used)| !fits(&flavors, used)) {
        let place = path!["spec", "queues", here.name, "pools"];
        out.findings.push(too_much(&format!("queue `{}`, with {} pools,", here.name, used.len()), &place));
    }
    for tenant in &site.tenants {
        let open = |here: &QueueHere<'_>, used: &[usize]| here.admitted[tenant.at] && !used.is_empty();
        let mut default = None;
        for (here, used) in site.queues.iter().zip(&of_queue).filter(|(here, used)| open(here, used)) {
            let queue = cluster_queue(site, tenant, here, &flavors, used, &preempt);
            out.add(local_queue(site, tenant, here, &names::in_namespace(here.name), &queue));
            if here.name == "default" || (here.queue.default == Some(true) && default.is_none()) {
                default = Some((here, queue.clone()));
            }
            out.add(queue);
        }
        if let Some((here, queue)) = default.filter(|(here, _)| here.name != "default") {
            out.add(local_queue(site, tenant, here, "default", &queue));
        }
    }
}

fn say_what_is_not_done(site: &Site<'_>, out: &mut Output<'_>) {
    let mut elsewhere = Vec::new();
    for here in &site.queues {
        let overflow = here.queue.overflow.iter().flat_map(|overflow| overflow.to.iter().enumerate());
        for (i, pool) in overflow {
            if site.spec.node_pools.get(pool).is_some_and(|pool| pool.site != site.name) {
                elsewhere
                    .push((here.name.to_owned(), path!["spec", "queues", here.name, "overflow", "to", i]));
            }
        }
    }
    out.gathered(&elsewhere, |names| {
        Diagnostic::new(
            &codes::OVERFLOW_ELSEWHERE,
            format!("Kueue at site `{}` does not send work of {names} to another site", site.name),
        )
    });
}

fn flavor_object(site: &Site<'_>, flavor: &Flavor<'_>, pool: &NodePool) -> Resource {
    let origin = path!["spec", "nodePools", flavor.pool];
    let mut nodes: Map<String, Value> = Map::new();
    let selector = pool.nodes.selector.as_ref();
    let mut add = |key: &str, value: &str| {
        if nodes.len() < MOST_LABELS && is_label_value(value) {
            nodes.insert(key.to_owned(), value.into());
        }
    };
    let named = pool.nodes.names.is_some();
    if pools::are_ours(site) && (named || selector.is_some()) {
        add(labels::POOL, &label_value(flavor.pool));
        add(labels::FACILITY, &label_value(&site.owner.facility));
    } else if selector.is_none() {
        // Nodes that come and go bear this one from the start, or no autoscaler could count on it.
        add(labels::POOL, &label_value(flavor.pool));
    }
    // Kueue weighs a job's node selector against these, so what jobs may ask for belongs here.
    for (key, value) in selector.into_iter().flatten().chain(&pool.labels) {
        add(key, value);
    }
    for feature in &pool.features {
        add(&pools::feature(feature), "true");
    }
    let tolerations: Vec<Value> = pool
        .taints
        .iter()
        .filter(|taint| taint.effect != TaintEffect::PreferNoSchedule)
        .take(MOST_LABELS)
        .map(|taint| {
            let mut toleration =
                json!({"key": taint.key, "operator": "Exists", "effect": taint.effect.as_str()});
            if !taint.value.is_empty() {
                toleration["operator"] = "Equal".into();
                toleration["value"] = taint.value.as_str().into();
            }
            toleration
        })
        .collect();
    let mut spec = json!({"nodeLabels": nodes});
    if !tolerations.is_empty() {
        spec["tolerations"] = tolerations.into();
    }
    let taints = origin.join("taints");
    let mut object = site.object(&kinds::RESOURCE_FLAVOR, &flavor.name, &origin, json!({"spec": spec}));
    super::label(&mut object, labels::POOL, &label_value(flavor.pool));
    object.field_from(path!["spec", "tolerations"], taints)
}

/// An amount of a resource, as Kueue reads it.
fn amount(resource: &str, count: u64) -> String {
    if resource == "memory" { quantity::bytes(count.saturating_mul(MIB)) } else { count.to_string() }
}

/// The one group of resources of a queue or cohort: every flavour has to cover every resource. `quota` gives what there
/// is of a flavour and how much may be borrowed.
fn group(
    flavors: &[Flavor<'_>],
    used: &[usize],
    quota: impl Fn(&Flavor<'_>, &str) -> (u64, Option<u64>),
) -> Value {
    let mut resources: Vec<&str> = vec!["cpu", "memory"];
    for flavor in used.iter().map(|i| &flavors[*i]) {
        for resource in flavor.grants.keys() {
            if !resources.contains(&resource.as_str()) {
                resources.push(resource);
            }
        }
    }
    let of_flavor = |flavor: &Flavor<'_>| -> Value {
        let of_resource = |resource: &&str| {
            let (nominal, borrowing) = quota(flavor, resource);
            let mut entry = json!({"name": resource, "nominalQuota": amount(resource, nominal)});
            if let Some(most) = borrowing {
                entry["borrowingLimit"] = amount(resource, most).into();
            }
            entry
        };
        json!({"name": flavor.name, "resources": resources.iter().map(of_resource).collect::<Vec<_>>()})
    };
    let flavors: Vec<Value> = used.iter().map(|i| of_flavor(&flavors[*i])).collect();
    json!([{"coveredResources": resources, "flavors": flavors}])
}

/// Whether Kueue takes a group of these flavours.
fn fits(flavors: &[Flavor<'_>], used: &[usize]) -> bool {
    let mut resources: Vec<&String> = used.iter().flat_map(|i| flavors[*i].grants.keys()).collect();
    resources.sort_unstable();
    resources.dedup();
    used.len() <= MOST_IN_GROUP
        && resources.len() <= MOST_IN_GROUP
        && used.len() * resources.len() <= MOST_PAIRS
}

fn too_much(what: &str, place: &Path) -> Diagnostic {
    Diagnostic::new(&codes::TOO_MUCH_FOR_KUEUE, format!("{what} draws on more pools than Kueue takes"))
        .at(place.clone())
        .help("draw on fewer pools")
}

fn root(site: &Site<'_>, flavors: &[Flavor<'_>]) -> Resource {
    let name = names::of_cluster(&site.owner, &[]);
    let left: Vec<usize> = flavors
        .iter()
        .enumerate()
        .filter(|(_, flavor)| flavor.grants.values().any(|grant| grant.left > 0))
        .map(|(i, _)| i)
        .collect();
    let mut spec = json!({});
    // More pools than Kueue takes are reported where they are queued onto.
    if !left.is_empty() && fits(flavors, &left) {
        spec["resourceGroups"] = group(flavors, &left, |flavor, resource| {
            (flavor.grants.get(resource).map_or(0, |grant| grant.left), None)
        });
    }
    let object = site.object(&kinds::COHORT, &name, &site.origin().join("kueue"), json!({"spec": spec}));
    needs_flavors(site, object, flavors, &left)
}

fn needs_flavors(site: &Site<'_>, object: Resource, flavors: &[Flavor<'_>], used: &[usize]) -> Resource {
    used.iter().fold(object, |object, i| {
        object.needs(site.address(&kinds::RESOURCE_FLAVOR, None, &flavors[*i].name))
    })
}

fn cohorts(site: &Site<'_>, flavors: &[Flavor<'_>], of_queue: &[Vec<usize>], out: &mut Output<'_>) {
    let tree = &site.tree;
    let root = names::of_cluster(&site.owner, &[]);
    // Flavours that each account and those below it use: bits, so that a large tree costs little.
    let words = flavors.len().div_ceil(64);
    let mut used = vec![vec![0_u64; words]; tree.entries.len()];
    for tenant in &site.tenants {
        for (here, of_queue) in site.queues.iter().zip(of_queue) {
            if here.admitted[tenant.at] {
                for i in of_queue {
                    used[tenant.at][i / 64] |= 1 << (i % 64);
                }
            }
        }
    }
    for &at in tree.order.iter().rev() {
        if let Some(parent) = tree.entries[at].parent {
            let below = used[at].clone();
            used[parent].iter_mut().zip(below).for_each(|(all, bits)| *all |= bits);
        }
    }
    for &at in &tree.order {
        let entry = &tree.entries[at];
        let mine: Vec<usize> =
            (0..flavors.len()).filter(|i| used[at][i / 64] & (1 << (i % 64)) != 0).collect();
        if mine.is_empty() {
            continue;
        }
        let origin = path!["spec", "accounts", entry.name];
        let parent = entry.parent.map_or_else(
            || root.clone(),
            |parent| names::of_cluster(&site.owner, &[tree.entries[parent].name]),
        );
        let mut spec = json!({
            "parentName": parent,
            "fairSharing": {"weight": entry.account.fair_share.unwrap_or(1).to_string()},
        });
        let quota = |flavor: &Flavor<'_>, resource: &str| {
            flavor.grants.get(resource).map_or((0, None), |grant| (grant.own[at], grant.borrow[at]))
        };
        let has_quota = mine.iter().any(|i| {
            flavors[*i].grants.keys().any(|r| {
                let (nominal, limit) = quota(&flavors[*i], r);
                nominal > 0 || limit.is_some()
            })
        });
        if has_quota {
            if !fits(flavors, &mine) {
                out.findings.push(too_much(&format!("account `{}`", entry.name), &origin));
            }
            spec["resourceGroups"] = group(flavors, &mine, quota);
        }
        let name = names::of_cluster(&site.owner, &[entry.name]);
        let mut object = site.object(&kinds::COHORT, &name, &origin, json!({"spec": spec}));
        super::label(&mut object, labels::ACCOUNT, &label_value(entry.name));
        let object = object
            .field_from(path!["spec", "fairSharing"], origin.join("fairShare"))
            .field_from(path!["spec", "parentName"], origin.join("parent"))
            .field_from(path!["spec", "resourceGroups"], origin.join("fairShare"))
            .needs(site.address(&kinds::COHORT, None, &parent));
        out.add(needs_flavors(site, object, flavors, if has_quota { &mine } else { &[] }));
    }
}

/// What may be pushed aside.
struct Preemption {
    /// The highest priority of what may be, if anything may be.
    threshold: Option<u32>,
}

impl Preemption {
    fn of(site: &Site<'_>) -> Self {
        Self { threshold: qos::preemptable(site) }
    }

    /// For a queue, and whether its account brought some of the hardware.
    fn spec(&self, owns: bool) -> Value {
        let lower = if self.threshold.is_some() { "LowerPriority" } else { "Never" };
        let mut spec = json!({
            "withinClusterQueue": lower,
            "reclaimWithinCohort": if owns { "Any" } else { lower },
        });
        if let Some(threshold) = self.threshold {
            spec["borrowWithinCohort"] =
                json!({"policy": "LowerPriority", "maxPriorityThreshold": threshold});
        }
        spec
    }
}

fn cluster_queue(
    site: &Site<'_>,
    tenant: &Tenant<'_>,
    here: &QueueHere<'_>,
    flavors: &[Flavor<'_>],
    used: &[usize],
    preempt: &Preemption,
) -> Resource {
    let origin = path!["spec", "queues", here.name];
    let owns = used.iter().any(|i| {
        let owner = flavors[*i].owner.map(|owner| site.tree.entries[owner].name);
        owner.is_some_and(|owner| site.tree.lineage(tenant.at).any(|entry| entry.name == owner))
    });
    let cohort = names::of_cluster(&site.owner, &[tenant.name]);
    let spec = json!({
        "cohortName": cohort,
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": tenant.namespace}},
        "resourceGroups": group(flavors, used, |_, _| (0, None)),
        "preemption": preempt.spec(owns),
    });
    let name = names::of_cluster(&site.owner, &[tenant.name, here.name]);
    let mut object = site.object(&kinds::CLUSTER_QUEUE, &name, &origin, json!({"spec": spec}));
    super::label(&mut object, labels::ACCOUNT, &label_value(tenant.name));
    let object = object
        .field_from(path!["spec", "resourceGroups"], origin.join("pools"))
        .field_from(path!["spec", "cohortName"], tenant.origin.clone())
        .needs(site.address(&kinds::COHORT, None, &cohort));
    needs_flavors(site, object, flavors, used)
}

fn local_queue(
    site: &Site<'_>,
    tenant: &Tenant<'_>,
    here: &QueueHere<'_>,
    name: &str,
    queue: &Resource,
) -> Resource {
    let origin = path!["spec", "queues", here.name];
    let body = json!({"spec": {"clusterQueue": queue.address.name}});
    site.in_namespace(tenant, &kinds::LOCAL_QUEUE, name, &origin, body).needs(queue.address.clone())
}
