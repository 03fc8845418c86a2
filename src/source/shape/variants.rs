//! Variants: each patch is applied, and what it breaks is said at the patch.
//!
//! Only what the strawman itself does not already have wrong is said, once for each variant.

use std::collections::HashSet;

use afctl_contract::codes::reading;
use afctl_contract::diagnostic::{At, Related};
use afctl_contract::place::{Half, Segment};
use afctl_contract::{Diagnostic, Path, SourceFile, path};

use super::super::merge::{Idle, merge};
use super::super::node::{Entry, Kind, Node};
use super::super::schema;
use super::{MOST, Outcome, Walk};

/// All variants together may have so many nodes.
const MOST_NODES: usize = super::super::node::MAX_NODES / 2;

/// `document` with the patch of one of its variants applied, without any variants; and what the patch deletes in vain.
pub(in super::super) fn patched(document: &Node, variant: &str) -> Option<(Node, Vec<Idle>)> {
    let top = document.as_map()?;
    let old = top.get("spec")?;
    let sections = old.value.as_map()?;
    let patch = old.value.get("variants")?.get(variant)?.get("patch")?;
    patch.as_map()?;
    let base = Node {
        kind: Kind::Map(
            sections.iter().filter(|(k, _)| *k != "variants").map(|(k, e)| (k.clone(), e.clone())).collect(),
        ),
        span: old.value.span,
        via: old.value.via,
    };
    let mut idle = Vec::new();
    let mut spec = Some(merge(base, patch.clone(), &mut idle));
    let entries = top.iter().filter_map(|(key, entry)| {
        let value = if key == "spec" { spec.take()? } else { entry.value.clone() };
        Some((key.clone(), Entry { key: entry.key, value }))
    });
    let whole = Node { kind: Kind::Map(entries.collect()), span: document.span, via: document.via };
    Some((whole, idle))
}

pub(super) fn check(document: &Node, files: &[SourceFile], outcome: &mut Outcome) {
    let Some(variants) = document.get("spec").and_then(|s| s.get("variants")).and_then(Node::as_map) else {
        return;
    };
    let known: HashSet<(Path, String)> =
        outcome.found.iter().filter_map(|d| Some((place(d)?.clone(), d.message.clone()))).collect();
    let mut budget = MOST_NODES;
    let base = document.count().saturating_sub(variants.values().map(|e| e.value.count()).sum());
    for (name, entry) in variants {
        let Some(patch) = entry.value.get("patch").filter(|p| p.as_map().is_some()) else { continue };
        // Every variant is a strawman of its own: a large one with very many would take too long.
        let Some(left) = budget.checked_sub(base + patch.count()) else {
            outcome.found.push(
                Diagnostic::new(
                    &reading::TOO_BIG,
                    "there are too many variants of too large a strawman to check",
                )
                .at_key(path!["spec", "variants", name])
                .label("from here on")
                .help("keep the variants in files of their own: overlays"),
            );
            return;
        };
        budget = left;
        let Some((whole, idle)) = patched(document, name) else { continue };
        let at = path!["spec", "variants", name, "patch"];
        outcome.found.extend(idle.iter().map(super::super::deletes_nothing));
        let mut walk = Walk::new(&whole, files);
        walk.mapping_or_else(&whole, schema::resolve(schema::strawman()));
        for finding in walk.found {
            let said = &finding.said;
            if place(said).is_some_and(|place| known.contains(&(place.clone(), said.message.clone()))) {
                continue;
            }
            if outcome.found.len() >= MOST {
                return;
            }
            outcome.found.push(at_patch(finding.said, finding.cause.as_ref(), patch, &at, name));
        }
        // What counts as left out in the patched strawman is gone from the patch as well.
    }
}

fn place(said: &Diagnostic) -> Option<&Path> {
    match &said.at {
        At::Path(path, _) => Some(path),
        _ => None,
    }
}

/// The finding, pointing at the patch: at the same place if the patch has it, else at what it changes above it.
fn at_patch(
    mut said: Diagnostic,
    cause: Option<&Path>,
    patch: &Node,
    at: &Path,
    variant: &str,
) -> Diagnostic {
    let At::Path(place, half) = &said.at else { return said };
    let (reached, whole) = within(patch, place);
    let place = place.clone();
    if whole {
        said.at = At::Path(join(at, &reached), *half);
    } else {
        // Something outside the patch no longer fits: mostly it names what the patch deletes.
        let (down, exact) = cause.map_or((reached.clone(), false), |cause| within(patch, cause));
        let shown = if exact { down } else { reached };
        if exact {
            said.help = Some(format!("change `{place}` in the patch as well, or keep what it names"));
        }
        said.related.insert(0, Related { at: At::Path(place, Half::Value), label: "no longer fits".into() });
        said.label = if exact { "deleted here".into() } else { "changed here".into() };
        said.at = At::Path(join(at, &shown), Half::Key);
    }
    said.message = format!("in the variant `{variant}`: {}", said.message);
    said
}

/// How far a path of the whole document leads into the patch (from `spec`), and whether to its end.
fn within(patch: &Node, place: &Path) -> (Vec<Segment>, bool) {
    let Some((first, rest)) = place.segments().split_first() else { return (Vec::new(), false) };
    if *first != Segment::from("spec") {
        return (Vec::new(), false);
    }
    let mut node = patch;
    let mut reached = Vec::new();
    for segment in rest {
        let next = match (segment, &node.kind) {
            (Segment::Key(key), Kind::Map(entries)) => entries.get(key).map(|e| &e.value),
            (Segment::Index(index), Kind::Seq(items)) => items.get(*index),
            _ => None,
        };
        let Some(next) = next else { return (reached, false) };
        reached.push(segment.clone());
        node = next;
    }
    (reached, true)
}

fn join(at: &Path, more: &[Segment]) -> Path {
    at.segments().iter().chain(more).cloned().collect()
}
