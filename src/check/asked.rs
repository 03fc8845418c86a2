//! GPUs that sessions ask for: whether a pool has such cards or slices, and enough of them on one node.

use std::collections::BTreeSet;

use afctl_contract::codes::gpus as gpu_codes;
use afctl_contract::gpus::find;
use afctl_contract::language::{GpuRequest, NodePool, Sharing, SharingKind};
use afctl_contract::{Diagnostic, Diagnostics, Path};

use super::context::entry;
use super::fit::Pools;
use super::say;
use crate::source::words::nearest;

/// GPUs of the asked kind that one node of the pool has at the most.
pub fn gpus_of_node(pool: &NodePool, request: &GpuRequest) -> u64 {
    let nodes = u64::from(pool.nodes.most().unwrap_or(1).max(1));
    let mut most = 0;
    for gpu in pool.gpus() {
        if request.model.as_ref().is_some_and(|model| !model.eq_ignore_ascii_case(&gpu.model)) {
            continue;
        }
        let offer = gpu.offer(nodes);
        most += match &request.slice {
            Some(slice) => {
                let made =
                    offer.slices.iter().find(|(profile, _)| profile == slice).map_or(0, |(_, count)| *count);
                let per_card = find(&gpu.model)
                    .and_then(|model| model.mig)
                    .and_then(|mig| mig.profile(slice))
                    .map_or(7, |p| p.most);
                made.min(u64::from(gpu.per_node) * per_card)
            }
            None => offer.countable.min(match &gpu.sharing {
                Sharing::How(SharingKind::Mps(how) | SharingKind::TimeSlice(how)) => {
                    u64::from(gpu.per_node) * u64::from(how.replicas)
                }
                _ => u64::from(gpu.per_node),
            }),
        };
    }
    most
}

/// Says what is wrong with a request for GPUs; whether the pools have what it asks for.
pub fn gpu(name: &str, request: &GpuRequest, here: &Path, pools: &Pools<'_>, out: &mut Diagnostics) -> bool {
    let wanted = u64::from(request.count());
    let most = pools.iter().map(|(_, pool)| gpus_of_node(pool, request)).max().unwrap_or(0);
    if most == 0 {
        out.push(nowhere(name, request, here, pools));
        return false;
    }
    if wanted > most {
        let pool = pools.iter().find(|(_, pool)| gpus_of_node(pool, request) == most);
        let mut finding = Diagnostic::new(
            &gpu_codes::TOO_MANY_GPUS,
            format!(
                "`{name}` asks for {wanted} GPUs at once, and one node has {most} of the kind at the most"
            ),
        )
        .at(here.join("count"))
        .help(format!("write `count: {most}` or less"));
        if let Some((pool, _)) = pool {
            finding = finding.also_key(entry("nodePools", pool).join("gpu"), "the node with the most");
        }
        out.push(finding);
        return false;
    }
    if wanted > 1 {
        if request.slice.is_some() {
            out.push(
                Diagnostic::new(
                    &gpu_codes::SEVERAL_SLICES,
                    format!("One process sees one slice: {wanted} slices serve {wanted} processes"),
                )
                .at(here.join("count"))
                .help("ask for one larger slice where one process is meant to be faster"),
            );
        } else if let Some((shared, _)) =
            pools.iter().filter(|(_, pool)| gpus_of_node(pool, request) > 0).find(|(_, pool)| {
                pool.gpus().iter().all(|gpu| {
                    matches!(gpu.sharing, Sharing::How(SharingKind::Mps(_) | SharingKind::TimeSlice(_)))
                })
            })
        {
            out.push(
                Diagnostic::new(
                    &gpu_codes::SEVERAL_SHARES,
                    format!("{wanted} shares of a card of `{shared}` give no more of it than one"),
                )
                .at(here.join("count"))
                .also_key(entry("nodePools", shared).join("gpu"), "shared cards")
                .help("write `count: 1`, or ask for a model whose cards are whole"),
            );
        }
    }
    true
}

/// There is no such GPU in any of the pools.
fn nowhere(name: &str, request: &GpuRequest, here: &Path, pools: &Pools<'_>) -> Diagnostic {
    let mut slices: BTreeSet<String> = BTreeSet::new();
    let mut whole: BTreeSet<&str> = BTreeSet::new();
    for (_, pool) in pools {
        for gpu in pool.gpus() {
            let offer = gpu.offer(u64::from(pool.nodes.most().unwrap_or(1).max(1)));
            slices
                .extend(offer.slices.into_iter().filter(|(_, count)| *count > 0).map(|(profile, _)| profile));
            if offer.countable > 0 {
                whole.insert(&gpu.model);
            }
        }
    }
    if let Some(slice) = &request.slice {
        let made = slices.iter().map(String::as_str);
        let help = match nearest(slice, made.clone()) {
            _ if slices.is_empty() => {
                "have a pool make it: `gpu: {…, sharing: {mig: {1g.5gb: 14, whole: 6}}}`".to_owned()
            }
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("its pools make {}", say::names(made)),
        };
        let of = request.model.as_ref().map_or(String::new(), |model| format!(" of {model}"));
        return Diagnostic::new(
            &gpu_codes::SLICE_NOWHERE,
            format!("No pool that `{name}` may use makes slices `{slice}`{of}"),
        )
        .at(here.join("slice"))
        .help(help);
    }
    let has = whole.iter().copied();
    let help = match (&request.model, slices.is_empty(), whole.is_empty()) {
        (_, false, true) => format!(
            "its cards are all cut: ask for a slice, such as `slice: {}`",
            slices.iter().next().map_or("1g.5gb", String::as_str)
        ),
        (_, true, true) => "name a pool with GPUs in its `pools`, or add one".to_owned(),
        (Some(model), ..) => match nearest(model, has.clone()) {
            Some(meant) => format!("did you mean {meant}?"),
            None => format!("its pools have {}", say::names(has)),
        },
        (None, ..) => format!("its pools have {}", say::names(has)),
    };
    match &request.model {
        Some(model) => Diagnostic::new(
            &gpu_codes::MODEL_NOWHERE,
            format!("No pool that `{name}` may use has whole cards of model `{model}`"),
        )
        .at(here.join("model")),
        None => Diagnostic::new(
            &gpu_codes::MODEL_NOWHERE,
            format!("No pool that `{name}` may use has whole cards"),
        )
        .at(here.clone()),
    }
    .help(help)
}
