//! A YAML document as a tree in which every key and value knows where it was written.
//!
//! Guarantees: aliases and merge keys are resolved, keys of a mapping are unique, the tree is at most
//! [`MAX_DEPTH`] deep and has at most [`MAX_NODES`] nodes, so that walking it (and dropping it) by recursion is safe.
//! Spans are byte ranges at character boundaries of the text that was read.

use afctl_contract::Span;
use indexmap::IndexMap;

/// How deep a document may be nested.
pub const MAX_DEPTH: usize = 128;
/// How many nodes a document may have once its aliases are expanded.
pub const MAX_NODES: usize = 500_000;

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it was written; for an alias, the alias itself.
    pub span: Span,
    /// The other place, if the value came through an alias.
    pub via: Option<Via>,
}

/// The second place of a value that came through an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// The node is an alias; its value stands here.
    Written(Span),
    /// The node stands in an anchored value; that was put to use here.
    Used(Span),
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another finite number.
    Float(f64),
    /// Text.
    Str {
        /// The text, escapes resolved.
        text: String,
        /// Whether it was written without quotes.
        plain: bool,
    },
    /// A list.
    Seq(Vec<Node>),
    /// A mapping, in the order written.
    Map(IndexMap<String, Entry>),
    /// Something that the reader refused, with a diagnostic of its own: nothing more is said about it.
    Broken,
}

/// The value of a mapping's key, and where the key stands.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key was written.
    pub key: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The entries, if it is a mapping.
    pub fn as_map(&self) -> Option<&IndexMap<String, Entry>> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Str { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The value under `key`, if it is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }

    /// How many nodes there are, itself included.
    pub fn count(&self) -> usize {
        1 + match &self.kind {
            Kind::Seq(items) => items.iter().map(Node::count).sum(),
            Kind::Map(entries) => entries.values().map(|e| e.value.count()).sum(),
            _ => 0,
        }
    }

    /// The same value without places. What was [`Kind::Broken`] is null.
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null | Kind::Broken => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Int(i) => Value::from(*i),
            Kind::Float(f) => Value::from(*f),
            Kind::Str { text, .. } => Value::String(text.clone()),
            Kind::Seq(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|(key, e)| (key.clone(), e.value.to_value())).collect())
            }
        }
    }
}
