//! The structural check: a walk of the spanned tree against the schema that finds everything at once.
//!
//! Guarantees: every finding has the path of what it is about; a tree without errors is read by the Rust types. It
//! stops after [`MOST`] findings. What the reader already refused ([`Kind::Broken`]) is passed over in silence.

mod choice;
pub(super) mod describe;
mod envelope;
mod keys;
mod names;
mod values;
mod variants;

use std::collections::HashSet;

use afctl_contract::codes::{reading, structure};
use afctl_contract::diagnostic::{At, Code, Related};
use afctl_contract::place::{Half, Segment};
use afctl_contract::{Diagnostic, Level, Path, SourceFile, Span};
use serde_json::Value;

use super::node::{Kind, Node, Via};
use super::schema::{self, Object};

pub(super) use variants::patched;

/// After so many findings the check stops.
pub const MOST: usize = 1000;
/// How often names that look alike are searched for: bounds the time that a hostile document takes.
const MOST_HINTS: usize = 200;

/// One finding, and for a name that is not defined the place where its definition would stand.
struct Finding {
    said: Diagnostic,
    cause: Option<Path>,
}

/// What the check found.
#[derive(Default)]
pub(super) struct Outcome {
    pub found: Vec<Diagnostic>,
    /// Keys with nothing behind them that count as left out.
    pub empty: Vec<Path>,
    /// Whether the strawman itself, its variants aside, has the form it needs.
    pub sound: bool,
}

/// Checks a whole document.
pub(super) fn check(document: &Node, files: &[SourceFile]) -> Outcome {
    let mut walk = Walk::new(document, files);
    if walk.envelope(document) {
        walk.mapping_or_else(document, schema::resolve(schema::strawman()));
    }
    let mut outcome = Outcome {
        sound: walk.found.iter().all(|finding| finding.said.level < Level::Error),
        found: walk.found.into_iter().map(|finding| finding.said).collect(),
        empty: walk.empty,
    };
    variants::check(document, files, &mut outcome);
    if outcome.found.len() >= MOST {
        outcome.found.push(Diagnostic::new(
            &reading::MANY_FINDINGS,
            format!("the check stopped after {MOST} findings; mend the first and run it again"),
        ));
    }
    outcome
}

struct Walk<'d> {
    /// Where names are looked up.
    document: &'d Node,
    files: &'d [SourceFile],
    found: Vec<Finding>,
    empty: Vec<Path>,
    at: Vec<Segment>,
    /// The closed objects around, from the root, each with the depth at which it stands.
    around: Vec<(usize, &'d Object)>,
    hints: usize,
    /// What was said about which place: a value that came through an alias stands there again.
    said: HashSet<(&'static str, Span, Half)>,
}

impl<'d> Walk<'d> {
    fn new(document: &'d Node, files: &'d [SourceFile]) -> Self {
        Self {
            document,
            files,
            found: Vec::new(),
            empty: Vec::new(),
            at: Vec::new(),
            around: Vec::new(),
            hints: 0,
            said: HashSet::new(),
        }
    }

    fn full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn path(&self) -> Path {
        self.at.iter().cloned().collect()
    }

    /// The name of the place for a sentence: the last key, and the index of an item.
    fn name(&self) -> String {
        let mut name = String::new();
        for segment in self.at.iter().rev() {
            match segment {
                Segment::Key(key) => return format!("{}{name}", super::words::cut(key, 60)),
                Segment::Index(index) => name = format!("[{index}]{name}"),
            }
        }
        if name.is_empty() { "the document".to_owned() } else { name }
    }

    /// Walks into the value of a key or index.
    fn inside(&mut self, segment: impl Into<Segment>, walk: impl FnOnce(&mut Self)) {
        self.at.push(segment.into());
        walk(self);
        self.at.pop();
    }

    /// A finding about the value here.
    fn value(
        &mut self,
        node: &Node,
        code: &'static Code,
        message: impl Into<String>,
        label: &str,
        help: Option<String>,
    ) {
        // Nothing was written, so the key is what can be shown.
        let half = if matches!(node.kind, Kind::Null) { Half::Key } else { Half::Value };
        self.say(node, code, message.into(), label, help, half);
    }

    /// A finding about the key here.
    fn key(
        &mut self,
        node: &Node,
        code: &'static Code,
        message: impl Into<String>,
        label: &str,
        help: Option<String>,
    ) {
        self.say(node, code, message.into(), label, help, Half::Key);
    }

    fn say(
        &mut self,
        node: &Node,
        code: &'static Code,
        message: String,
        label: &str,
        help: Option<String>,
        half: Half,
    ) {
        let said = Diagnostic { help, ..Diagnostic::new(code, message).label(label) };
        let path = self.path();
        let said = if half == Half::Key { said.at_key(path) } else { said.at(path) };
        self.push(node, Finding { said, cause: None });
    }

    fn push(&mut self, node: &Node, mut finding: Finding) {
        let half = match &finding.said.at {
            At::Path(_, half) => *half,
            _ => Half::Value,
        };
        let new = self.said.insert((finding.said.code.id, node.span, half));
        let related = match node.via {
            Some(Via::Used(_)) if !new => return,
            Some(Via::Used(span)) => Some((span, "and is used here")),
            Some(Via::Written(span)) => Some((span, "the value stands here")),
            None => None,
        };
        if let Some((span, label)) = related {
            finding.said.related.push(Related { at: At::Span(span), label: label.to_owned() });
        }
        if !self.full() {
            self.found.push(finding);
        }
    }

    /// Whether there is still time to look for names that are alike.
    fn may_hint(&mut self) -> bool {
        self.hints += 1;
        self.hints <= MOST_HINTS
    }

    /// The text of a scalar as it was written.
    fn written(&self, node: &Node) -> &'d str {
        let span = match node.via {
            Some(Via::Written(span)) => span,
            _ => node.span,
        };
        self.files.get(span.source).and_then(|f| f.text.get(span.start..span.end)).unwrap_or_default()
    }

    /// Checks a value against a schema.
    fn check(&mut self, node: &Node, schema: &'d Value) {
        if self.full() || matches!(node.kind, Kind::Broken) {
            return;
        }
        let object = schema::resolve(schema);
        let before = self.found.len();
        self.check_object(node, object);
        // Names are looked up only where the value has the right form.
        if self.found.len() == before {
            // The reference may stand beside a `$ref`.
            for from in [schema.as_object(), Some(object)].into_iter().flatten() {
                if let Some(section) = from.get("x-afctl-ref").and_then(Value::as_str) {
                    self.names(node, section);
                    break;
                }
            }
            if let Some(section) = object.get("x-afctl-key-ref").and_then(Value::as_str) {
                self.key_names(node, section);
            }
        }
    }

    fn check_object(&mut self, node: &Node, object: &'d Object) {
        let branches = schema::alternatives(object);
        if branches.is_empty() {
            self.plain(node, object);
        } else {
            self.choice(node, object, &branches);
        }
    }

    /// Checks a value against a schema without alternatives.
    fn plain(&mut self, node: &Node, object: &'d Object) {
        let types = schema::types(object);
        if types.is_empty() && !object.contains_key("const") && !object.contains_key("enum") {
            return;
        }
        match &node.kind {
            Kind::Map(_) if types.contains(&"object") => self.mapping(node, object),
            Kind::Seq(items) if types.contains(&"array") => self.list(node, items, object),
            Kind::Str { text, .. } if types.is_empty() || types.contains(&"string") => {
                self.text(node, text, object);
            }
            Kind::Bool(_) if types.contains(&"boolean") => {}
            Kind::Int(_) | Kind::Float(_) if types.contains(&"number") || types.contains(&"integer") => {
                self.number(node, object);
            }
            Kind::Null if types.contains(&"null") => {}
            Kind::Int(_) | Kind::Float(_) if object.contains_key("x-afctl-unit") => {
                self.no_unit(node, object);
            }
            _ => self.wrong_type(node, object),
        }
    }

    /// At the root: a mapping against the schema of the whole.
    fn mapping_or_else(&mut self, node: &Node, object: &'d Object) {
        if node.as_map().is_some() {
            self.mapping(node, object);
        }
    }

    fn list(&mut self, node: &Node, items: &[Node], object: &'d Object) {
        let least = object.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let most = object.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let count = items.len() as u64;
        if count < least || count > most {
            let (bound, word) = if count < least { (least, "least") } else { (most, "most") };
            let help = Some(match self.example(object).as_str() {
                "[…]" => "add what belongs there, or remove the key".to_owned(),
                example => format!("write as in {example}, or remove the key"),
            });
            self.value(
                node,
                &structure::WRONG_COUNT,
                format!("`{}` needs at {word} {bound}, and has {count}", self.name()),
                if items.is_empty() { "empty" } else { "" },
                help,
            );
        }
        if let Some(schema) = object.get("items") {
            for (index, item) in items.iter().enumerate() {
                if self.full() {
                    return;
                }
                self.inside(index, |walk| {
                    if matches!(item.kind, Kind::Null) && !keys::forms(schema::resolve(schema)).is_empty() {
                        walk.no_value(item, schema::resolve(schema));
                    } else {
                        walk.check(item, schema);
                    }
                });
            }
        }
    }
}
