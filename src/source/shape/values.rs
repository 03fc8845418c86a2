//! Single values: words, patterns, quantities and ranges.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use afctl_contract::codes::structure;
use afctl_contract::units;
use regex::Regex;
use serde_json::Value;

use super::super::node::{Kind, Node};
use super::super::schema::{self, Object};
use super::super::words;
use super::Walk;
use super::describe::{choices, unit_example};

impl<'d> Walk<'d> {
    /// A text where a text may stand.
    pub(super) fn text(&mut self, node: &Node, text: &str, object: &'d Object) {
        let words = choices(object, &[]);
        if !words.is_empty() {
            if !words.contains(&text) {
                self.unknown_word(node, text, &words, &[]);
            }
            return;
        }
        let name = self.name();
        if let Some(unit) = object.get("x-afctl-unit").and_then(Value::as_str) {
            return self.quantity(node, text, unit);
        }
        let least = object.get("minLength").and_then(Value::as_u64).unwrap_or(0);
        if (text.chars().count() as u64) < least {
            let help = Some(format!("write a text of at least {least} characters, or remove the key"));
            return self.value(
                node,
                &structure::BAD_NAME,
                format!("`{name}` is too short"),
                "too short",
                help,
            );
        }
        if let Some(pattern) = object.get("pattern").and_then(Value::as_str)
            && !matches(pattern, text)
        {
            let about = object.get("description").and_then(Value::as_str).unwrap_or_default();
            let about = about.split(". ").next().unwrap_or(about).trim_end_matches('.');
            let help = match tidy(text).filter(|tidied| matches(pattern, tidied)) {
                Some(tidied) => format!("did you mean `{tidied}`? It must match {pattern}"),
                None => format!("it must match {pattern}"),
            };
            let about = if about.is_empty() { String::new() } else { format!(": {}", lower_first(about)) };
            let message = format!("`{}` does not have the form of `{name}`{about}", words::cut(text, 60));
            self.value(node, &structure::BAD_NAME, message, "not of this form", Some(help));
        }
    }

    fn quantity(&mut self, node: &Node, text: &str, unit: &str) {
        if let Some(Err(error)) = units::check(unit, text) {
            let no_unit = text.trim().parse::<f64>().is_ok();
            let code = if no_unit { &structure::NO_UNIT } else { &structure::BAD_QUANTITY };
            let label = if no_unit { "no unit" } else { "not understood" };
            self.value(node, code, error.message, label, Some(error.help));
        }
    }

    /// A number where a number may stand.
    pub(super) fn number(&mut self, node: &Node, object: &'d Object) {
        let name = self.name();
        let text = match node.kind {
            Kind::Int(i) => i.to_string(),
            Kind::Float(f) => serde_json::Number::from_f64(f).map(|n| n.to_string()).unwrap_or_default(),
            _ => return,
        };
        if let Some(unit) = object.get("x-afctl-unit").and_then(Value::as_str) {
            return self.quantity(node, &text, unit);
        }
        let whole = !schema::types(object).contains(&"number");
        let value = match node.kind {
            Kind::Float(f) if whole => {
                let too_large = f.abs() >= 9e18;
                let help = if too_large {
                    "numbers end at 9223372036854775807".to_owned()
                } else {
                    format!("write a whole number such as {}", f.round())
                };
                let (code, label) = if too_large {
                    (&structure::OUT_OF_RANGE, "too large")
                } else {
                    (&structure::WRONG_TYPE, "not whole")
                };
                let message = format!(
                    "`{name}` must be a whole number, and this is {}",
                    words::cut(self.written(node), 40)
                );
                return self.value(node, code, message, label, Some(help));
            }
            Kind::Float(f) => f,
            #[allow(clippy::cast_precision_loss)] // bounds are small numbers
            Kind::Int(i) => i as f64,
            _ => return,
        };
        let (format_least, format_most) = match object.get("format").and_then(Value::as_str) {
            Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
            Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
            Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
            Some("uint64" | "uint") => (Some(0.0), None),
            Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
            _ => (None, None),
        };
        let bound = |key: &str| object.get(key).and_then(Value::as_f64);
        let least = bound("minimum").or(format_least);
        let most = bound("maximum").or(format_most);
        let wrong = if least.is_some_and(|l| value < l) {
            least.map(|l| format!("at least {l}"))
        } else if most.is_some_and(|m| value > m) {
            most.map(|m| format!("at most {m}"))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let range = match (least, most) {
                (Some(l), Some(m)) => format!("write a number from {l} to {m}"),
                (Some(l), None) => format!("write a number from {l}"),
                _ => format!("write a number {wrong}"),
            };
            let message =
                format!("`{name}` must be {wrong}, and this is {}", words::cut(self.written(node), 40));
            self.value(node, &structure::OUT_OF_RANGE, message, "out of range", Some(range));
        }
    }

    /// A bare number where a quantity with a unit must stand.
    pub(super) fn no_unit(&mut self, node: &Node, object: &'d Object) {
        let name = self.name();
        let number = self.written(node);
        let unit = object.get("x-afctl-unit").and_then(Value::as_str).unwrap_or_default();
        // The unit itself knows best what is missing.
        let help = match units::check(unit, number) {
            Some(Err(error)) => error.help,
            _ => format!("write it as in `{}`", unit_example(object).unwrap_or("…")),
        };
        self.value(node, &structure::NO_UNIT, format!("`{name}` has no unit"), "only a number", Some(help));
    }
}

/// Whether a text has the form of a pattern of the schema. A pattern that is none allows everything; a test holds that
/// there is none such.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<Mutex<HashMap<String, Option<Regex>>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let regex = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
    regex.as_ref().is_none_or(|regex| regex.is_match(text))
}

/// A name as it might be allowed: lower case, hyphens.
fn tidy(text: &str) -> Option<String> {
    let tidied: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect::<String>()
        .trim_matches('-')
        .to_owned();
    (!tidied.is_empty() && tidied != text).then_some(tidied)
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
