//! Findings for people at a terminal or in a log.

use std::fmt::{self, Write as _};

use afctl_contract::{Diagnostics, Level, SourceMap};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode};

use super::snippet::Snippet;
use super::{Lines, Located, counts, located};

/// How text is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// With colours.
    pub colour: bool,
    /// With box-drawing characters; without, plain ASCII.
    pub unicode: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Show at most so many findings.
    pub most: usize,
}

impl Default for Look {
    /// For a log: no colours, 100 columns, 200 findings.
    fn default() -> Self {
        Self { colour: false, unicode: true, width: 100, most: 200 }
    }
}

/// Every finding with its lines, and a summary at the end. Empty if there is none.
pub fn text(diagnostics: &Diagnostics, sources: &SourceMap, look: Look) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let theme = match (look.colour, look.unicode) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::ascii(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_context_lines(1)
        .with_links(false)
        .without_syntax_highlighting();
    let lines = Lines::new(sources);
    let mut out = String::new();
    // Errors are never pushed out of the list by warnings.
    let mut shown: Vec<_> = diagnostics.iter().enumerate().collect();
    if shown.len() > look.most {
        shown.sort_by_key(|(i, d)| (std::cmp::Reverse(d.level), *i));
        shown.truncate(look.most);
        shown.sort_by_key(|(i, _)| *i);
    }
    for (_, diagnostic) in &shown {
        let report = Report::new(&located(diagnostic, &lines), &lines);
        // Drawing into a String fails only if miette refuses the labels; the words are still worth having.
        if handler.render_report(&mut out, &report).is_err() {
            let _ = writeln!(out, "{report}");
        }
        for other in &report.related {
            let _ = handler.render_report(&mut out, other);
        }
        out.push('\n');
    }
    let left = diagnostics.iter().count() - shown.len();
    if left > 0 {
        let _ = writeln!(out, "… and {left} more");
    }
    let _ = writeln!(out, "{}", summary(diagnostics));
    // What stands in the strawman stays as it is; our own words can do without.
    if look.unicode { out } else { out.replace('…', "...") }
}

/// `2 errors, 1 warning`
pub fn summary(diagnostics: &Diagnostics) -> String {
    let (errors, warnings, notes) = counts(diagnostics);
    let parts: Vec<String> = [(errors, "error"), (warnings, "warning"), (notes, "note")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

/// A finding as miette takes it.
struct Report {
    message: String,
    level: Severity,
    help: Option<String>,
    snippet: Option<Snippet>,
    labels: Vec<LabeledSpan>,
    /// What stands in other places: drawn behind it.
    related: Vec<Report>,
}

impl Report {
    fn new(found: &Located<'_>, lines: &Lines<'_>) -> Self {
        let diagnostic = found.diagnostic;
        let snippet = found.place.as_ref().and_then(|place| Snippet::around(lines, place.span));
        let mut labels = Vec::new();
        let mut related = Vec::new();
        if let (Some(snippet), Some(place)) = (&snippet, &found.place)
            && let Some((start, length)) = snippet.find(place.span)
        {
            let label = (!diagnostic.label.is_empty()).then(|| diagnostic.label.clone());
            labels.push(LabeledSpan::new_primary_with_span(label, (start, length)));
        }
        for (place, label) in &found.related {
            let Some(place) = place else { continue };
            let here =
                found.place.as_ref().filter(|p| p.span.source == place.span.source).and(snippet.as_ref());
            if let Some((start, length)) = here.and_then(|snippet| snippet.find(place.span)) {
                labels.push(LabeledSpan::new(
                    (!label.is_empty()).then(|| (*label).to_owned()),
                    start,
                    length,
                ));
            } else if let Some(other) = Snippet::around(lines, place.span)
                && let Some(at) = other.find(place.span)
            {
                related.push(Self {
                    message: (*label).to_owned(),
                    level: Severity::Advice,
                    help: None,
                    snippet: Some(other),
                    labels: vec![LabeledSpan::new_primary_with_span(None, at)],
                    related: Vec::new(),
                });
            }
        }
        Self {
            message: format!("{}[{}]: {}", diagnostic.level.as_str(), diagnostic.code.id, diagnostic.message),
            level: match diagnostic.level {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
                Level::Note => Severity::Advice,
            },
            help: diagnostic.help.clone(),
            snippet,
            labels,
            related,
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn severity(&self) -> Option<Severity> {
        Some(self.level)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
