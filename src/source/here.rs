//! The text around a syntax error: lines, words, brackets that are still open.
//!
//! Guarantees: every span is at boundaries of characters and within the text, whatever offset the parser gave.

use afctl_contract::Span;

/// How many colons of this line end a key.
pub(super) fn colons(line: &str) -> usize {
    let line = line.find(" #").map_or(line, |i| &line[..i]).trim_end();
    line.matches(": ").count() + usize::from(line.ends_with(':'))
}

/// The text around an error.
pub(super) struct Here<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    source: usize,
}

impl<'t> Here<'t> {
    pub(super) fn new(text: &'t str, at: usize, source: usize) -> Self {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        Self { text, at, source }
    }

    /// A place, moved to the boundaries of characters and at least one long where there is one.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let mut start = start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span { source: self.source, start, end }
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |i| i + 1)
    }

    pub(super) fn line_of(&self, at: usize) -> usize {
        self.line_start(at)
    }

    fn line_from(&self, start: usize) -> &'t str {
        let rest = &self.text[start..];
        rest[..rest.find('\n').unwrap_or(rest.len())].trim_end_matches('\r')
    }

    /// The line of the error; at the end of the text the last one with something in it.
    pub(super) fn current(&self) -> (usize, &'t str) {
        let at = if self.rest().trim().is_empty() { self.text.trim_end().len() } else { self.at };
        let start = self.line_start(at);
        (start, self.line_from(start))
    }

    pub(super) fn line(&self) -> &'t str {
        self.current().1
    }

    /// This line and those before it, nearest first.
    pub(super) fn lines_back(&self, more: usize) -> Vec<(usize, &'t str)> {
        let (mut start, line) = self.current();
        let mut lines = vec![(start, line)];
        while start > 0 && lines.len() <= more {
            start = self.line_start(start - 1);
            lines.push((start, self.line_from(start)));
        }
        lines
    }

    /// The word at the error, at most to the end of its line.
    pub(super) fn word(&self) -> Span {
        let rest = self.rest();
        let skipped = rest.len() - rest.trim_start_matches([' ', '\r', '\n']).len();
        if rest.trim().is_empty() {
            let end = self.text.trim_end().len();
            let (start, line) = self.current();
            let start = start + line.len() - line.trim_start().len();
            return self.span(start.min(end), end.min(start + 60));
        }
        let start = self.at + skipped;
        let rest = &self.text[start..];
        let end = rest.find([' ', '\n', '\r', '\t', ',', ']', '}']).unwrap_or(rest.len()).clamp(1, 60);
        self.span(start, start + end)
    }

    pub(super) fn word_text(&self) -> &'t str {
        let word = self.word();
        &self.text[word.start..word.end]
    }

    pub(super) fn char_of(&self, wanted: char) -> Span {
        let at = self.rest().find(wanted).map_or(self.at, |i| self.at + i);
        self.span(at, at + 1)
    }

    /// The first escape at or behind the error that YAML does not know, with the character behind its backslash.
    pub(super) fn escape(&self) -> Span {
        let mut chars = self.rest().char_indices();
        while let Some((i, c)) = chars.next() {
            if c != '\\' {
                continue;
            }
            match chars.next() {
                Some((_, next)) if "0abtnvfre \"/\\N_LP\n\r\t".contains(next) => {}
                Some((_, next)) => return self.span(self.at + i, self.at + i + 1 + next.len_utf8()),
                None => break,
            }
        }
        self.word()
    }

    /// A tab in the indentation of this line or the one before.
    pub(super) fn tab(&self) -> Option<Span> {
        self.lines_back(1).into_iter().find_map(|(start, line)| {
            let indent = &line[..line.len() - line.trim_start().len()];
            let tab = indent.find('\t')?;
            let width = indent[tab..].bytes().take_while(|b| *b == b'\t').count();
            Some(self.span(start + tab, start + tab + width))
        })
    }

    pub(super) fn last_open(&self, open: char) -> Option<usize> {
        self.text[..self.at].rfind(open)
    }

    /// Where the innermost bracket that is still open before the error was opened, quotes and comments aside.
    pub(super) fn innermost_open(&self) -> Option<usize> {
        let before = &self.text[..self.at];
        let mut open = Vec::new();
        let mut quote = None;
        let mut previous = ' ';
        let mut comment = false;
        for (i, c) in before.char_indices() {
            match (quote, c) {
                _ if comment => comment = c != '\n',
                (Some(q), _) if c == q => quote = None,
                (None, '#') if previous.is_whitespace() => comment = true,
                (None, '"' | '\'') if !previous.is_alphanumeric() => quote = Some(c),
                (None, '[' | '{') => open.push(i),
                (None, ']' | '}') => drop(open.pop()),
                // In quotes, or nothing of note.
                _ => {}
            }
            previous = c;
        }
        open.pop()
    }

    /// Whether this line reads as `key: …`, or an error right behind a key.
    pub(super) fn looks_like_key(&self) -> bool {
        self.lines_back(0).iter().any(|(_, line)| colons(line) > 0)
    }
}
