//! Quantities of the field, each a type that keeps its unit.
//!
//! Every quantity is read from text (`8GiB`, `4h`, `20000 GPU-hours/year`) or, where it is a plain count, from a
//! number; printing one gives a text that reads back to the same value. The reader checks a text against the
//! format that the schema names in `x-afctl-unit` by calling [`check`].

mod amount;
mod money;
mod size;
mod text;
mod time;

pub use amount::{Cores, CpuBudget, Fraction, GpuBudget};
pub use money::{Money, Per};
pub use size::{Bytes, Rate};
pub use text::{HostList, Taint, TaintEffect, is_label_value, is_qualified_name};
pub use time::{Date, Duration};

/// Why a text is not the quantity it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UnitError {
    /// What is wrong with it, naming the text.
    pub message: String,
    /// How to write it.
    pub help: String,
}

impl UnitError {
    fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// A quantity with its name in the schema (`x-afctl-unit`).
pub trait Unit: std::str::FromStr<Err = UnitError> + std::fmt::Display {
    /// The name in the schema.
    const NAME: &'static str;
    /// What it is and how it is written, for the schema's description.
    const ABOUT: &'static str;
    /// Ways of writing it.
    const EXAMPLES: &'static [&'static str];
    /// Whether a bare number is one.
    const BARE_NUMBER: bool;
}

/// Whether `text` is a quantity of the format called `name` in the schema; `None` for an unknown name.
pub fn check(name: &str, text: &str) -> Option<Result<(), UnitError>> {
    fn read<T: Unit>(text: &str) -> Result<(), UnitError> {
        text.parse::<T>().map(drop)
    }
    Some(match name {
        Bytes::NAME => read::<Bytes>(text),
        Rate::NAME => read::<Rate>(text),
        Duration::NAME => read::<Duration>(text),
        Date::NAME => read::<Date>(text),
        Cores::NAME => read::<Cores>(text),
        Fraction::NAME => read::<Fraction>(text),
        CpuBudget::NAME => read::<CpuBudget>(text),
        GpuBudget::NAME => read::<GpuBudget>(text),
        Money::NAME => read::<Money>(text),
        HostList::NAME => read::<HostList>(text),
        Taint::NAME => read::<Taint>(text),
        _ => return None,
    })
}

/// Serde and schema of a [`Unit`]: text, or a number where that is allowed.
macro_rules! unit_as_text {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::Error as _;
                let text = match serde_json::Value::deserialize(deserializer)? {
                    serde_json::Value::String(text) => text,
                    serde_json::Value::Number(number) => number.to_string(),
                    other => return Err(D::Error::custom(format!("{other} is not a quantity"))),
                };
                text.parse().map_err(D::Error::custom)
            }
        }
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let types: &[&str] =
                    if <Self as crate::units::Unit>::BARE_NUMBER { &["string", "number"] } else { &["string"] };
                let types = if types.len() == 1 { serde_json::json!(types[0]) } else { serde_json::json!(types) };
                schemars::json_schema!({
                    "type": types,
                    "description": <Self as crate::units::Unit>::ABOUT,
                    "examples": <Self as crate::units::Unit>::EXAMPLES,
                    "x-afctl-unit": <Self as crate::units::Unit>::NAME,
                })
            }
        }
    };
}
use unit_as_text;

/// Splits `12.5 GB` into the number and the rest, trimmed. The number must be finite and not negative.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text
        .char_indices()
        .find(|&(i, c)| {
            // An exponent belongs to the number only when digits follow it: `5e6`, but not `5EiB`.
            let exponent = matches!(c, 'e' | 'E')
                && text[i + 1..].trim_start_matches(['+', '-']).starts_with(|d: char| d.is_ascii_digit());
            let sign = matches!(c, '+' | '-') && i > 0 && matches!(text.as_bytes()[i - 1], b'e' | b'E');
            !(c.is_ascii_digit() || matches!(c, '.' | '_') || exponent || sign)
        })
        .map_or(text.len(), |(i, _)| i);
    let number: f64 = text[..end].replace('_', "").parse().ok()?;
    (number.is_finite() && number >= 0.0).then(|| (number, text[end..].trim()))
}

/// A number for people: at most six decimals, none that say nothing.
fn plain(number: f64) -> String {
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    // What six decimals cannot say is said with all it has, so that it reads back the same.
    if text.parse::<f64>() == Ok(number) { text.to_owned() } else { format!("{number}") }
}

#[cfg(test)]
mod tests;
