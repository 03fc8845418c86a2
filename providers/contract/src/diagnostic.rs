//! What afctl has to say about a strawman: one [`Diagnostic`] a finding, each with a stable [`Code`] and a place.
//!
//! Nothing here prints: `src/cli` renders diagnostics with miette, as JSON, SARIF or GitHub annotations.

use crate::place::{Half, Path, SourceMap, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; changes nothing.
    Note,
    /// Probably wrong; may be suppressed with a reason.
    Warning,
    /// No [`crate::Facility`] comes of it.
    Error,
}

impl Level {
    /// `error`, `warning` or `note`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A kind of finding. Its `id` never changes its meaning and is never used again for another.
#[derive(Debug)]
pub struct Code {
    /// `AF0123`.
    pub id: &'static str,
    /// The level that it has unless a finding says otherwise.
    pub level: Level,
    /// What it is, in a line.
    pub title: &'static str,
    /// What `afctl explain` says: why it matters and what to do, with an example.
    pub explanation: &'static str,
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}
impl Eq for Code {}

/// Declares the codes of one family: statics by name, and `ALL`.
#[macro_export]
macro_rules! codes {
    ($($name:ident = $id:literal $level:ident $title:literal $explanation:literal;)*) => {
        $(#[doc = $title] pub static $name: $crate::diagnostic::Code = $crate::diagnostic::Code {
            id: $id,
            level: $crate::diagnostic::Level::$level,
            title: $title,
            explanation: $explanation,
        };)*
        /// Every code of this family, in order.
        pub static ALL: &[&$crate::diagnostic::Code] = &[$(&$name),*];
    };
}

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// A place of the document.
    Path(Path, Half),
    /// Bytes of a text, where there is no document yet (a syntax error) or a part of a value is meant.
    Span(Span),
    /// A whole file, by its index, that could not be read at all; or nothing in particular.
    Nowhere,
}

/// A further place that explains the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub at: At,
    /// What stands there.
    pub label: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of finding.
    pub code: &'static Code,
    /// How bad.
    pub level: Level,
    /// What is wrong and why, in a sentence without a full stop.
    pub message: String,
    /// Where.
    pub at: At,
    /// A few words under the place; may be empty.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// What to do.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A finding of this kind, at the level of its code, with no place yet.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            level: code.level,
            message: message.into(),
            at: At::Nowhere,
            label: String::new(),
            related: Vec::new(),
            help: None,
        }
    }

    /// Points at the value at `path`.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.at = At::Path(path, Half::Value);
        self
    }

    /// Points at the key at `path`.
    #[must_use]
    pub fn at_key(mut self, path: Path) -> Self {
        self.at = At::Path(path, Half::Key);
        self
    }

    /// Points at bytes.
    #[must_use]
    pub fn at_span(mut self, span: Span) -> Self {
        self.at = At::Span(span);
        self
    }

    /// A few words to stand under the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that explains it.
    #[must_use]
    pub fn also(mut self, path: Path, label: impl Into<String>) -> Self {
        self.related.push(Related { at: At::Path(path, Half::Value), label: label.into() });
        self
    }

    /// Another place that explains it, by its key: for entries whose values are long.
    #[must_use]
    pub fn also_key(mut self, path: Path, label: impl Into<String>) -> Self {
        self.related.push(Related { at: At::Path(path, Half::Key), label: label.into() });
        self
    }

    /// Another level than the code's own.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// The bytes it points at.
    pub fn span(&self, sources: &SourceMap) -> Option<Span> {
        self.at.span(sources)
    }
}

impl At {
    /// The bytes meant, if any.
    pub fn span(&self, sources: &SourceMap) -> Option<Span> {
        match self {
            Self::Path(path, half) => sources.locate(path, *half),
            Self::Span(span) => Some(*span),
            Self::Nowhere => None,
        }
    }
}

/// The findings so far, in the order they were made.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether anything forbids going on.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.level == Level::Error)
    }

    /// How many there are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|d| d.level == level).count()
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.0.retain(keep);
    }

    /// Orders them as the text goes: by file, then place, then severity, then code; drops exact repeats.
    pub fn sort(&mut self, sources: &SourceMap) {
        self.0.sort_by_cached_key(|d| {
            (d.span(sources), std::cmp::Reverse(d.level), d.code.id, d.message.clone())
        });
        self.0.dedup();
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
