//! The parser's events to an arena of raw nodes: aliases still point, tags still stand.
//!
//! Guarantees: at most [`MAX_NODES`] nodes are kept and at most [`MAX_DEPTH`] levels; reading stops there with one
//! diagnostic. Nothing recurses, whatever the text nests.

use std::borrow::Cow;

use afctl_contract::codes::reading;
use afctl_contract::{Diagnostic, Diagnostics, Span};
use granit_parser::{Event, Parser, ScalarStyle};

use super::node::{MAX_DEPTH, MAX_NODES};
use super::syntax;

/// An index into [`Document::nodes`].
pub(super) type Id = usize;

pub(super) struct Raw<'t> {
    pub what: What<'t>,
    pub start: usize,
    pub end: usize,
    pub tag: Option<Tag>,
}

pub(super) struct Tag {
    /// Such as `str` for `!!str`; `None` if it is not of YAML's core schema.
    pub core: Option<String>,
    pub span: (usize, usize),
}

pub(super) enum What<'t> {
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
    },
    Seq(Vec<Id>),
    Map(Vec<(Id, Id)>),
    /// The number of an anchor.
    Alias(usize),
    UnknownAlias(Cow<'t, str>),
}

#[derive(Default)]
pub(super) struct Document<'t> {
    pub nodes: Vec<Raw<'t>>,
    pub root: Option<Id>,
    /// The node of each anchor, by number.
    pub anchors: Vec<Option<Id>>,
    pub anchor_names: Vec<String>,
}

struct Open {
    id: Id,
    /// The key that waits for its value.
    key: Option<Id>,
}

/// Reads the one document of a text. `None` if it cannot be read; why is in `found`.
pub(super) fn parse<'t>(text: &'t str, source: usize, found: &mut Diagnostics) -> Option<Document<'t>> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        block_nesting_limit: 400,
        flow_nesting_limit: 400,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut document = Document::default();
    let mut open: Vec<Open> = Vec::new();
    let mut documents = 0_usize;
    let mut first_mark = (0, 0);
    while let Some(event) = parser.next_event() {
        let (event, place) = match event {
            Ok(event) => event,
            Err(error) => {
                found.push(syntax::explain(&error, text, source));
                return None;
            }
        };
        // The parser gives byte offsets for every event of a text in memory.
        let range = place.byte_range().unwrap_or(0..0);
        let tag = event.tag().map(|tag| Tag {
            core: tag
                .core_suffix()
                .map(str::to_owned)
                .or_else(|| (tag.original() == "!").then(|| "str".to_owned())),
            span: place
                .tag_span()
                .and_then(|s| s.byte_range())
                .map_or((range.start, range.start), |r| (r.start, r.end)),
        });
        let (what, opens) = match event {
            Event::DocumentStart(..) => {
                first_mark = (range.start, range.end);
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                close(&mut document, &mut open, range.end);
                continue;
            }
            Event::Anchor(number, name) => {
                if document.anchor_names.len() <= number {
                    document.anchor_names.resize(number + 1, String::new());
                }
                document.anchor_names[number] = name.into_owned();
                continue;
            }
            Event::Scalar(value, style, anchor, _) => {
                anchored(&mut document, anchor);
                // Where nothing is written the parser says `~`.
                let value = if range.is_empty() { Cow::Borrowed("") } else { value };
                (What::Scalar { text: value, plain: style == ScalarStyle::Plain }, false)
            }
            Event::SequenceStart(_, anchor, _) => {
                anchored(&mut document, anchor);
                (What::Seq(Vec::new()), true)
            }
            Event::MappingStart(_, anchor, _) => {
                anchored(&mut document, anchor);
                (What::Map(Vec::new()), true)
            }
            Event::Alias(number) => (What::Alias(number), false),
            Event::UnresolvedAlias(name) => (What::UnknownAlias(name), false),
            _ => continue,
        };
        let span = Span { source, start: range.start, end: range.end };
        if open.is_empty() {
            let empty = matches!(&what, What::Scalar { text, plain: true } if text.is_empty());
            if !empty {
                documents += 1;
            }
            if documents > 1 {
                found.push(several(source, first_mark, span));
                return None;
            }
            if empty && document.root.is_some() {
                continue;
            }
        }
        let id = document.nodes.len();
        if id >= MAX_NODES {
            found.push(too_big(span));
            return None;
        }
        document.nodes.push(Raw { what, start: range.start, end: range.end, tag });
        attach(&mut document, &mut open, id);
        if opens {
            if open.len() >= MAX_DEPTH {
                found.push(too_deep(span));
                return None;
            }
            open.push(Open { id, key: None });
        }
    }
    Some(document)
}

/// The node that is about to be added has this anchor (0: none).
fn anchored(document: &mut Document<'_>, anchor: usize) {
    if anchor == 0 {
        return;
    }
    if document.anchors.len() <= anchor {
        document.anchors.resize(anchor + 1, None);
    }
    document.anchors[anchor] = Some(document.nodes.len());
}

fn attach(document: &mut Document<'_>, open: &mut [Open], id: Id) {
    let Some(parent) = open.last_mut() else {
        document.root = Some(id);
        return;
    };
    match &mut document.nodes[parent.id].what {
        What::Seq(items) => items.push(id),
        What::Map(entries) => match parent.key.take() {
            None => parent.key = Some(id),
            Some(key) => entries.push((key, id)),
        },
        _ => {}
    }
}

/// Ends the innermost collection: one in brackets ends behind its bracket, one by indentation with its last part.
fn close(document: &mut Document<'_>, open: &mut Vec<Open>, end: usize) {
    let Some(closed) = open.pop() else { return };
    let node = &document.nodes[closed.id];
    let last =
        match &node.what {
            What::Seq(items) => items.last().copied(),
            What::Map(entries) => entries.last().map(|&(key, value)| {
                if document.nodes[value].end > document.nodes[key].end { value } else { key }
            }),
            _ => None,
        };
    let in_brackets =
        node.end > node.start && !matches!(&node.what, What::Seq(_) if node.end - node.start != 1);
    let end = if in_brackets { end } else { last.map_or(node.end, |last| document.nodes[last].end) };
    let node = &mut document.nodes[closed.id];
    node.end = node.end.max(end);
}

fn several(source: usize, mark: (usize, usize), content: Span) -> Diagnostic {
    let span = if mark.1 > mark.0 { Span { source, start: mark.0, end: mark.1 } } else { content };
    Diagnostic::new(
        &reading::SEVERAL_DOCUMENTS,
        "a second document begins here, and a strawman is one document",
    )
    .at_span(span)
    .label("the second document")
    .help("write it to a file of its own; files given in order are laid one over the other")
}

pub(super) fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(&reading::TOO_DEEP, format!("the document is nested more than {MAX_DEPTH} levels deep"))
        .at_span(span)
        .label("too deep from here on")
        .help("look for brackets that are never closed; a strawman needs about ten levels")
}

pub(super) fn too_big(span: Span) -> Diagnostic {
    Diagnostic::new(&reading::TOO_BIG, format!("the document has more than {MAX_NODES} parts"))
        .at_span(span)
        .label("the reader stops here")
        .help("name ranges of hosts as in c[001-999] instead of listing them")
}
