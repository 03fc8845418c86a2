//! Which value a scalar has by YAML 1.2's core schema: quoted is text, plain is null, boolean, number or text.
//!
//! `yes`, `on`, `012` and `1_000` are not what they were in YAML 1.1: the words are text, `012` is twelve.

use super::node::Kind;

/// Why a number cannot be carried.
#[derive(Debug, PartialEq, Eq)]
pub struct NotFinite;

/// The value of a plain scalar.
pub fn plain(text: &str) -> Result<Kind, NotFinite> {
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => match number(text)? {
            Some(number) => number,
            None => Kind::Str { text: text.to_owned(), plain: true },
        },
    })
}

/// The number that `text` is in the core schema, if it is one.
pub fn number(text: &str) -> Result<Option<Kind>, NotFinite> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(NotFinite);
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            // Beyond 64 bits it is no number that anybody wrote on purpose; it stays the text it is.
            return Ok(i64::from_str_radix(digits, radix).ok().map(Kind::Int));
        }
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse() {
            Ok(int) => Ok(Some(Kind::Int(int))),
            Err(_) => float(text),
        };
    }
    if is_float(unsigned) { float(text) } else { Ok(None) }
}

fn float(text: &str) -> Result<Option<Kind>, NotFinite> {
    let value: f64 = text.parse().map_err(|_| NotFinite)?;
    if value.is_finite() { Ok(Some(Kind::Float(value))) } else { Err(NotFinite) }
}

/// `(\.[0-9]+ | [0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    exponent_fits && mantissa_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match plain(text) {
            Ok(kind) => format!("{kind:?}"),
            Err(NotFinite) => "not finite".into(),
        }
    }

    #[test]
    fn core_schema() {
        for (text, expected) in [
            ("", "Null"),
            ("~", "Null"),
            ("true", "Bool(true)"),
            ("12", "Int(12)"),
            ("+12", "Int(12)"),
            ("012", "Int(12)"),
            ("0o14", "Int(12)"),
            ("0xff", "Int(255)"),
            ("1.5", "Float(1.5)"),
            ("1.", "Float(1.0)"),
            (".5", "Float(0.5)"),
            ("1e3", "Float(1000.0)"),
            ("9223372036854775808", "Float(9.223372036854776e18)"),
            (".inf", "not finite"),
            ("-.INF", "not finite"),
            ("1e999", "not finite"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        for text in [
            "yes",
            "No",
            "on",
            "1_000",
            "10:30",
            "2026-11-22",
            "1.2.3",
            "e3",
            "1e",
            ".",
            "-",
            "tRUE",
            "0x",
            "inf",
        ] {
            assert!(read(text).starts_with("Str"), "{text} is {}", read(text));
        }
    }
}
