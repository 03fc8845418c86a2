//! Instances of a cloud: where they make sense, and whether a pool's size is that of its instance types.

use afctl_contract::codes::compute as codes;
use afctl_contract::language::NodePool;
use afctl_contract::units::Bytes;
use afctl_contract::{Diagnostic, Diagnostics};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, pool) in &cx.spec.node_pools {
        if let Some(site) = cx.spec.sites.get(&pool.site) {
            if site.infrastructure.aws().is_none() {
                elsewhere(name, pool, out);
            } else {
                instances(name, pool, out);
            }
        }
    }
}

/// vCPUs, threads of a core and GiB for each vCPU of an instance type of the families where this is a rule.
fn instance(kind: &str) -> Option<(u32, u32, Option<u32>)> {
    let (family, size) = kind.split_once('.')?;
    let vcpus = match size {
        "large" => 2,
        "xlarge" => 4,
        _ => size.strip_suffix("xlarge")?.parse::<u32>().ok()?.checked_mul(4)?,
    };
    let digit = family.find(|c: char| c.is_ascii_digit())?;
    let (class, rest) = family.split_at(digit);
    let generation: u32 = rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()?;
    let graviton = rest.contains('g');
    let new_amd = rest.contains('a') && generation >= 7;
    let memory = match class {
        "c" => Some(2),
        "m" => Some(4),
        "r" => Some(8),
        _ => None,
    };
    matches!(class, "c" | "m" | "r" | "g" | "p" | "i" | "t").then_some((
        vcpus,
        if graviton || new_amd { 1 } else { 2 },
        memory,
    ))
}

fn instances(name: &str, pool: &NodePool, out: &mut Diagnostics) {
    let here = entry("nodePools", name);
    if pool.instance_types.is_empty() {
        out.push(
            Diagnostic::new(
                &codes::INSTANCE_TYPES,
                format!("`{name}` is in AWS and names no instance types"),
            )
            .at_key(here)
            .help("write `instanceTypes: [m7i.4xlarge]`, in the order to try them"),
        );
        return;
    }
    let (Some(cores), threads) = (pool.cores_per_node(), pool.threads()) else { return };
    let field = if pool.shape.is_some() { here.join("shape").join("cores") } else { here.join("cores") };
    for (i, kind) in pool.instance_types.iter().enumerate() {
        let Some((vcpus, per_core, gib)) = instance(kind) else { continue };
        let has = vcpus / per_core;
        let memory = pool.memory_per_node().map_or(0.0, Bytes::gibibytes);
        if cores.saturating_mul(threads) > vcpus {
            out.push(
                Diagnostic::new(
                    &codes::INSTANCE_SHAPE,
                    format!(
                        "{kind} has {vcpus} vCPUs, and the shape says {cores} cores x {threads} threads = {}",
                        cores.saturating_mul(threads)
                    ),
                )
                .at(field)
                .also(here.join("instanceTypes").join(i), format!("{has} cores, {per_core} threads each"))
                .help(format!("write {has} cores with `threadsPerCore: {per_core}`")),
            );
            return;
        }
        if cores > has {
            out.push(
                Diagnostic::new(
                    &codes::THREADS_AS_CORES,
                    format!("{kind} has {vcpus} vCPUs, which are threads: {has} physical cores"),
                )
                .at(field)
                .also(here.join("instanceTypes").join(i), "this instance type")
                .help(format!("write {has} cores with `threadsPerCore: {per_core}`")),
            );
            return;
        }
        if let Some(gib) = gib.map(|gib| f64::from(gib) * f64::from(vcpus))
            && memory > gib
        {
            let field =
                if pool.shape.is_some() { here.join("shape").join("memory") } else { here.join("memory") };
            out.push(
                Diagnostic::new(
                    &codes::INSTANCE_SHAPE,
                    format!(
                        "{kind} has {}GiB, and the shape says {}",
                        say::count(gib),
                        say::memory(memory * 1_073_741_824.0)
                    ),
                )
                .at(field)
                .also(here.join("instanceTypes").join(i), "this instance type")
                .help("write what the smallest of the types has, less what the system takes"),
            );
            return;
        }
    }
}

/// Words of a cloud at a pool that is in none.
fn elsewhere(name: &str, pool: &NodePool, out: &mut Diagnostics) {
    let here = entry("nodePools", name);
    let fields = [
        ("instanceTypes", !pool.instance_types.is_empty()),
        ("purchase", pool.purchase.is_some()),
        ("placementGroup", pool.placement_group.is_some()),
    ];
    if let Some((field, _)) = fields.into_iter().find(|(_, given)| *given) {
        out.push(
            Diagnostic::new(
                &codes::INSTANCE_TYPES,
                format!("`{}` is not in a cloud, so `{field}` has no meaning for `{name}`", pool.site),
            )
            .at_key(here.join(field))
            .also(here.join("site"), "where the pool stands")
            .help("remove it, or move the pool to a site with `infrastructure: {aws: {…}}`"),
        );
    }
}
