//! Bytes of a file to the text they are, or to the reason why they are none. Nothing is opened here.

use afctl_contract::codes::reading;
use afctl_contract::{Diagnostic, Span};

use super::Input;

/// The largest file that is read.
pub const MAX_BYTES: usize = 8 << 20;

/// The text of an input, without a byte-order mark.
#[allow(clippy::result_large_err)] // once a file
pub(super) fn decode(input: &Input) -> Result<String, Diagnostic> {
    let name = shown(&input.name);
    let bytes = input.bytes.as_slice();
    if bytes.len() > MAX_BYTES {
        return Err(Diagnostic::new(&reading::TOO_LARGE, format!("{name} has more than 8 MiB"))
            .help("give the strawman itself; name ranges of hosts as in c[001-999]"));
    }
    if let Some(what) = magic(bytes) {
        return Err(Diagnostic::new(&reading::BINARY, format!("{name} is {what}, not a YAML text"))
            .help("give the YAML file itself"));
    }
    if let Some(encoding) = wide(bytes) {
        return Err(Diagnostic::new(
            &reading::NOT_UTF8,
            format!("{name} is written in {encoding}, not in UTF-8"),
        )
        .help(format!(
            "save it as UTF-8, or convert it: iconv -f {encoding} -t UTF-8 {} > utf8.yaml",
            input.name
        )));
    }
    if bytes.contains(&0) {
        return Err(Diagnostic::new(
            &reading::BINARY,
            format!("{name} has zero bytes in it: it is not a text"),
        )
        .help("give the YAML file itself"));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
        Err(error) => Err(not_utf8(bytes, error.valid_up_to(), &name)),
    }
}

/// The first character that YAML does not allow. Many of them mean that it is no text at all.
pub(super) fn control_character(text: &str, source: usize, name: &str) -> Option<Diagnostic> {
    let name = shown(name);
    let bad = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    let (at, found) = text.char_indices().find(|&(_, c)| bad(c))?;
    let many = text.chars().filter(|&c| bad(c)).nth(text.len() / 10).is_some();
    if many {
        return Some(
            Diagnostic::new(
                &reading::BINARY,
                format!("{name} is full of control characters: it is not a text"),
            )
            .help("give the YAML file itself"),
        );
    }
    let span = Span { source, start: at, end: at + found.len_utf8() };
    let what = if found == '\u{1b}' { "a terminal's colour code" } else { "a control character" };
    Some(
        Diagnostic::new(
            &reading::SYNTAX,
            format!("{what} (U+{:04X}) cannot stand in YAML", u32::from(found)),
        )
        .at_span(span)
        .label("remove it")
        .help("the text was probably copied from a terminal; type the line anew"),
    )
}

fn not_utf8(bytes: &[u8], at: usize, name: &str) -> Diagnostic {
    let line = bytes[..at].split(|b| *b == b'\n').count();
    let odd =
        bytes.iter().filter(|b| **b >= 0x80 || (**b < 0x20 && !matches!(**b, b'\t' | b'\n' | b'\r'))).count();
    if odd * 4 > bytes.len() {
        return Diagnostic::new(&reading::BINARY, format!("{name} is not a text"))
            .help("give the YAML file itself; an archive must be unpacked first");
    }
    Diagnostic::new(
        &reading::NOT_UTF8,
        format!("{name} is not UTF-8: byte 0x{:02x} in line {line} begins no character", bytes[at]),
    )
    .help("save it as UTF-8; if it is Latin-1: iconv -f ISO-8859-1 -t UTF-8")
}

/// UTF-16 and UTF-32, by mark or by the zero bytes that ASCII text has in them.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        [a, 0, b, 0, ..] if a.is_ascii_graphic() && b.is_ascii_graphic() => "UTF-16LE",
        [0, a, 0, b, ..] if a.is_ascii_graphic() && b.is_ascii_graphic() => "UTF-16BE",
        _ => return None,
    })
}

fn magic(bytes: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 8] = [
        (&[0x1f, 0x8b], "a gzip archive"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x7fELF", "a program"),
        (b"%PDF-", "a PDF document"),
        (b"\x89PNG", "an image"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "a zstd archive"),
        (b"BZh9", "a bzip2 archive"),
        (b"SQLite format 3\0", "a database"),
    ];
    KNOWN.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, what)| *what)
}

/// A file's name in a sentence.
pub(super) fn shown(name: &str) -> String {
    if name == "-" { "standard input".to_owned() } else { format!("`{name}`") }
}
