//! Node pools: how many nodes, how large, of what kind, and who uses them.

use std::collections::HashSet;

use afctl_contract::codes::compute as codes;
use afctl_contract::language::{CapacityKind, NodePool, Purchase, Scheduler, Site, SiteRole};
use afctl_contract::units::TaintEffect;
use afctl_contract::{Diagnostic, Diagnostics, Level};

use super::context::{Context, entry};

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let named_by_profile: HashSet<&str> =
        cx.spec.profiles.values().flat_map(|profile| &profile.pools).map(String::as_str).collect();
    let queued: HashSet<&str> =
        cx.spec.queues.values().flat_map(|queue| &queue.pools).map(String::as_str).collect();
    for (name, pool) in &cx.spec.node_pools {
        nodes(cx, name, pool, out);
        size(cx, name, pool, (named_by_profile.contains(name.as_str()), queued.contains(name.as_str())), out);
        threads(cx, name, pool, out);
        if let Some(site) = cx.spec.sites.get(&pool.site) {
            kind(name, pool, site, out);
        }
    }
    use_of_pools(cx, &named_by_profile, out);
}

fn nodes(cx: &Context<'_>, name: &str, pool: &NodePool, out: &mut Diagnostics) {
    let nodes = &pool.nodes;
    let here = entry("nodePools", name).join("nodes");
    let bounds = nodes.min.is_some() || nodes.max.is_some();
    let count = nodes.count.as_ref();
    let ways: Vec<&str> = [
        (nodes.names.is_some(), "names"),
        (nodes.selector.is_some(), "selector"),
        (count.is_some() && nodes.names.is_none() && nodes.selector.is_none(), "count"),
        (bounds, "min and max"),
    ]
    .into_iter()
    .filter_map(|(given, way)| given.then_some(way))
    .collect();
    match ways[..] {
        [] => out.push(
            Diagnostic::new(
                &codes::NODES_NONE,
                format!("`{name}` does not say which nodes it has, or how many"),
            )
            .at(here.clone())
            .help("write `names: \"c[001-014]\"`, `count: 14`, `min: 0` and `max: 40`, or a selector"),
        ),
        [_] => {}
        [ref first @ .., last] => out.push(
            Diagnostic::new(
                &codes::NODES_TWICE,
                format!("The nodes of `{name}` are given by {} and by {last}", first.join(" and by ")),
            )
            .at(here.clone())
            .help("keep one; a `count` may stand beside `names` or `selector`"),
        ),
    }
    if let (Some(count), Some(_)) = (count, &nodes.names) {
        let listed = u64::from(nodes.most().unwrap_or(0));
        if let Some(count) = count.known()
            && u64::from(*count) != listed
        {
            out.push(
                Diagnostic::new(&codes::NODES_TWICE, format!("`{name}` names {listed} nodes, and counts {count}"))
                    .at(cx.value(&here.join("count")))
                    .also(here.join("names"), format!("{listed} names"))
                    .help(format!("write `count: {listed}`, or correct the names; another source's figure goes into `others`")),
            );
        }
    }
    if let (Some(min), Some(max)) = (nodes.min, nodes.max)
        && min > max
    {
        out.push(
            Diagnostic::new(
                &codes::NODES_BOUNDS,
                format!("`{name}` has at least {min} nodes and at most {max}"),
            )
            .at(here.join("min"))
            .also(here.join("max"), "the most")
            .help(format!("write `min: {max}` and `max: {min}` if they are exchanged")),
        );
    }
}

/// Whether a node's size is known and makes sense; `used` and `queued` say who needs to know it.
fn size(cx: &Context<'_>, name: &str, pool: &NodePool, (used, queued): (bool, bool), out: &mut Diagnostics) {
    let here = entry("nodePools", name);
    if pool.shape.is_some() {
        let twice: Vec<(&str, bool)> = vec![
            ("cores", pool.cores.is_some()),
            ("memory", pool.memory.is_some()),
            ("threadsPerCore", pool.threads_per_core.is_some()),
        ];
        for (field, _) in twice.into_iter().filter(|(_, given)| *given) {
            out.push(
                Diagnostic::new(
                    &codes::SIZE_TWICE,
                    format!("`{name}` has `shape` and `{field}`, which say the same"),
                )
                .at_key(here.join(field))
                .also_key(here.join("shape"), "cores, threads and memory in one")
                .help("keep one of the two"),
            );
        }
    }
    let no_cores = pool.cores_per_node().is_none();
    let no_memory = pool.memory_per_node().is_none();
    // Of queued pools at a Kubernetes site the backend says it, and what it means for the queue.
    let said = cx.is_kubernetes(&pool.site) && queued;
    if (no_cores || no_memory) && !cx.is_external(&pool.site) && !said {
        let asked = (no_cores && pool.cores.is_none()) || (no_memory && pool.memory.is_none());
        let what = match (no_cores, no_memory) {
            (true, true) => "cores and memory",
            (true, false) => "cores",
            _ => "memory",
        };
        let slurm =
            cx.spec.sites.get(&pool.site).is_some_and(|site| matches!(site.scheduler, Scheduler::Slurm(_)));
        let needed = if slurm {
            "Slurm's configuration needs both"
        } else if used {
            "the profiles that name it cannot be checked"
        } else {
            "it counts as nothing in every sum"
        };
        let finding = Diagnostic::new(
            &codes::UNKNOWN_SIZE,
            format!("Nobody said the {what} of a node of `{name}`: {needed}"),
        )
        .at_key(here.clone())
        .help("write `cores: 64` (physical) and `memory: 512GiB`; or `unknown`, if nobody knows");
        out.push(if asked { finding } else { finding.level(Level::Note) });
    }
    if let (Some(sockets), Some(cores)) = (pool.sockets, pool.cores_per_node())
        && sockets > 0
        && !cores.is_multiple_of(sockets)
    {
        out.push(
            Diagnostic::new(
                &codes::SOCKETS,
                format!("{cores} cores cannot be divided over {sockets} sockets"),
            )
            .at(here.join("sockets"))
            .also(cx.value(&here.join("cores")), "physical cores of the whole node")
            .help(format!(
                "write the cores of all sockets together: {} or {}",
                cores / sockets * sockets,
                (cores / sockets).saturating_add(1).saturating_mul(sockets)
            )),
        );
    }
    let left = pool.cpus_for_work().zip(pool.memory_for_work());
    if let Some((cpus, memory)) = left
        && let Some(reserved) = &pool.reserved
        && (cpus <= 0.0 || memory.0 == 0)
    {
        let (field, has) = if cpus <= 0.0 {
            ("cpu", format!("{} CPUs", pool.cpus_per_node().unwrap_or(0)))
        } else {
            ("memory", pool.memory_per_node().unwrap_or_default().to_string())
        };
        let kept = if field == "cpu" {
            reserved.cpu.map(|cpu| cpu.to_string())
        } else {
            reserved.memory.map(|memory| memory.to_string())
        };
        out.push(
            Diagnostic::new(
                &codes::NOTHING_LEFT,
                format!("A node of `{name}` has {has}, and {} are reserved", kept.unwrap_or_default()),
            )
            .at(here.join("reserved").join(field))
            .help("reserve what the system needs, mostly one or two CPUs and a few GiB"),
        );
    }
}

fn threads(cx: &Context<'_>, name: &str, pool: &NodePool, out: &mut Diagnostics) {
    let here = entry("nodePools", name);
    let Some(cores) = pool.cores.as_ref() else { return };
    let Some(number) = cores.known().copied() else { return };
    let place = cx.value(&here.join("cores"));
    let remarks = [cores.note.as_deref(), cores.source.as_deref(), pool.description.as_deref()];
    let of_threads = remarks.into_iter().flatten().map(str::to_ascii_lowercase).any(|text| {
        ["hyperthread", "hyper-thread", "vcpu", "logical c"].iter().any(|word| text.contains(word))
    });
    if of_threads && pool.threads() == 1 && number > 1 {
        out.push(
            Diagnostic::new(
                &codes::THREADS_AS_CORES,
                format!("The remark says that these {number} are threads, and `cores` are physical"),
            )
            .at(place)
            .help(format!("write `cores: {}` and `threadsPerCore: 2`", number / 2)),
        );
    } else if number > 8 && !number.is_multiple_of(2) && pool.sockets.is_none() {
        out.push(
            Diagnostic::new(
                &codes::THREADS_AS_CORES,
                format!("{number} is an odd number of physical cores: one less than a processor has?"),
            )
            .at(place)
            .help(format!(
                "write `cores: {}` and `reserved: {{cpu: 1}}` if one is kept for the system",
                number.saturating_add(1)
            )),
        );
    }
}

fn kind(name: &str, pool: &NodePool, site: &Site, out: &mut Diagnostics) {
    let here = entry("nodePools", name);
    let fixed = pool.nodes.names.is_some() || (pool.nodes.count.is_some() && pool.nodes.max.is_none());
    let in_cloud = site.infrastructure.aws().is_some();
    let finding =
        |message: String, help: &str| Diagnostic::new(&codes::CAPACITY_KIND, message).help(help.to_owned());
    if pool.capacity == Some(CapacityKind::Burst) && fixed && !in_cloud && site.role == SiteRole::Main {
        out.push(
            finding(
                format!("`{name}` is burst capacity, and its nodes stand at `{}` in any case", pool.site),
                "drop `capacity`, or write `preemptable` if the nodes are somebody else's",
            )
            .at(here.join("capacity")),
        );
    } else if site.role == SiteRole::Burst && fixed && in_cloud {
        out.push(
            finding(
                format!("`{}` is for bursts, and the nodes of `{name}` are there always", pool.site),
                "write `nodes: {min: 0, max: …}`, or drop `role: burst` from the site",
            )
            .at(here.join("nodes"))
            .also(entry("sites", &pool.site).join("role"), "a burst site"),
        );
    } else if pool.capacity == Some(CapacityKind::Owned) && pool.purchase == Some(Purchase::Spot) {
        out.push(
            finding(
                format!("`{name}` counts as owned, and spot instances are taken back at will"),
                "write `capacity: preemptable`, or drop it",
            )
            .at(here.join("capacity"))
            .also(here.join("purchase"), "bought so that it may be taken back"),
        );
    } else if pool.capacity == Some(CapacityKind::Owned) && site.role == SiteRole::Burst {
        out.push(
            finding(
                format!("`{name}` counts as owned, and `{}` is for bursts", pool.site),
                "drop `capacity`, or `role: burst` from the site",
            )
            .at(here.join("capacity"))
            .also(entry("sites", &pool.site).join("role"), "a burst site"),
        );
    }
}

fn use_of_pools(cx: &Context<'_>, named: &HashSet<&str>, out: &mut Diagnostics) {
    if cx.spec.queues.is_empty() && cx.spec.profiles.is_empty() {
        return;
    }
    let mut queued: HashSet<&str> = HashSet::new();
    for queue in cx.spec.queues.values() {
        queued.extend(queue.pools.iter().map(String::as_str));
        queued.extend(queue.overflow.iter().flat_map(|overflow| &overflow.to).map(String::as_str));
    }
    let hubs = cx.hub_sites();
    let any_pool = cx.spec.profiles.values().any(|profile| profile.pools.is_empty());
    for (name, pool) in &cx.spec.node_pools {
        if queued.contains(name.as_str()) || named.contains(name.as_str()) || cx.is_external(&pool.site) {
            continue;
        }
        let here = entry("nodePools", name);
        let kept_off = pool.taints.iter().any(|taint| taint.effect != TaintEffect::PreferNoSchedule);
        if kept_off {
            out.push(
                Diagnostic::new(
                    &codes::UNTOLERATED,
                    format!("Nothing tolerates the taints of `{name}`, so nothing will run on it"),
                )
                .at(here.join("taints"))
                .help(format!("name it in a queue, `pools: [{name}]`, or in the `pools` of a profile")),
            );
        } else if !(any_pool && hubs.contains(pool.site.as_str())) {
            out.push(
                Diagnostic::new(
                    &codes::IDLE_POOL,
                    format!("Nothing uses `{name}`: it is in no queue, and no profile runs on it"),
                )
                .at_key(here)
                .help(format!("add it to a queue, `pools: [{name}]`, or remove it")),
            );
        }
    }
}
