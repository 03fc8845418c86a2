//! Variants: each patch is applied, and what it breaks is said at the patch.
//!
//! Only what the strawman itself does not already have wrong is said, once for each variant.

use std::collections::HashSet;

use afctl_contract::diagnostic::{At, Related};
use afctl_contract::place::{Half, Segment};
use afctl_contract::{Diagnostic, Path, SourceFile, path};

use super::super::merge::{Idle, merge};
use super::super::node::{Kind, Node};
use super::super::schema;
use super::{MOST, Outcome, Walk};

/// At most so many variants are checked.
const MOST_VARIANTS: usize = 50;

/// `document` with the patch of one of its variants applied, without any variants; and what the patch deletes in vain.
pub(in super::super) fn patched(document: &Node, variant: &str) -> Option<(Node, Vec<Idle>)> {
    let spec = document.get("spec")?;
    let patch = spec.get("variants")?.get(variant)?.get("patch")?;
    patch.as_map()?;
    let mut idle = Vec::new();
    let mut whole = document.clone();
    if let Kind::Map(entries) = &mut whole.kind
        && let Some(entry) = entries.get_mut("spec")
    {
        let mut spec = entry.value.clone();
        if let Kind::Map(sections) = &mut spec.kind {
            sections.shift_remove("variants");
        }
        entry.value = merge(spec, patch.clone(), &mut idle);
    }
    Some((whole, idle))
}

pub(super) fn check(document: &Node, files: &[SourceFile], outcome: &mut Outcome) {
    let Some(variants) = document.get("spec").and_then(|s| s.get("variants")).and_then(Node::as_map) else {
        return;
    };
    let known: HashSet<(Path, String)> =
        outcome.found.iter().filter_map(|d| Some((place(d)?.clone(), d.message.clone()))).collect();
    let mut budget = super::super::node::MAX_NODES * 2;
    for (name, entry) in variants.iter().take(MOST_VARIANTS) {
        let Some(patch) = entry.value.get("patch").filter(|p| p.as_map().is_some()) else { continue };
        // A copy of the document for each variant: a large one with many variants would take too long.
        budget = match budget.checked_sub(document.count()) {
            Some(left) => left,
            None => return,
        };
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
