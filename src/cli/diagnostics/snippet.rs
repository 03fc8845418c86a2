//! A few lines of a source, cut where they are long, in the form that miette draws.

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::Lines;
use afctl_contract::Span;

/// Lines longer than this are cut around what is pointed at.
const LONGEST: usize = 200;
/// What is kept before the place in a line that is cut.
const BEFORE: usize = 60;

/// Some consecutive lines of a file.
pub(super) struct Snippet {
    name: String,
    text: String,
    /// Number of the first line, from 0.
    first: usize,
    /// For each line what was cut at its left: bytes of the source, and the characters they were.
    rows: Vec<Row>,
}

struct Row {
    /// First byte in the source, and in the snippet.
    source: usize,
    here: usize,
    /// Characters that were cut at the left, and whether a mark stands for them.
    cut: usize,
    mark: usize,
    /// Bytes kept.
    kept: usize,
}

impl Snippet {
    /// The line of `span` and one line around it.
    pub(super) fn around(lines: &Lines<'_>, span: Span) -> Option<Self> {
        let file = lines.sources.files().get(span.source)?;
        let line = lines.line(span.source, span.start);
        let first = line.saturating_sub(1);
        let last = (line + 1).min(lines.count(span.source).saturating_sub(1));
        let mut snippet = Self { name: file.name.clone(), text: String::new(), first, rows: Vec::new() };
        for number in first..=last {
            let (start, end) = lines.bounds(span.source, number)?;
            let text = &file.text[start..end];
            let at = if number == line { span.start.clamp(start, end) - start } else { 0 };
            snippet.push(text, start, at);
        }
        // An empty line at the end of the file shows nothing.
        if last > line && snippet.text.ends_with("\n\n") {
            snippet.text.pop();
            snippet.rows.pop();
        }
        Some(snippet)
    }

    fn push(&mut self, text: &str, start: usize, at: usize) {
        let long = text.char_indices().nth(LONGEST).is_some();
        let (from, cut) = if long {
            let before = text.get(..at).unwrap_or_default();
            match before.char_indices().rev().nth(BEFORE) {
                Some((from, _)) => (from, text[..from].chars().count()),
                None => (0, 0),
            }
        } else {
            (0, 0)
        };
        let rest = &text[from..];
        let kept = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(i, _)| i);
        let mark = if cut > 0 { "…" } else { "" };
        self.rows.push(Row { source: start + from, here: self.text.len(), cut, mark: mark.len(), kept });
        self.text.push_str(mark);
        // Control characters would upset the terminal, and a tab the columns.
        self.text.extend(rest[..kept].chars().map(|c| if c.is_control() { ' ' } else { c }));
        if kept < rest.len() {
            self.text.push('…');
        }
        self.text.push('\n');
    }

    /// Where in the snippet a place of the source is, if it begins here.
    pub(super) fn find(&self, span: Span) -> Option<(usize, usize)> {
        let row = self.rows.iter().rev().find(|row| row.source <= span.start)?;
        let offset = span.start - row.source;
        if offset > row.kept {
            return None;
        }
        let length = (span.end - span.start).min(row.kept - offset);
        Some((row.here + row.mark + offset, length))
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        let line = inner.line();
        let column = if before == 0 && after == 0 {
            // miette counts bytes; people count characters, those that were cut too.
            let row = self.rows.get(line);
            let from = row.map_or(0, |row| row.here + row.mark);
            let shown = self.text.get(from..span.offset()).map_or(0, |t| t.chars().count());
            shown + row.map_or(0, |row| row.cut)
        } else {
            inner.column()
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            line + self.first,
            column,
            inner.line_count(),
        )))
    }
}
