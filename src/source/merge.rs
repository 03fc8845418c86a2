//! Laying one document over another: RFC 7386's merge patch, with places kept.
//!
//! A mapping is merged key by key, `null` deletes, anything else replaces. Each node keeps the place where it was
//! written, in whichever file that is.

use afctl_contract::{Path, Span};

use super::node::{Entry, Kind, Node};

/// A deletion that found nothing to delete.
#[derive(Debug, PartialEq, Eq)]
pub struct Idle {
    /// What was to be deleted.
    pub path: Path,
    /// Its key in the overlay.
    pub key: Span,
    /// What stands beside the place where it would have been.
    pub siblings: Vec<String>,
}

/// `base` with `patch` laid over it; deletions that found nothing are added to `idle`.
pub fn merge(base: Node, patch: Node, idle: &mut Vec<Idle>) -> Node {
    merge_at(base, patch, &Path::root(), idle)
}

fn merge_at(base: Node, patch: Node, at: &Path, idle: &mut Vec<Idle>) -> Node {
    let Kind::Map(changes) = patch.kind else { return patch };
    let mut merged = match base.kind {
        Kind::Map(_) => base,
        _ => Node { kind: Kind::Map(indexmap::IndexMap::new()), span: patch.span, via: patch.via },
    };
    if let Kind::Map(entries) = &mut merged.kind {
        for (key, change) in changes {
            if matches!(change.value.kind, Kind::Null) {
                if entries.shift_remove(&key).is_none() {
                    let siblings = entries.keys().take(100).cloned().collect();
                    idle.push(Idle { path: at.join(&key), key: change.key, siblings });
                }
                continue;
            }
            let old = entries.get_mut(&key);
            let entry = match old {
                Some(old) if old.value.as_map().is_some() && change.value.as_map().is_some() => {
                    let below = at.join(&key);
                    let empty = Node { kind: Kind::Null, span: old.value.span, via: None };
                    let base = std::mem::replace(&mut old.value, empty);
                    old.value = merge_at(base, change.value, &below, idle);
                    continue;
                }
                _ => Entry { key: change.key, value: without_nulls(change.value) },
            };
            entries.insert(key, entry);
        }
    }
    merged
}

/// What a patch adds where nothing was: the nulls in its mappings delete nothing and are gone.
fn without_nulls(node: Node) -> Node {
    let Node { kind, span, via } = node;
    let kind = match kind {
        Kind::Map(entries) => Kind::Map(
            entries
                .into_iter()
                .filter(|(_, entry)| !matches!(entry.value.kind, Kind::Null))
                .map(|(key, entry)| (key, Entry { key: entry.key, value: without_nulls(entry.value) }))
                .collect(),
        ),
        other => other,
    };
    Node { kind, span, via }
}
