//! Where something stands in the strawman.
//!
//! A [`Path`] names a place by keys and indexes, whatever file, anchor or overlay it was written through; a
//! [`Span`] is the bytes where it was written. [`SourceMap`] leads from the first to the second. Everything after
//! the reader carries paths only, so a message at apply time can still be shown under the line that caused it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a mapping.
    Key(String),
    /// A position in a sequence, from 0.
    Index(usize),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}
impl From<&String> for Segment {
    fn from(key: &String) -> Self {
        Self::Key(key.clone())
    }
}
impl From<String> for Segment {
    fn from(key: String) -> Self {
        Self::Key(key)
    }
}
impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A place in the document, from its root: `spec.nodePools.gpu.taints[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The document itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// This path and one step more.
    #[must_use]
    pub fn join(&self, segment: impl Into<Segment>) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment.into());
        Self(segments)
    }

    /// The path one step up, or `None` at the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, up) = self.0.split_last()?;
        Some(Self(up.to_vec()))
    }

    /// The steps, from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether `self` is `other` or stands below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl FromIterator<Segment> for Path {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

/// `path!["spec", "nodePools", name, "taints", 0]`
#[macro_export]
macro_rules! path {
    ($($segment:expr),* $(,)?) => {
        [$($crate::place::Segment::from($segment)),*].into_iter().collect::<$crate::place::Path>()
    };
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && !key.contains(['.', '[', ']', '"', '\\']) && !key.contains(char::is_whitespace)
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_plain(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                // JSON's quoting is unambiguous and can be read back.
                Segment::Key(key) => write!(f, "[{}]", serde_json::Value::from(key.as_str()))?,
            }
        }
        Ok(())
    }
}

/// A text that is not a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a path such as spec.nodePools.gpu.taints[0]")]
pub struct PathError(String);

impl FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let wrong = || PathError(text.to_owned());
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[\"") {
                let mut escaped = false;
                let end = after
                    .char_indices()
                    .find(|&(_, c)| {
                        let closes = c == '"' && !escaped;
                        escaped = c == '\\' && !escaped;
                        closes
                    })
                    .ok_or_else(wrong)?
                    .0;
                let quoted = &rest[1..end + 3];
                segments.push(Segment::Key(serde_json::from_str(quoted).map_err(|_| wrong())?));
                rest = after[end + 1..].strip_prefix(']').ok_or_else(wrong)?;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (index, tail) = after.split_once(']').ok_or_else(wrong)?;
                segments.push(Segment::Index(index.parse().map_err(|_| wrong())?));
                rest = tail;
            } else {
                let body = rest.strip_prefix('.').unwrap_or(rest);
                let end = body.find(['.', '[']).unwrap_or(body.len());
                if end == 0 {
                    return Err(wrong());
                }
                segments.push(Segment::Key(body[..end].to_owned()));
                rest = &body[end..];
            }
        }
        Ok(Self(segments))
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Bytes `start..end` of one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index of the file in its [`SourceMap`].
    pub source: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// Which half of a mapping's entry is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Half {
    /// The key.
    Key,
    /// The value.
    #[default]
    Value,
}

/// One text that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As the user named it; `-` for standard input.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
}

/// Where the two halves of an entry were written.
#[derive(Debug, Clone, Copy)]
pub struct EntrySpans {
    /// The key, unless the entry is an item of a sequence or the root.
    pub key: Option<Span>,
    /// The value.
    pub value: Span,
}

/// The texts that were read, and where each path of the merged document was written.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    entries: HashMap<Path, EntrySpans>,
}

/// A place for people: file, line and column from 1, and the line itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// File as the user named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line, without its end.
    pub text: String,
}

impl SourceMap {
    /// A map over these texts; places are added by [`SourceMap::insert`].
    pub fn new(files: Vec<SourceFile>) -> Self {
        Self { files, entries: HashMap::new() }
    }

    /// Records where a path was written.
    pub fn insert(&mut self, path: Path, spans: EntrySpans) {
        self.entries.insert(path, spans);
    }

    /// The texts, in the order they were read.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// Whether the document has something at this path.
    pub fn contains(&self, path: &Path) -> bool {
        self.entries.contains_key(path)
    }

    /// Where `path` was written: itself, or the key of the nearest thing above it that was written.
    pub fn locate(&self, path: &Path, half: Half) -> Option<Span> {
        let mut at = path.clone();
        let mut half = half;
        loop {
            if let Some(spans) = self.entries.get(&at) {
                return Some(match half {
                    Half::Key => spans.key.unwrap_or(spans.value),
                    Half::Value => spans.value,
                });
            }
            at = at.parent()?;
            half = Half::Key;
        }
    }

    /// File, line and column of a span's first byte.
    pub fn position(&self, span: Span) -> Option<Position> {
        let file = self.files.get(span.source)?;
        let mut start = span.start.min(file.text.len());
        while !file.text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = file.text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = file.text[start..].find('\n').map_or(file.text.len(), |i| start + i);
        Some(Position {
            file: file.name.clone(),
            line: file.text[..line_start].matches('\n').count() + 1,
            column: file.text[line_start..start].chars().count() + 1,
            text: file.text[line_start..line_end].trim_end_matches('\r').to_owned(),
        })
    }

    /// [`SourceMap::locate`] and [`SourceMap::position`] in one.
    pub fn position_of(&self, path: &Path, half: Half) -> Option<Position> {
        self.position(self.locate(path, half)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_path_is_read_back_as_it_was_written(keys in prop::collection::vec("\\PC{0,8}|[a-z.\"\\\\\\[\\]]{0,6}", 0..5), index in 0usize..9) {
            let mut path: Path = keys.iter().map(Segment::from).collect();
            prop_assert_eq!(path.to_string().parse::<Path>(), Ok(path.clone()));
            path = path.join(index);
            prop_assert_eq!(path.to_string().parse::<Path>(), Ok(path));
        }
    }

    #[test]
    fn odd_keys_are_quoted() {
        let path = path!["sharing", "mig", "1g.5gb", 0usize];
        assert_eq!(path.to_string(), r#"sharing.mig["1g.5gb"][0]"#);
    }
}
