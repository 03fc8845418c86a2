//! Raw nodes to the tree of [`Node`]s: aliases and merge keys expanded, tags and scalars resolved, keys unique.
//!
//! Assumes an arena at most `MAX_DEPTH` deep. What cannot be resolved becomes [`Kind::Broken`] with a diagnostic, and
//! reading goes on, except where the expansion grows beyond bounds.

use afctl_contract::codes::reading;
use afctl_contract::diagnostic::{At, Related};
use afctl_contract::{Diagnostic, Diagnostics, Span};
use indexmap::IndexMap;

use super::node::{Entry, Kind, MAX_DEPTH, MAX_NODES, Node, Via};
use super::parse::{Document, Id, What, too_deep};
use super::{scalar, words};

/// So many findings of this phase are said for a file.
const MOST: usize = 200;

pub(super) struct Expander<'d, 't> {
    document: &'d Document<'t>,
    source: usize,
    found: &'d mut Diagnostics,
    count: usize,
    /// Nodes being expanded, for aliases that lead back into them.
    open: Vec<Id>,
    said: usize,
}

/// The expansion was stopped; why has been said.
pub(super) struct Stopped;

type Expanded = Result<Node, Stopped>;

impl<'d, 't> Expander<'d, 't> {
    pub(super) fn new(document: &'d Document<'t>, source: usize, found: &'d mut Diagnostics) -> Self {
        Self { document, source, found, count: 0, open: Vec::new(), said: 0 }
    }

    pub(super) fn root(mut self, root: Id) -> Expanded {
        self.node(root, None)
    }

    fn span(&self, id: Id) -> Span {
        let raw = &self.document.nodes[id];
        Span { source: self.source, start: raw.start, end: raw.end }
    }

    /// Whether what is found now is not said any more, so that words for it need not be found.
    fn full(&self) -> bool {
        self.said > MOST
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.said += 1;
        if !self.full() {
            self.found.push(diagnostic);
        }
    }

    fn broken(&mut self, id: Id, diagnostic: Diagnostic) -> Node {
        self.say(diagnostic);
        Node { kind: Kind::Broken, span: self.span(id), via: None }
    }

    fn node(&mut self, id: Id, used: Option<Span>) -> Expanded {
        let span = self.span(id);
        self.count += 1;
        if self.count > MAX_NODES {
            let place = used.unwrap_or(span);
            self.say(
                Diagnostic::new(
                    &reading::TOO_BIG,
                    format!("with its aliases expanded the document has more than {MAX_NODES} parts"),
                )
                .at_span(place)
                .label("the reader stops at this alias")
                .help("aliases of lists of aliases multiply; use an alias for a value"),
            );
            return Err(Stopped);
        }
        if self.open.len() > MAX_DEPTH {
            self.say(too_deep(used.unwrap_or(span)));
            return Err(Stopped);
        }
        let document = self.document;
        let raw = &document.nodes[id];
        self.open.push(id);
        let result = match &raw.what {
            What::Scalar { text, plain } => Ok(self.scalar(id, text, *plain)),
            What::Seq(items) => self.seq(id, items, used),
            What::Map(entries) => self.map(id, entries, used),
            What::Alias(number) => self.alias(id, *number, used),
            What::UnknownAlias(name) => Ok(self.unknown_alias(id, name)),
        };
        self.open.pop();
        let mut node = result?;
        if node.via.is_none() {
            node.via = used.map(Via::Used);
        }
        Ok(node)
    }

    fn alias(&mut self, id: Id, number: usize, used: Option<Span>) -> Expanded {
        let span = self.span(id);
        let Some(target) = self.document.anchors.get(number).copied().flatten() else {
            return Ok(self.unknown_alias(id, ""));
        };
        let written = self.span(target);
        if self.open.contains(&target) {
            let mut said =
                Diagnostic::new(&reading::ALIAS_CYCLE, "this alias stands inside the value that it repeats")
                    .at_span(span)
                    .label("repeats without end")
                    .help("move the alias out of the value that carries its anchor");
            said.related.push(Related { at: At::Span(written), label: "the value".into() });
            return Ok(self.broken(id, said));
        }
        let mut node = self.node(target, Some(used.unwrap_or(span)))?;
        node.span = span;
        node.via = Some(Via::Written(written));
        Ok(node)
    }

    fn unknown_alias(&mut self, id: Id, name: &str) -> Node {
        if self.full() {
            return Node { kind: Kind::Broken, span: self.span(id), via: None };
        }
        let names = self.document.anchor_names.iter().map(String::as_str).filter(|n| !n.is_empty());
        let help = match words::nearest(name, names) {
            Some(near) => format!("did you mean `*{near}`?"),
            None => format!("mark the value with `&{name}` before this line, or quote the text: \"*{name}\""),
        };
        let said = Diagnostic::new(
            &reading::UNKNOWN_ALIAS,
            format!("there is no anchor `&{name}` before this alias"),
        )
        .at_span(self.span(id))
        .label("repeats nothing")
        .help(help);
        self.broken(id, said)
    }

    fn scalar(&mut self, id: Id, text: &str, plain: bool) -> Node {
        let span = self.span(id);
        let tag = self.document.nodes[id].tag.as_ref();
        let as_text = || Kind::Str { text: text.to_owned(), plain };
        let read = match tag.map(|t| t.core.as_deref()) {
            None if plain => scalar::plain(text),
            None | Some(Some("str")) => Ok(as_text()),
            Some(Some("null")) if matches!(text, "" | "~" | "null") => Ok(Kind::Null),
            Some(Some(wanted @ ("int" | "float" | "bool"))) => match (wanted, scalar::plain(text)) {
                ("int", Ok(kind @ Kind::Int(_)))
                | ("bool", Ok(kind @ Kind::Bool(_)))
                | ("float", Ok(kind @ Kind::Float(_))) => Ok(kind),
                #[allow(clippy::cast_precision_loss)] // what `!!float 3` asks for
                ("float", Ok(Kind::Int(i))) => Ok(Kind::Float(i as f64)),
                (_, Err(error)) => Err(error),
                _ => return self.bad_tag(id, &format!("`{text}` is not what its tag `!!{wanted}` says")),
            },
            Some(_) => return self.bad_tag(id, "this tag means nothing to afctl"),
        };
        let Ok(kind) = read else {
            let said = Diagnostic::new(
                &reading::NOT_FINITE,
                format!("`{}` is not a number that can be used", words::cut(text, 40)),
            )
            .at_span(span)
            .label("too large, or no number")
            .help("leave the key out where there is no limit, or write the largest value that holds");
            return self.broken(id, said);
        };
        Node { kind, span, via: None }
    }

    fn bad_tag(&mut self, id: Id, message: &str) -> Node {
        let (start, end) = self.document.nodes[id].tag.as_ref().map_or((0, 0), |t| t.span);
        let said = Diagnostic::new(&reading::TAG, message)
            .at_span(Span { source: self.source, start, end })
            .label("a tag")
            .help("remove the tag; quote the text if it should begin with `!`; combine files as overlays");
        self.broken(id, said)
    }

    fn seq(&mut self, id: Id, items: &[Id], used: Option<Span>) -> Expanded {
        if self.document.nodes[id].tag.as_ref().is_some_and(|t| t.core.as_deref() != Some("seq")) {
            return Ok(self.bad_tag(id, "this tag means nothing to afctl"));
        }
        let items = items.iter().map(|&item| self.node(item, used)).collect::<Result<_, _>>()?;
        Ok(Node { kind: Kind::Seq(items), span: self.span(id), via: None })
    }

    fn map(&mut self, id: Id, raw: &[(Id, Id)], used: Option<Span>) -> Expanded {
        if self.document.nodes[id].tag.as_ref().is_some_and(|t| t.core.as_deref() != Some("map")) {
            return Ok(self.bad_tag(id, "this tag means nothing to afctl"));
        }
        let mut entries: IndexMap<String, Entry> = IndexMap::with_capacity(raw.len().min(1024));
        let mut merges = Vec::new();
        for &(key_id, value_id) in raw {
            let Some((key, plain)) = self.key(key_id) else { continue };
            if key == "<<" && plain {
                merges.push((self.span(key_id), self.node(value_id, used)?));
                continue;
            }
            let key_span = self.span(key_id);
            let value = self.node(value_id, used)?;
            if let Some(first) = entries.get(&key) {
                let mut said =
                    Diagnostic::new(&reading::DUPLICATE_KEY, format!("the key `{key}` is given twice"))
                        .at_span(key_span)
                        .label("again here")
                        .help("remove one of the two, or rename it");
                said.related.push(Related { at: At::Span(first.key), label: "first here".into() });
                self.say(said);
                continue;
            }
            entries.insert(key, Entry { key: key_span, value });
        }
        let merged_any = !merges.is_empty();
        for (key, merged) in merges {
            self.merge(&mut entries, key, merged);
        }
        if entries.is_empty() && !raw.is_empty() && !merged_any {
            // No key could be read: that it has none of those needed is not worth saying.
            return Ok(Node { kind: Kind::Broken, span: self.span(id), via: None });
        }
        Ok(Node { kind: Kind::Map(entries), span: self.span(id), via: None })
    }

    /// The text of a key, and whether it is plain.
    fn key(&mut self, id: Id) -> Option<(String, bool)> {
        let document = self.document;
        let target = match &document.nodes[id].what {
            What::Alias(number) => document.anchors.get(*number).copied().flatten().unwrap_or(id),
            _ => id,
        };
        let said = match &document.nodes[target].what {
            What::Scalar { text, plain } if !(*plain && text.is_empty()) => {
                return Some((text.to_string(), *plain));
            }
            What::Scalar { .. } => {
                Diagnostic::new(&reading::KEY_NOT_TEXT, "there is no key before this colon")
                    .label("a key is missing")
                    .help("write `key: value`")
            }
            What::UnknownAlias(name) => {
                let name = name.to_string();
                self.unknown_alias(id, &name);
                return None;
            }
            What::Map(_) => Diagnostic::new(&reading::KEY_NOT_TEXT, "a mapping cannot be a key")
                .label("used as a key")
                .help("if this is a template such as {{ name }}, render it first or put it in quotes"),
            _ => Diagnostic::new(&reading::KEY_NOT_TEXT, "a list cannot be a key")
                .label("used as a key")
                .help("write one entry for each name"),
        };
        let span = self.span(id);
        self.say(said.at_span(span));
        None
    }

    /// Adds the entries of a merge key that are not there; what is written out wins, then the first of a list.
    fn merge(&mut self, entries: &mut IndexMap<String, Entry>, key: Span, merged: Node) {
        let sources = match merged.kind {
            Kind::Seq(items) => items,
            _ => vec![merged],
        };
        for source in sources {
            match source.kind {
                Kind::Map(more) => {
                    for (name, entry) in more {
                        entries.entry(name).or_insert(entry);
                    }
                }
                Kind::Broken => {}
                _ => self.say(
                    Diagnostic::new(&reading::MERGE_KEY, "`<<` merges a mapping, and this is none")
                        .at_span(if source.span.end > source.span.start { source.span } else { key })
                        .label("not a mapping")
                        .help("write `<<: *name`, where `&name` marks a mapping"),
                ),
            }
        }
    }
}
