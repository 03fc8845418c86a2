//! From YAML text to a strawman whose every value knows where it was written.
//!
//! `text -> Node -> overlays -> structural check -> Value -> Strawman + SourceMap`. [`read`] is pure: no file, clock or
//! environment. It never panics and never fails: whatever is wrong with the bytes is in [`Reading::diagnostics`], all
//! of it at once where the text can be parsed. [`load`] reads the files first.

mod crd;
mod expand;
mod explain;
mod file;
mod here;
pub mod merge;
pub mod node;
mod parse;
mod places;
mod scalar;
pub mod schema;
mod shape;
mod syntax;
mod text;
pub(crate) mod words;

use afctl_contract::codes::{reading, structure};
use afctl_contract::language::Strawman;
use afctl_contract::place::Segment;
use afctl_contract::{Diagnostic, Diagnostics, Path, SourceFile, SourceMap};

pub use crd::{as_object, crd};
pub use explain::explain;
pub use file::load;
pub use schema::schema;
pub use text::MAX_BYTES;

use merge::{Idle, merge};
use node::{Kind, Node};

/// One file, read.
#[derive(Debug, Clone)]
pub struct Input {
    /// As the user named it; `-` for standard input.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Input {
    /// A file of this name with this content.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// What reading gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// The strawman, if it has the form it needs. Errors in its variants do not stand against it, so ask
    /// [`Diagnostics::has_errors`] before anything is done with it.
    pub strawman: Option<Strawman>,
    /// The merged document as plain data; null if it could not be read.
    pub value: serde_json::Value,
    /// The texts, and where each path of the merged document was written.
    pub sources: SourceMap,
    /// What was found, in the order of the text.
    pub diagnostics: Diagnostics,
    /// The merged document with its places.
    pub document: Option<Node>,
}

/// Reads documents and lays them over each other in order.
pub fn read(inputs: &[Input]) -> Reading {
    let mut found = Diagnostics::new();
    let mut files = Vec::with_capacity(inputs.len());
    let mut merged: Option<Node> = None;
    let mut whole = !inputs.is_empty();
    let mut idle = Vec::new();
    for (source, input) in inputs.iter().enumerate() {
        let document = match text::decode(input) {
            Ok(text) => {
                let document = match text::control_character(&text, source, &input.name) {
                    None => document(&input.name, &text, source, &mut found),
                    Some(diagnostic) => {
                        found.push(diagnostic);
                        None
                    }
                };
                files.push(places::file(&input.name, text));
                document
            }
            Err(diagnostic) => {
                files.push(places::file(&input.name, ""));
                found.push(diagnostic);
                None
            }
        };
        let Some(document) = document else {
            whole = false;
            continue;
        };
        merged = Some(match merged {
            None => document,
            Some(base) => merge(base, document, &mut idle),
        });
    }
    found.extend(idle.iter().map(deletes_nothing));
    finish(merged.filter(|_| whole), files, found)
}

/// The document of one text.
fn document(name: &str, text: &str, source: usize, found: &mut Diagnostics) -> Option<Node> {
    let raw = parse::parse(text, source, found)?;
    let root = raw.root.and_then(|root| expand::Expander::new(&raw, source, found).root(root).ok());
    if raw.root.is_none() || matches!(&root, Some(Node { kind: Kind::Null, .. })) {
        found.push(
            Diagnostic::new(&reading::EMPTY, format!("{} holds no document", text::shown(name)))
                .help("start from a commented strawman: afctl init"),
        );
        return None;
    }
    root
}

fn deletes_nothing(idle: &Idle) -> Diagnostic {
    let name = match idle.path.segments().last() {
        Some(afctl_contract::place::Segment::Key(key)) => key.as_str(),
        _ => "",
    };
    let said = Diagnostic::new(
        &reading::DELETES_NOTHING,
        format!("this deletes `{name}`, and there is no `{}` to delete", idle.path),
    )
    .at_span(idle.key)
    .label("deletes nothing");
    match words::nearest(name, idle.siblings.iter().map(String::as_str)) {
        Some(near) => said.help(format!("did you mean `{near}`?")),
        None => said.help("remove the line, or give the files in another order"),
    }
}

/// Checks the merged document and reads the strawman from it.
fn finish(merged: Option<Node>, files: Vec<SourceFile>, mut found: Diagnostics) -> Reading {
    let Some(mut document) = merged else {
        let sources = SourceMap::new(files);
        found.sort(&sources);
        return Reading { sources, diagnostics: found, ..Reading::default() };
    };
    let sources = places::places(&document, &files);
    let readable = !found.has_errors();
    let outcome = shape::check(&document, &files);
    let readable = readable && outcome.sound;
    found.extend(outcome.found);
    for path in &outcome.empty {
        remove(&mut document, path.segments());
    }
    let value = document.to_value();
    let strawman = if readable { typed(&value, &mut found) } else { None };
    found.sort(&sources);
    Reading { strawman, value, sources, diagnostics: found, document: Some(document) }
}

/// The typed strawman of a document that passed the structural check.
fn typed(value: &serde_json::Value, found: &mut Diagnostics) -> Option<Strawman> {
    match serde_path_to_error::deserialize::<_, Strawman>(value) {
        Ok(strawman) => Some(strawman),
        Err(error) => {
            let path: Path = error
                .path()
                .iter()
                .filter_map(|segment| match segment {
                    serde_path_to_error::Segment::Seq { index } => Some(Segment::Index(*index)),
                    serde_path_to_error::Segment::Map { key } => Some(Segment::Key(key.clone())),
                    // A kind is the key that it is written as.
                    serde_path_to_error::Segment::Enum { variant } => Some(Segment::Key(variant.clone())),
                    serde_path_to_error::Segment::Unknown => None,
                })
                .collect();
            found.push(
                Diagnostic::new(
                    &structure::UNREADABLE,
                    format!("this cannot be taken over: {}", error.inner()),
                )
                .at(path)
                .label("here")
                .help("please report this as a mistake of afctl"),
            );
            None
        }
    }
}

/// Removes the key at a path.
fn remove(node: &mut Node, path: &[Segment]) {
    match (path, &mut node.kind) {
        ([Segment::Key(key)], Kind::Map(entries)) => drop(entries.shift_remove(key)),
        ([Segment::Key(key), rest @ ..], Kind::Map(entries)) => {
            if let Some(entry) = entries.get_mut(key) {
                remove(&mut entry.value, rest);
            }
        }
        ([Segment::Index(index), rest @ ..], Kind::Seq(items)) => {
            if let Some(item) = items.get_mut(*index) {
                remove(item, rest);
            }
        }
        _ => {}
    }
}

impl Reading {
    /// The strawman that one of its variants makes of it, with places in the patch where the patch says something.
    /// `None` if there is no such variant, or if it has no patch.
    pub fn variant(&self, name: &str) -> Option<Self> {
        let (document, _) = shape::patched(self.document.as_ref()?, name)?;
        Some(finish(Some(document), self.sources.files().to_vec(), Diagnostics::new()))
    }
}
