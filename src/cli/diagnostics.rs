//! Findings for people ([`text`]) and for machines ([`json`], [`sarif`], [`github`]).
//!
//! Guarantees: pure (no terminal is asked), the same input gives the same output, and the time taken grows with the
//! number of findings, not with their number times the size of the files. A place that runs over several lines is shown
//! by its first.

mod machine;
mod snippet;
mod text;

use afctl_contract::diagnostic::At;
use afctl_contract::{Diagnostic, Diagnostics, Level, Path, SourceMap, Span};

pub use machine::{SCHEMA_VERSION, github, json, sarif};
pub use text::{Look, summary, text};

/// Where lines of the texts begin, so that a place is found without reading the whole text again.
struct Lines<'s> {
    sources: &'s SourceMap,
    starts: Vec<Vec<usize>>,
}

/// A place for people: lines and columns from 1, columns in characters, the end behind the last character.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'s> {
    file: &'s str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// The span, at boundaries of characters.
    span: Span,
}

impl<'s> Lines<'s> {
    fn new(sources: &'s SourceMap) -> Self {
        let starts = sources
            .files()
            .iter()
            .map(|file| std::iter::once(0).chain(file.text.match_indices('\n').map(|(i, _)| i + 1)).collect())
            .collect();
        Self { sources, starts }
    }

    /// Index of the line (from 0) with this byte.
    fn line(&self, source: usize, at: usize) -> usize {
        self.starts
            .get(source)
            .map_or(0, |starts| starts.partition_point(|start| *start <= at).saturating_sub(1))
    }

    /// Where a line begins and ends, its line break left out.
    fn bounds(&self, source: usize, line: usize) -> Option<(usize, usize)> {
        let text = &self.sources.files().get(source)?.text;
        let starts = self.starts.get(source)?;
        let start = *starts.get(line)?;
        let end = starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
        Some((start, end))
    }

    fn count(&self, source: usize) -> usize {
        self.starts.get(source).map_or(0, Vec::len)
    }

    fn place(&self, span: Span) -> Option<Place<'s>> {
        let file = self.sources.files().get(span.source)?;
        let boundary = |mut at: usize| {
            at = at.min(file.text.len());
            while !file.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(span.start), boundary(span.end.max(span.start)));
        let column = |line: usize, at: usize| {
            let from = self.bounds(span.source, line).map_or(0, |(from, _)| from);
            file.text.get(from..at.max(from)).map_or(1, |t| t.chars().count() + 1)
        };
        let (line, end_line) = (self.line(span.source, start), self.line(span.source, end));
        Some(Place {
            file: &file.name,
            line: line + 1,
            column: column(line, start),
            end_line: end_line + 1,
            end_column: column(end_line, end),
            span: Span { source: span.source, start, end },
        })
    }

    /// The first line of a place, without blanks at its end.
    fn first_line(&self, span: Span) -> Span {
        let Some((_, line_end)) = self.bounds(span.source, self.line(span.source, span.start)) else {
            return span;
        };
        let text = &self.sources.files()[span.source].text;
        if span.end <= line_end {
            return span;
        }
        // Of a place that runs on, the comment at the end of its first line is no part.
        let shown = text.get(span.start..line_end.max(span.start)).unwrap_or_default();
        let shown = shown.find(" #").map_or(shown, |comment| &shown[..comment]).trim_end();
        Span { end: span.start + shown.len(), ..span }
    }
}

/// A finding with its places looked up.
struct Located<'a> {
    diagnostic: &'a Diagnostic,
    place: Option<Place<'a>>,
    related: Vec<(Option<Place<'a>>, &'a str)>,
}

impl Located<'_> {
    fn path(&self) -> Option<&Path> {
        match &self.diagnostic.at {
            At::Path(path, _) => Some(path),
            _ => None,
        }
    }
}

fn located<'a>(diagnostic: &'a Diagnostic, lines: &Lines<'a>) -> Located<'a> {
    let find = |at: &At| at.span(lines.sources).and_then(|span| lines.place(lines.first_line(span)));
    Located {
        diagnostic,
        place: find(&diagnostic.at),
        related: diagnostic.related.iter().map(|r| (find(&r.at), r.label.as_str())).collect(),
    }
}

/// The slice of the source that a finding points at: the first line of its place.
pub fn pointed_at<'s>(diagnostic: &Diagnostic, sources: &'s SourceMap) -> Option<(&'s str, usize, &'s str)> {
    let lines = Lines::new(sources);
    let place = lines.place(lines.first_line(diagnostic.span(sources)?))?;
    let text = sources.files().get(place.span.source)?.text.get(place.span.start..place.span.end)?;
    Some((place.file, place.line, text))
}

fn counts(diagnostics: &Diagnostics) -> (usize, usize, usize) {
    (diagnostics.count(Level::Error), diagnostics.count(Level::Warning), diagnostics.count(Level::Note))
}
