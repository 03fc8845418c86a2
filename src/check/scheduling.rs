//! Queues and QOS: pools, walltimes, preemption, overflow, who is let in.

use std::collections::{BTreeSet, HashMap, HashSet};

use afctl_contract::capacity::Class;
use afctl_contract::codes::scheduling as codes;
use afctl_contract::language::{Qos, Queue};
use afctl_contract::{Diagnostic, Diagnostics};

use super::context::{Context, entry, has_users};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, queue) in &cx.spec.queues {
        pools(cx, name, queue, out);
        overflow(cx, name, queue, out);
        walltime(cx, name, queue, out);
        admits(cx, name, queue, out);
        job(cx, name, queue, out);
    }
    defaults(cx, out);
    for (name, qos) in &cx.spec.qos {
        priorities(cx, name, qos, out);
    }
    circles(cx, out);
    unused(cx, out);
}

fn pools(cx: &Context<'_>, name: &str, queue: &Queue, out: &mut Diagnostics) {
    let here = entry("queues", name).join("pools");
    if queue.pools.is_empty() {
        let some = cx.spec.node_pools.keys().next().map_or("cpu", String::as_str);
        out.push(
            Diagnostic::new(
                &codes::NO_POOLS,
                format!("`{name}` has no pools, so its jobs would never start"),
            )
            .at(here)
            .help(format!("name at least one, such as `pools: [{some}]`")),
        );
        return;
    }
    let sites: Vec<&str> = queue
        .pools
        .iter()
        .filter_map(|pool| cx.spec.node_pools.get(pool))
        .map(|pool| pool.site.as_str())
        .collect();
    if !sites.is_empty() && sites.iter().all(|site| cx.is_external(site)) {
        out.push(
            Diagnostic::new(
                &codes::ALL_EXTERNAL,
                format!(
                    "All pools of `{name}` are run by somebody else: it is counted, and nothing is made of it"
                ),
            )
            .at(here)
            .also_key(entry("sites", sites[0]).join("scheduler"), "an external scheduler")
            .help("nothing must be done"),
        );
    }
}

fn overflow(cx: &Context<'_>, name: &str, queue: &Queue, out: &mut Diagnostics) {
    let Some(overflow) = &queue.overflow else { return };
    let here = entry("queues", name).join("overflow");
    let mut cloud = None;
    let mut unpriced = None;
    for (i, to) in overflow.to.iter().enumerate() {
        let Some(pool) = cx.spec.node_pools.get(to) else { continue };
        let Some(site) = cx.spec.sites.get(&pool.site) else { continue };
        let place = here.join("to").join(i);
        if let Some(own) = queue.pools.iter().position(|pool| pool == to) {
            out.push(
                Diagnostic::new(
                    &codes::OVERFLOW_TO_SELF,
                    format!("`{name}` overflows to `{to}`, which is one of its own pools"),
                )
                .at(place)
                .also(entry("queues", name).join("pools").join(own), "its own pool")
                .help("take it out here, or out of `pools`"),
            );
            continue;
        }
        let owned =
            site.shares(Some(pool)).iter().all(|(class, share)| *class == Class::Owned && *share >= 1.0);
        if owned && site.infrastructure.aws().is_none() && !site.is_external() {
            out.push(
                Diagnostic::new(
                    &codes::OVERFLOW_TO_OWNED,
                    format!("`{name}` overflows to `{to}`, which is the facility's own"),
                )
                .at(place)
                .also_key(entry("nodePools", to), "owned, and there in any case")
                .help(format!("put it last: `pools: [{}, {to}]`", queue.pools.join(", "))),
            );
            continue;
        }
        if site.infrastructure.aws().is_some() {
            cloud = cloud.or(Some(to));
            let costs = cx.spec.costs.as_ref();
            let priced = pool.price.as_ref().is_some_and(|price| price.known().is_some())
                || costs.is_some_and(|costs| {
                    pool.instance_types.iter().any(|kind| costs.instances.contains_key(kind))
                });
            if !priced {
                unpriced = unpriced.or(Some((to, pool)));
            }
        }
    }
    match (&overflow.cap, cloud, unpriced) {
        (None, Some(to), _) => out.push(
            Diagnostic::new(
                &codes::NO_CAP,
                format!("Overflow of `{name}` to `{to}` is paid by the hour and has no cap"),
            )
            .at(here)
            .help("write a cap, such as `cap: 2000 USD/month`"),
        ),
        (Some(_), _, Some((to, pool))) => {
            let kind = pool.instance_types.first().map_or("m7i.4xlarge", String::as_str);
            out.push(
                Diagnostic::new(&codes::CAP_UNKNOWN, format!("Nothing says what a node of `{to}` costs, so nobody can tell what the cap buys"))
                    .at(here.join("cap"))
                    .also_key(entry("nodePools", to), "no price")
                    .help(format!("write `costs: {{instances: {{{kind}: {{spot: {{value: 0.42 USD/hour, source: …}}}}}}}}`, or `price` at the pool")),
            );
        }
        _ => {}
    }
}

fn walltime(cx: &Context<'_>, name: &str, queue: &Queue, out: &mut Diagnostics) {
    let here = entry("queues", name);
    if let (Some(most), Some(default)) = (queue.max_walltime, queue.default_walltime)
        && default > most
    {
        out.push(
            Diagnostic::new(
                &codes::DEFAULT_WALLTIME,
                format!("A job that does not say runs {default}, and {most} is the longest"),
            )
            .at(here.join("defaultWalltime"))
            .also(here.join("maxWalltime"), "the longest")
            .help(format!("write {most} or less")),
        );
    }
    let qos = queue.qos.as_ref().and_then(|qos| cx.spec.qos.get_key_value(qos));
    if let Some((qos, settings)) = qos
        && let (Some(most), Some(limit)) = (queue.max_walltime, settings.max_walltime)
        && most > limit
    {
        out.push(
            Diagnostic::new(
                &codes::QOS_WALLTIME,
                format!("`{name}` lets jobs run {most}, and its QOS `{qos}` ends them after {limit}"),
            )
            .at(here.join("maxWalltime"))
            .also(entry("qos", qos).join("maxWalltime"), "the QOS")
            .help(format!("write {limit}, or raise the QOS")),
        );
    }
}

fn admits(cx: &Context<'_>, name: &str, queue: &Queue, out: &mut Diagnostics) {
    let Some(admitted) = cx.admitted(&queue.accounts) else { return };
    // Names that lead nowhere were said already.
    if admitted.is_empty() {
        return;
    }
    if !admitted.iter().any(|account| cx.spec.accounts.get(*account).is_some_and(has_users)) {
        out.push(
            Diagnostic::new(
                &codes::NOBODY,
                format!("`{name}` is for accounts without users, so it lets nobody in"),
            )
            .at(entry("queues", name).join("accounts"))
            .help("name an account that has members, or remove the list to let all in"),
        );
    }
}

fn job(cx: &Context<'_>, name: &str, queue: &Queue, out: &mut Diagnostics) {
    let Some(limits) = &queue.per_job else { return };
    let here = entry("queues", name).join("perJob");
    if let (Some(least), Some(most)) = (limits.min_nodes, limits.max_nodes)
        && least > most
    {
        out.push(
            Diagnostic::new(
                &codes::JOB_NODES,
                format!("A job needs at least {least} nodes and may have {most} at the most"),
            )
            .at(here.join("minNodes"))
            .also(here.join("maxNodes"), "the most")
            .help("exchange the two, or remove one"),
        );
    }
    let pools: Vec<_> = queue.pools.iter().filter_map(|pool| cx.spec.node_pools.get(pool)).collect();
    if pools.is_empty() {
        return;
    }
    let counted: Option<u32> = pools.iter().map(|pool| pool.nodes.most()).sum();
    let mut odd = |field: &str, message: String, help: String| {
        out.push(Diagnostic::new(&codes::JOB_LIMITS, message).at(here.join(field)).help(help));
    };
    if let (Some(least), Some(there)) = (limits.min_nodes, counted)
        && least > there
    {
        odd(
            "minNodes",
            format!("A job needs {least} nodes, and `{name}` has {there}"),
            format!("write {there} or fewer"),
        );
    }
    let cpus: Option<Vec<f64>> = pools.iter().map(|pool| pool.cpus_for_work()).collect();
    let cpus = cpus.map(|cpus| cpus.into_iter().fold(0.0, f64::max));
    if let (Some(most), Some(there)) = (limits.max_cpu_per_node, cpus)
        && f64::from(most) > there
    {
        let there = say::count(there);
        odd(
            "maxCpuPerNode",
            format!("A job may have {most} CPUs of a node, and the largest node has {there}"),
            format!("write {there} or less"),
        );
    }
    let memory: Option<Vec<_>> = pools.iter().map(|pool| pool.memory_for_work()).collect();
    let memory = memory.and_then(|memory| memory.into_iter().max());
    if let (Some(most), Some(there)) = (limits.max_memory_per_node, memory)
        && most > there
    {
        odd(
            "maxMemoryPerNode",
            format!("A job may have {most} of a node, and the largest node has {there} for work"),
            format!("write {there} or less"),
        );
    }
}

fn defaults(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut by_site: HashMap<&str, &str> = HashMap::new();
    for (name, queue) in cx.spec.queues.iter().filter(|(_, queue)| queue.default == Some(true)) {
        let sites: BTreeSet<&str> = queue
            .pools
            .iter()
            .filter_map(|pool| cx.spec.node_pools.get(pool))
            .map(|pool| pool.site.as_str())
            .collect();
        let mut clash: Option<(&str, &str)> = None;
        for site in sites {
            if let Some(other) = by_site.insert(site, name) {
                clash = clash.or(Some((site, other)));
            }
        }
        if let Some((site, other)) = clash {
            out.push(
                Diagnostic::new(
                    &codes::TWO_DEFAULTS,
                    format!("`{other}` and `{name}` are both the default queue at `{site}`"),
                )
                .at(entry("queues", name).join("default"))
                .also(entry("queues", other).join("default"), "also the default")
                .help("remove `default: true` from one of them"),
            );
        }
    }
    let mut qos = cx.spec.qos.iter().filter(|(_, qos)| qos.default == Some(true));
    if let Some((first, _)) = qos.next() {
        for (name, _) in qos {
            out.push(
                Diagnostic::new(
                    &codes::TWO_DEFAULTS,
                    format!("`{first}` and `{name}` are both the default QOS"),
                )
                .at(entry("qos", name).join("default"))
                .also(entry("qos", first).join("default"), "also the default")
                .help("remove `default: true` from one of them"),
            );
        }
    }
}

fn priorities(cx: &Context<'_>, name: &str, qos: &Qos, out: &mut Diagnostics) {
    let here = entry("qos", name).join("preemptedBy");
    for (i, by) in qos.preempted_by.iter().enumerate() {
        let Some(other) = cx.spec.qos.get(by) else { continue };
        if by == name {
            out.push(
                Diagnostic::new(
                    &codes::PREEMPT_CYCLE,
                    format!("Work of `{name}` would push aside work of `{name}`, and be pushed aside by it"),
                )
                .at(here.join(i))
                .help("take it out; QOS of a higher priority may be named here"),
            );
        } else if other.priority <= qos.priority {
            out.push(
                Diagnostic::new(
                    &codes::PREEMPT_PRIORITY,
                    format!("`{by}` (priority {}) is to push aside `{name}` (priority {}), and has no higher priority", other.priority, qos.priority),
                )
                .at(here.join(i))
                .also(entry("qos", by).join("priority"), "its priority")
                .help(format!("give `{by}` a priority above {}", qos.priority)),
            );
        }
    }
}

/// Circles of two and more, found by one walk over all links; each is told once.
fn circles(cx: &Context<'_>, out: &mut Diagnostics) {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Open,
        Done,
    }
    let mut seen: HashMap<&str, Seen> = HashMap::new();
    for start in cx.spec.qos.keys() {
        // Each frame: a QOS and how many of its links were followed.
        let mut walk: Vec<(&str, usize)> = Vec::new();
        if !seen.contains_key(start.as_str()) {
            seen.insert(start, Seen::Open);
            walk.push((start, 0));
        }
        while let Some((name, followed)) = walk.last_mut() {
            let next = cx.spec.qos.get(*name).and_then(|qos| qos.preempted_by.get(*followed));
            *followed += 1;
            let name = *name;
            let Some(next) = next else {
                seen.insert(name, Seen::Done);
                walk.pop();
                continue;
            };
            let Some((next, _)) = cx.spec.qos.get_key_value(next).filter(|(next, _)| *next != name) else {
                continue;
            };
            match seen.get(next.as_str()) {
                Some(Seen::Done) => {}
                Some(Seen::Open) => {
                    let from = walk.iter().position(|(name, _)| name == next).unwrap_or(0);
                    let mut round: Vec<String> =
                        walk[from..].iter().map(|(name, _)| format!("`{name}`")).collect();
                    round.push(format!("`{next}`"));
                    out.push(
                        Diagnostic::new(
                            &codes::PREEMPT_CYCLE,
                            format!("Work is pushed aside in a circle: {}", round.join(" by ")),
                        )
                        .at(entry("qos", name).join("preemptedBy"))
                        .also(entry("qos", next).join("preemptedBy"), "and round again")
                        .help("remove one of the links; the highest QOS is preempted by nothing"),
                    );
                }
                None => {
                    seen.insert(next, Seen::Open);
                    walk.push((next, 0));
                }
            }
        }
    }
}

fn unused(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut used: HashSet<&str> = HashSet::new();
    used.extend(cx.spec.queues.values().filter_map(|queue| queue.qos.as_deref()));
    used.extend(cx.spec.profiles.values().filter_map(|profile| profile.qos.as_deref()));
    used.extend(cx.spec.accounts.values().flat_map(|account| &account.qos).map(String::as_str));
    used.extend(cx.spec.qos.values().flat_map(|qos| &qos.preempted_by).map(String::as_str));
    for (name, qos) in &cx.spec.qos {
        if !used.contains(name.as_str()) && qos.default != Some(true) {
            out.push(
                Diagnostic::new(&codes::QOS_UNUSED, format!("No queue, account or profile names `{name}`"))
                    .at_key(entry("qos", name))
                    .help("nothing must be done; remove it if it is left over"),
            );
        }
    }
}
