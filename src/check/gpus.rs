//! GPUs of pools: models, and whether the cards give the slices that are made of them.

use afctl_contract::codes::gpus as codes;
use afctl_contract::gpus::{MODELS, Misfit, WHOLE, find, models_with_slice};
use afctl_contract::language::{Gpu, Map, NodePool, OneOrMany, Sharing, SharingKind};
use afctl_contract::{Diagnostic, Diagnostics, Path};

use super::context::{Context, entry};
use super::say;
use crate::source::words::nearest;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, pool) in &cx.spec.node_pools {
        let here = entry("nodePools", name).join("gpu");
        let list = pool.gpu.as_ref().is_some_and(OneOrMany::is_list);
        for (i, gpu) in pool.gpus().iter().enumerate() {
            let here = if list { here.join(i) } else { here.clone() };
            model(gpu, &here, out);
            if let Sharing::How(SharingKind::Mig(layout)) = &gpu.sharing {
                cut(name, pool, gpu, layout, &here, out);
            }
        }
    }
}

fn model(gpu: &Gpu, here: &Path, out: &mut Diagnostics) {
    if find(&gpu.model).is_some() {
        return;
    }
    let finding =
        Diagnostic::new(&codes::UNKNOWN_MODEL, format!("`{}` is not a model in the catalogue", gpu.model))
            .at(here.join("model"));
    // `a100` is two models: those that begin so are meant before those that are merely spelt alike.
    let lower =
        gpu.model.to_ascii_lowercase().replace([' ', '_'], "-").replace("nvidia-", "").replace("tesla-", "");
    let begin: Vec<&str> = MODELS
        .iter()
        .map(|model| model.name)
        .filter(|name| name.starts_with(&lower) && !lower.is_empty())
        .collect();
    let help = if begin.is_empty() {
        match nearest(&gpu.model, MODELS.iter().map(|model| model.name)) {
            Some(meant) => format!("did you mean {meant}?"),
            None => "it is counted as a card that cannot be cut; suppress this warning if the model is right"
                .to_owned(),
        }
    } else {
        format!("did you mean {}? The size of its memory is part of the name", begin.join(" or "))
    };
    out.push(finding.help(help));
}

fn cut(name: &str, pool: &NodePool, gpu: &Gpu, layout: &Map<u32>, here: &Path, out: &mut Diagnostics) {
    let Some(model) = find(&gpu.model) else { return };
    let here_mig = here.join("sharing").join("mig");
    let Some(mig) = model.mig else {
        out.push(
            Diagnostic::new(
                &codes::CANNOT_CUT,
                format!("Cards of model `{}` cannot be cut into slices", model.name),
            )
            .at_key(here_mig)
            .also(here.join("model"), "the model")
            .help(
                "share whole cards instead: `sharing: {time-slice: {replicas: 4}}` or `{mps: {replicas: 4}}`",
            ),
        );
        return;
    };
    let profiles: Vec<&str> = mig.profiles.iter().map(|profile| profile.name).collect();
    let mut unknown = false;
    for profile in layout.keys().filter(|profile| *profile != WHOLE && mig.profile(profile).is_none()) {
        unknown = true;
        let others: Vec<&str> = models_with_slice(profile).map(|model| model.name).collect();
        let whose = if others.is_empty() {
            String::new()
        } else {
            format!(", which is a slice of {}", others.join(", "))
        };
        out.push(
            Diagnostic::new(
                &codes::UNKNOWN_SLICE,
                format!("Cards of model `{}` have no slice `{profile}`{whose}", model.name),
            )
            .at_key(here_mig.join(profile))
            .also(here.join("model"), "the model")
            .help(format!("it is cut into {}", profiles.join(", "))),
        );
    }
    let Some(nodes) = pool.nodes.most() else { return };
    if unknown {
        return;
    }
    let cards = u64::from(nodes) * u64::from(gpu.per_node);
    let sum = format!("{nodes} nodes x {} cards = {cards}", gpu.per_node);
    match mig.misfit(layout, cards) {
        Some(Misfit::TooMany { needed, cards }) => {
            let parts: Vec<String> = layout
                .iter()
                .map(|(profile, count)| match mig.profile(profile) {
                    Some(known) => format!(
                        "{count} x {profile} ({} of {} and {} of {} slices each)",
                        known.compute, mig.compute, known.memory, mig.memory
                    ),
                    None => format!("{count} whole"),
                })
                .collect();
            out.push(
                Diagnostic::new(
                    &codes::TOO_MANY_SLICES,
                    format!(
                        "This needs at least {needed} cards, and `{name}` has {cards}: {}",
                        parts.join(", ")
                    ),
                )
                .at(here_mig)
                .also(here.join("perNode"), sum)
                .help(advice(mig, layout, cards)),
            );
        }
        Some(Misfit::Unknown { .. }) => {}
        None => {
            let used = mig.cards_needed(layout);
            if used < cards {
                let left = cards - used;
                let free = u32::try_from(left).unwrap_or(u32::MAX);
                out.push(
                    Diagnostic::new(
                        &codes::CARDS_LEFT,
                        format!("{left} of the {cards} cards of `{name}` {} neither cut nor whole, so nobody can use {}",
                            if left == 1 { "is" } else { "are" }, if left == 1 { "it" } else { "them" }),
                    )
                    .at(here_mig)
                    .also(here.join("perNode"), sum)
                    .help(format!("write `whole: {}`, or make more slices", layout.get(WHOLE).copied().unwrap_or(0).saturating_add(free))),
                );
            }
        }
    }
}

/// The most of the commonest profile that would fit, everything else as it is.
fn advice(mig: &afctl_contract::gpus::Mig, layout: &Map<u32>, cards: u64) -> String {
    let Some((profile, count)) =
        layout.iter().filter(|(profile, _)| *profile != WHOLE).max_by_key(|(_, count)| **count)
    else {
        return format!("write `whole: {cards}` at the most");
    };
    let fits = |number: u32| {
        let mut try_out = layout.clone();
        try_out.insert(profile.clone(), number);
        mig.misfit(&try_out, cards).is_none()
    };
    let (mut low, mut high) = (0, *count);
    while low < high {
        let middle = u32::midpoint(low, high) + (high - low) % 2;
        if fits(middle) { low = middle } else { high = middle - 1 }
    }
    if low > 0 {
        format!("with the rest as it is, `{profile}: {low}` is the most")
    } else {
        format!(
            "even without `{profile}` this {}; {} can be laid out",
            if fits(0) { "just fits" } else { "does not fit" },
            say::so_many(f64::from(u32::try_from(cards).unwrap_or(u32::MAX)), "card", "cards")
        )
    }
}
