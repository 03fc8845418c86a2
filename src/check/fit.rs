//! Whether what users can choose fits on a node: profiles, their options, and the GPUs that they ask for.
//!
//! A session runs on one node. It fits where its guarantees are at most what the node has for work, in CPUs as the
//! scheduler counts them, and where the node has the GPUs. What nobody said about a pool counts in its favour.

use std::collections::BTreeSet;

use afctl_contract::codes::menu as codes;
use afctl_contract::language::{Amount, GpuChoice, GpuRequest, NodePool, Options, Profile};
use afctl_contract::units::{Bytes, Cores};
use afctl_contract::{Diagnostic, Diagnostics, Path};

use super::asked::{gpu, gpus_of_node};
use super::context::{Context, entry};
use super::say;

/// Pools with their names.
pub type Pools<'a> = Vec<(&'a str, &'a NodePool)>;

/// What one session wants.
#[derive(Clone, Copy)]
struct Want<'a> {
    cpu: Cores,
    memory: Bytes,
    gpu: Option<&'a GpuRequest>,
}

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, profile) in &cx.spec.profiles {
        let Some(pools) = candidates(cx, name, profile, out) else { continue };
        let here = entry("profiles", name);
        // GPUs first: where there is none of the kind, nothing else matters.
        let mut gpus_fit = true;
        if let Some(request) = profile.gpu.as_ref().and_then(GpuChoice::request) {
            gpus_fit &= gpu(name, request, &here.join("gpu"), &pools, out);
        }
        let options = profile.options.as_ref();
        for (i, choice) in options.iter().flat_map(|options| &options.gpu).enumerate() {
            if let Some(request) = choice.request() {
                gpus_fit &= gpu(name, request, &here.join("options").join("gpu").join(i), &pools, out);
            }
        }
        if gpus_fit {
            match options.filter(|o| !(o.cpu.is_empty() && o.memory.is_empty() && o.gpu.is_empty())) {
                None => whole(name, profile, &pools, out),
                Some(options) => choices(cx, name, profile, options, &pools, out),
            }
        }
    }
}

/// The pools that a profile may use: those of the sites whose hubs offer it, or of any site where none does.
fn candidates<'a>(
    cx: &Context<'a>,
    name: &str,
    profile: &'a Profile,
    out: &mut Diagnostics,
) -> Option<Pools<'a>> {
    let hubs: Vec<_> =
        cx.hubs().filter(|(_, hub)| hub.profiles.iter().any(|profile| profile == name)).collect();
    let sites: BTreeSet<&str> = if hubs.is_empty() {
        cx.spec.sites.keys().map(String::as_str).collect()
    } else {
        hubs.iter()
            .map(|(_, hub)| hub.site.as_str())
            .filter(|site| cx.spec.sites.contains_key(*site))
            .collect()
    };
    let mut pools: Pools<'a> = Vec::new();
    for site in &sites {
        pools.extend(cx.spec.pools_of_profile(profile, site));
    }
    if !pools.is_empty() {
        return Some(pools);
    }
    // Nothing to run on: of its own pools none is there, or the site has none at all.
    let (hub, entry_of_hub) = hubs.first()?;
    let known: Vec<_> =
        profile.pools.iter().filter_map(|pool| cx.spec.node_pools.get_key_value(pool)).collect();
    let finding = if let Some((pool, elsewhere)) = known.first() {
        Diagnostic::new(
            &codes::FITS_NOWHERE,
            format!(
                "`{name}` runs on `{pool}` at `{}`, and the hub that offers it is at `{}`",
                elsewhere.site, entry_of_hub.site
            ),
        )
        .at(entry("profiles", name).join("pools"))
        .also(entry("services", hub).join("jupyterhub").join("site"), "where the hub is")
        .help("name pools at the site of the hub")
    } else if profile.pools.is_empty()
        && cx.pools_at(&entry_of_hub.site).next().is_none()
        && !cx.is_external(&entry_of_hub.site)
    {
        Diagnostic::new(
            &codes::FITS_NOWHERE,
            format!("`{name}` can run on nothing: `{}` has no node pools", entry_of_hub.site),
        )
        .at_key(entry("profiles", name))
        .also(entry("services", hub).join("jupyterhub").join("site"), "where the hub is")
        .help("add a node pool at this site, or move the hub")
    } else {
        return None;
    };
    out.push(finding);
    None
}

fn fits(pool: &NodePool, want: Want<'_>) -> bool {
    pool.cpus_for_work().is_none_or(|cpus| want.cpu.count() <= cpus)
        && pool.memory_for_work().is_none_or(|memory| want.memory <= memory)
        && want.gpu.is_none_or(|request| gpus_of_node(pool, request) >= u64::from(request.count()))
}

/// The pool that comes nearest, what its node has and what is missing.
fn nearest_pool<'a>(pools: &Pools<'a>, want: Want<'_>) -> Option<(&'a str, &'a NodePool, Vec<String>)> {
    let short = |pool: &NodePool| {
        let cpu = pool.cpus_for_work().map_or(0.0, |cpus| want.cpu.count() / cpus.max(0.001));
        let memory = pool
            .memory_for_work()
            .map_or(0.0, |memory| want.memory.gibibytes() / memory.gibibytes().max(0.001));
        let gpu = want.gpu.map_or(0.0, |request| {
            if gpus_of_node(pool, request) >= u64::from(request.count()) { 0.0 } else { 1e9 }
        });
        cpu.max(memory).max(gpu)
    };
    let (name, pool) = pools.iter().min_by(|(_, a), (_, b)| short(a).total_cmp(&short(b)))?;
    let mut missing = Vec::new();
    if let Some(cpus) = pool.cpus_for_work().filter(|cpus| want.cpu.count() > *cpus) {
        missing.push(format!("{} CPUs", say::count(want.cpu.count() - cpus)));
    }
    if let Some(memory) = pool.memory_for_work().filter(|memory| want.memory > *memory) {
        missing.push(say::memory((want.memory.gibibytes() - memory.gibibytes()) * 1_073_741_824.0));
    }
    if let Some(request) = want.gpu.filter(|request| gpus_of_node(pool, request) < u64::from(request.count()))
    {
        missing.push(
            request
                .slice
                .as_ref()
                .or(request.model.as_ref())
                .map_or("a GPU".to_owned(), |kind| format!("the GPU ({kind})")),
        );
    }
    Some((name, pool, missing))
}

fn has(pool: &NodePool) -> String {
    let cpus = pool.cpus_for_work().map_or("an unknown number of".to_owned(), say::count);
    let memory = pool.memory_for_work().map_or("an unknown amount".to_owned(), |memory| memory.to_string());
    let reserved = if pool.reserved.is_some() { " after what is reserved" } else { "" };
    format!("{cpus} CPUs and {memory} a node{reserved}")
}

/// Where the guarantee of an amount stands.
fn guarantee<T>(amount: Option<&Amount<T>>, here: &Path) -> Path {
    if matches!(amount, Some(Amount::Range(_))) { here.join("guarantee") } else { here.clone() }
}

fn base(profile: &Profile) -> Want<'_> {
    Want {
        cpu: profile.cpu.as_ref().map(Amount::guarantee).unwrap_or_default(),
        memory: profile.memory.as_ref().map(Amount::guarantee).unwrap_or_default(),
        gpu: profile.gpu.as_ref().and_then(GpuChoice::request),
    }
}

fn whole(name: &str, profile: &Profile, pools: &Pools<'_>, out: &mut Diagnostics) {
    let want = base(profile);
    if pools.iter().any(|(_, pool)| fits(pool, want)) {
        return;
    }
    let here = entry("profiles", name);
    let Some((pool, near, missing)) = nearest_pool(pools, want) else { return };
    let short_of_cpu = near.cpus_for_work().is_some_and(|cpus| want.cpu.count() > cpus);
    let short_of_memory = near.memory_for_work().is_some_and(|memory| want.memory > memory);
    let place = if short_of_cpu {
        guarantee(profile.cpu.as_ref(), &here.join("cpu"))
    } else if short_of_memory {
        guarantee(profile.memory.as_ref(), &here.join("memory"))
    } else {
        here.join("gpu")
    };
    out.push(
        Diagnostic::new(
            &codes::FITS_NOWHERE,
            format!(
                "`{name}` fits on no node: it needs {} CPUs and {}, and the nearest, `{pool}`, lacks {}",
                want.cpu,
                want.memory,
                missing.join(" and ")
            ),
        )
        .at(place)
        .also_key(entry("nodePools", pool), has(near))
        .help("lower the guarantee (the limit may stay above it), or add a pool with larger nodes"),
    );
}

fn choices(
    cx: &Context<'_>,
    name: &str,
    profile: &Profile,
    options: &Options,
    pools: &Pools<'_>,
    out: &mut Diagnostics,
) {
    let here = entry("profiles", name).join("options");
    let base = base(profile);
    let cpus: Vec<Cores> = if options.cpu.is_empty() { vec![base.cpu] } else { options.cpu.clone() };
    let memories: Vec<Bytes> =
        if options.memory.is_empty() { vec![base.memory] } else { options.memory.clone() };
    let gpus: Vec<Option<&GpuRequest>> = if options.gpu.is_empty() {
        vec![base.gpu]
    } else {
        options.gpu.iter().map(GpuChoice::request).collect()
    };
    let least =
        (cpus.iter().min().copied().unwrap_or_default(), memories.iter().min().copied().unwrap_or_default());
    let anywhere = |want: Want<'_>| pools.iter().any(|(_, pool)| fits(pool, want));
    let mut alone = true;
    let mut refuse = |field: &str, index: usize, what: String, want: Want<'_>, out: &mut Diagnostics| {
        alone = false;
        let Some((pool, near, missing)) = nearest_pool(pools, want) else { return };
        let place = here.join(field).join(index);
        let place = if cx.sources.contains(&place) || cx.sources.files().is_empty() {
            place
        } else {
            entry("profiles", name)
        };
        out.push(
            Diagnostic::new(
                &codes::OPTION_NOWHERE,
                format!(
                    "{what} fit on no node, whatever else is chosen: the nearest, `{pool}`, lacks {}",
                    missing.join(" and ")
                ),
            )
            .at(place)
            .also_key(entry("nodePools", pool), has(near))
            .help("remove this choice, or add a pool with larger nodes"),
        );
    };
    for (i, cpu) in cpus.iter().enumerate() {
        if !gpus.iter().any(|gpu| anywhere(Want { cpu: *cpu, memory: least.1, gpu: *gpu })) {
            refuse("cpu", i, format!("{cpu} CPUs"), Want { cpu: *cpu, memory: least.1, gpu: None }, out);
        }
    }
    for (i, memory) in memories.iter().enumerate() {
        if !gpus.iter().any(|gpu| anywhere(Want { cpu: least.0, memory: *memory, gpu: *gpu })) {
            refuse(
                "memory",
                i,
                format!("{memory} of memory"),
                Want { cpu: least.0, memory: *memory, gpu: None },
                out,
            );
        }
    }
    for (i, gpu) in gpus.iter().enumerate() {
        let want = Want { cpu: least.0, memory: least.1, gpu: *gpu };
        if let Some(request) = gpu
            && alone_fits(pools, *gpu)
            && !anywhere(want)
        {
            let kind = request.slice.as_ref().or(request.model.as_ref()).map_or("GPU", String::as_str);
            refuse(
                "gpu",
                i,
                format!("A node's CPUs and memory beside {} x {kind}", request.count()),
                want,
                out,
            );
        }
    }
    if alone {
        together(name, &cpus, &memories, &gpus, pools, out);
    }
}

/// Whether the largest of each choice can be had together.
fn together(
    name: &str,
    cpus: &[Cores],
    memories: &[Bytes],
    gpus: &[Option<&GpuRequest>],
    pools: &Pools<'_>,
    out: &mut Diagnostics,
) {
    let here = entry("profiles", name).join("options");
    let most =
        (cpus.iter().max().copied().unwrap_or_default(), memories.iter().max().copied().unwrap_or_default());
    for gpu in gpus.iter().copied() {
        let want = Want { cpu: most.0, memory: most.1, gpu };
        if pools.iter().any(|(_, pool)| fits(pool, want)) {
            continue;
        }
        let Some((pool, near, missing)) = nearest_pool(pools, want) else { return };
        let beside = gpu.map_or(String::new(), |request| {
            format!(
                ", {} x {}",
                request.count(),
                request.slice.as_ref().or(request.model.as_ref()).map_or("GPU", String::as_str)
            )
        });
        out.push(
            Diagnostic::new(
                &codes::COMBINATION,
                format!(
                    "{} CPUs, {}{beside} together fit on no node: the nearest, `{pool}`, lacks {}",
                    most.0,
                    most.1,
                    missing.join(" and ")
                ),
            )
            .at(here)
            .also_key(entry("nodePools", pool), has(near))
            .help("make separate profiles of the large choices, or remove the largest"),
        );
        return;
    }
}

/// Whether a GPU is to be had at all, CPUs and memory aside.
fn alone_fits(pools: &Pools<'_>, gpu: Option<&GpuRequest>) -> bool {
    pools.iter().any(|(_, pool)| fits(pool, Want { cpu: Cores::default(), memory: Bytes(0), gpu }))
}
