//! From the merged tree to what the rest of afctl works with: a value without places, and the map of places.

use std::sync::Arc;

use afctl_contract::place::{EntrySpans, Segment};
use afctl_contract::{Path, SourceFile, SourceMap};

use super::node::{Kind, Node};

/// The most steps that all paths together may have: bounds the memory of the map, whatever the shape of the tree.
pub const MAX_STEPS: usize = 3_000_000;

/// The places of every node of `root`, in these texts.
pub fn places(root: &Node, files: &[SourceFile]) -> SourceMap {
    let mut map = SourceMap::new(files.to_vec());
    let mut steps = 0;
    map.insert(Path::root(), EntrySpans { key: None, value: root.span });
    below(root, &mut Vec::new(), &mut map, &mut steps);
    map
}

fn below(node: &Node, at: &mut Vec<Segment>, map: &mut SourceMap, steps: &mut usize) {
    let mut insert = |at: &[Segment], spans| {
        *steps += at.len();
        if *steps <= MAX_STEPS {
            map.insert(at.iter().cloned().collect(), spans);
        }
    };
    match &node.kind {
        Kind::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                at.push(Segment::Index(index));
                insert(at, EntrySpans { key: None, value: item.span });
                at.pop();
            }
            for (index, item) in items.iter().enumerate() {
                at.push(Segment::Index(index));
                below(item, at, map, steps);
                at.pop();
            }
        }
        Kind::Map(entries) => {
            for (key, entry) in entries {
                at.push(Segment::Key(key.clone()));
                insert(at, EntrySpans { key: Some(entry.key), value: entry.value.span });
                at.pop();
            }
            for (key, entry) in entries {
                at.push(Segment::Key(key.clone()));
                below(&entry.value, at, map, steps);
                at.pop();
            }
        }
        _ => {}
    }
}

/// A text as the map keeps it.
pub fn file(name: &str, text: impl Into<Arc<str>>) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.into() }
}
