//! A syntax error in words for somebody who knows YAML a little: what is wrong, where it began, how to write it.
//!
//! The parser says where it could not go on; the mistake is often before that. The text around tells which it is.

use afctl_contract::codes::reading;
use afctl_contract::diagnostic::{At, Code, Related};
use afctl_contract::{Diagnostic, Span};
use granit_parser::{ErrorKind as E, ScanError};

use super::here::{Here, colons};
use super::parse::too_deep;
use super::words;

pub(super) fn explain(error: &ScanError, text: &str, source: usize) -> Diagnostic {
    let here = Here::new(text, error.marker().byte_offset().unwrap_or(text.len()), source);
    if matches!(error.kind(), E::RecursionLimitExceeded) {
        return too_deep(here.word());
    }
    if let Some(said) = conflict(&here) {
        return said;
    }
    if let E::UnknownQuotedScalarEscape | E::UnclosedQuotedScalar = error.kind() {
        // What stands in quotes may be indented by anything.
    } else if let Some(tab) = here.tab() {
        return Diagnostic::new(
            &reading::TAB,
            "a tab stands in the indentation, and YAML is indented by spaces",
        )
        .at_span(tab)
        .label("a tab")
        .help("replace tabs by spaces: expand -t 2 old.yaml > new.yaml");
    }
    by_kind(error.kind(), &here).unwrap_or_else(|| {
        let said = error.kind().to_string();
        let said = said.rsplit(", ").next().unwrap_or(&said);
        new(&reading::SYNTAX, "this is not YAML").at_span(here.word()).label(said.to_owned()).help(
            "look at this line and the one before: indentation, a missing colon, a missing quote or bracket",
        )
    })
}

/// Marks that git left in the text.
fn conflict(here: &Here<'_>) -> Option<Diagnostic> {
    let mark = ["<<<<<<< ", "=======", ">>>>>>> "];
    let (start, line) =
        here.lines_back(40).into_iter().rfind(|(_, l)| mark.iter().any(|m| l.starts_with(m)))?;
    let said = new(&reading::SYNTAX, "git left marks of a merge conflict in the text")
        .at_span(here.span(start, start + line.len().min(60)))
        .label("a mark of git")
        .help("decide for one of the two versions and remove the lines with <<<<<<<, ======= and >>>>>>>");
    Some(said)
}

fn new(code: &'static Code, message: &str) -> Diagnostic {
    Diagnostic::new(code, message)
}

fn by_kind(kind: &E, here: &Here<'_>) -> Option<Diagnostic> {
    Some(match kind {
        E::UnclosedQuotedScalar => unclosed_quote(here),
        E::DocumentIndicatorInQuotedScalar | E::InvalidQuotedScalarIndent => {
            new(&reading::UNCLOSED, "a quote opened before this line is not closed")
                .at_span(here.word())
                .label("still inside the quotes")
                .help("close the quote on the line where it was opened")
        }
        E::UnclosedFlowCollection { open } => unclosed_bracket(here, *open),
        E::UnexpectedEofFlowSequence => unclosed_bracket(here, '['),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => unclosed_bracket(here, '{'),
        E::MismatchedFlowCollectionEnd { open, close } => {
            new(&reading::UNCLOSED, &format!("`{open}` is closed by `{close}`"))
                .at_span(here.char_of(*close))
                .label("does not match")
                .help(format!("`[` closes with `]`, `{{` with `}}`; the innermost open one here is `{open}`"))
        }
        E::MisplacedFlowCollectionEnd => {
            new(&reading::UNCLOSED, "a bracket closes here that was never opened")
                .at_span(here.word())
                .label("closes nothing")
                .help("remove it, or open it before")
        }
        E::ExpectedFlowSequenceSeparator | E::ExpectedFlowMappingSeparator | E::InvalidFlowScalarIndent => {
            separator(here)
        }
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::MappingKeyNotAllowed => colon(here),
        E::SimpleKeyExpected
        | E::InvalidSimpleKey
        | E::ExpectedBlockMappingKey
        | E::InvalidDocumentEnd
        | E::ExpectedDocumentStart
        | E::UnexpectedEndOfPlainScalar => no_colon(here),
        E::InvalidMappingValueWhitespace | E::FlowMappingValueAdjacentCollection => {
            new(&reading::COLON, "a space is missing after the colon")
                .at_span(here.word())
                .label("write a space before this")
                .help("write `key: value`")
        }
        E::InvalidIndentation | E::InvalidBlockScalarIndent | E::ExpectedBlockSequenceEntry => {
            indentation(here)
        }
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => list_item(here.word()),
        E::UnexpectedCharacter { character } => needs_quotes(here, &character.to_string()),
        E::DirectiveDisallowed | E::InvalidDirectiveName | E::MissingDirectiveName => needs_quotes(here, "%"),
        E::MissingAnchorOrAliasName => needs_quotes(here, here.word_text().get(..1).unwrap_or("*")),
        E::PlainScalarStartsWithDashFlowIndicator => needs_quotes(here, "-"),
        E::ExpectedWhitespace | E::InvalidTagTerminator | E::MissingTagUri => {
            needs_quotes(here, here.word_text())
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => trailing(here),
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidUnicodeEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidLowSurrogateHexEscape => new(&reading::ESCAPE, "this backslash escape is unknown")
            .at_span(here.escape())
            .label("not an escape")
            .help("use single quotes, where a backslash is a backslash, or double it"),
        E::CommentNotSeparated => new(&reading::SYNTAX, "a comment needs a space before its `#`")
            .at_span(here.word())
            .label("not separated")
            .help("write ` # comment`, or quote the text if `#` belongs to it"),
        E::UndeclaredTagHandle => new(&reading::TAG, "this tag means nothing to afctl")
            .at_span(here.word())
            .label("a tag")
            .help("remove the tag, or quote the text if it should begin with `!`"),
        _ => return None,
    })
}

fn list_item(at: Span) -> Diagnostic {
    new(&reading::INDENTATION, "a list item cannot stand here")
        .at_span(at)
        .label("`- ` begins a list item")
        .help("put the list below its key, all items in one column; inside brackets write [a, b]")
}

fn unclosed_quote(here: &Here<'_>) -> Diagnostic {
    let quote = here.rest().chars().next().filter(|c| matches!(c, '"' | '\'')).unwrap_or('"');
    let mut said = new(&reading::UNCLOSED, "this quote is never closed")
        .at_span(here.span(here.at, here.at + 1))
        .label("opened here")
        .help(format!("close it with `{quote}` on the same line"));
    if quote == '\'' {
        said.help = Some("close it with `'`; inside single quotes an apostrophe is written twice: ''".into());
    }
    said
}

fn unclosed_bracket(here: &Here<'_>, open: char) -> Diagnostic {
    let close = if open == '[' { ']' } else { '}' };
    let at = if here.rest().starts_with(open) { here.at } else { here.last_open(open).unwrap_or(here.at) };
    new(&reading::UNCLOSED, &format!("this `{open}` is never closed"))
        .at_span(here.span(at, at + 1))
        .label("opened here")
        .help(format!("close it with `{close}`"))
}

/// Inside brackets: a comma is missing, or the bracket was not closed and the next line is not meant to be inside.
fn separator(here: &Here<'_>) -> Diagnostic {
    if here.looks_like_key()
        && let Some(said) = unclosed_before(here)
    {
        return said;
    }
    new(&reading::SYNTAX, "a comma is missing inside the brackets")
        .at_span(here.word())
        .label("a comma is needed before this")
        .help("write [a, b] and {key: value, other: value}; quote a text with special characters")
}

/// A bracket was not closed on an earlier line, so what follows was read as inside it.
fn unclosed_before(here: &Here<'_>) -> Option<Diagnostic> {
    let open = here.innermost_open()?;
    if here.line_of(open) >= here.current().0 {
        return None;
    }
    let bracket = &here.text[open..=open];
    let close = if bracket == "[" { ']' } else { '}' };
    let mut said = new(&reading::UNCLOSED, &format!("this `{bracket}` is not closed before the next key"))
        .at_span(here.span(open, open + 1))
        .label("opened here")
        .help(format!("close it with `{close}`"));
    said.related.push(Related { at: At::Span(here.word()), label: "read as still inside".into() });
    Some(said)
}

fn colon(here: &Here<'_>) -> Diagnostic {
    let line = here.line();
    if colons(line) > 1 {
        return new(&reading::COLON, "a second `: ` stands in this line, so it is not clear what is the key")
            .at_span(here.span(here.at, here.at + 1))
            .label("this colon")
            .help("quote the text that contains the colon: key: \"a: b\"");
    }
    indentation(here)
}

fn no_colon(here: &Here<'_>) -> Diagnostic {
    // The parser is often one line further, or at the end of a text that ran over several.
    for (start, line) in here.lines_back(2) {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if trimmed.starts_with("- ") && start == here.current().0 {
            return list_item(here.span(start + indent, start + indent + trimmed.trim_end().len()));
        }
        let body = trimmed.strip_prefix("- ").unwrap_or(trimmed);
        if body.is_empty() || body.starts_with('#') || colons(line) > 0 {
            continue;
        }
        let end = body.find(" #").map_or(body.trim_end().len(), |i| body[..i].trim_end().len());
        let offset = start + indent + (trimmed.len() - body.len());
        if let Some(colon) = body[..end].find(':')
            && colon > 0
            && body[..colon].bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        {
            let (key, value) = (&body[..colon], &body[colon + 1..end]);
            return new(&reading::COLON, &format!("a space is missing after the colon of `{key}`"))
                .at_span(here.span(offset, offset + end))
                .label("one word to YAML")
                .help(format!("write `{key}: {}`", words::cut(value, 40)));
        }
        let first = body[..end].split_whitespace().next().unwrap_or(body);
        return new(&reading::COLON, "a key without a colon stands where entries of a mapping are")
            .at_span(here.span(offset, offset + end))
            .label("`: ` is missing")
            .help(format!(
                "write `{}: value`, or indent the line if it belongs to the text above",
                words::cut(first, 40)
            ));
    }
    indentation(here)
}

fn indentation(here: &Here<'_>) -> Diagnostic {
    if let Some(said) = unclosed_before(here) {
        return said;
    }
    let (start, line) = here.current();
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let mut said = new(&reading::INDENTATION, "the indentation of this line fits none of the lines above")
        .at_span(here.span(start + indent, start + indent + trimmed.trim_end().len().min(60)))
        .label(format!("indented by {indent}"))
        .help("start keys of one mapping in the same column, and indent what belongs to a key further than the key");
    if let Some((above, other)) = here.lines_back(40).into_iter().skip(1).find(|(_, l)| {
        let t = l.trim_start();
        !t.is_empty() && !t.starts_with('#')
    }) {
        let deep = other.len() - other.trim_start().len();
        let at = here.span(above + deep, above + other.trim_end().len().min(deep + 60).max(deep));
        said.related.push(Related { at: At::Span(at), label: format!("this one is indented by {deep}") });
    }
    said
}

fn needs_quotes(here: &Here<'_>, what: &str) -> Diagnostic {
    let word = here.word();
    let whole = &here.text[word.start..word.end];
    let what = if what == "`" { "a backtick".to_owned() } else { format!("`{}`", words::cut(what, 20)) };
    new(&reading::NEEDS_QUOTES, &format!("a text that begins with {what} must be quoted"))
        .at_span(word)
        .label("has a meaning of its own in YAML")
        .help(format!("write \"{}\"", words::cut(whole, 60)))
}

fn trailing(here: &Here<'_>) -> Diagnostic {
    // A quote that was not closed is closed by the next one, some lines further.
    let before = &here.text[..here.at];
    if let Some(quote) = before.chars().next_back().filter(|c| matches!(c, '"' | '\''))
        && let Some(open) = before[..before.len() - 1].rfind(quote)
        && before[open..].contains('\n')
    {
        let mut said = new(&reading::UNCLOSED, "this quote is not closed on its line")
            .at_span(here.span(open, open + 1))
            .label("opened here")
            .help(format!("close it with `{quote}` on the same line"));
        let close = here.span(before.len() - 1, before.len());
        said.related.push(Related { at: At::Span(close), label: "closed only here".into() });
        return said;
    }
    let mut said = new(&reading::SYNTAX, "text goes on after the closing quote")
        .at_span(here.word())
        .label("outside the quotes")
        .help("put quotes around all of it, or around nothing");
    if here.text[..here.at].ends_with('\'') {
        said.help = Some("inside single quotes write an apostrophe twice: 'the group''s pool'".into());
    }
    said
}
