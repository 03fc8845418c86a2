//! Words for what a schema expects and for what was found, and an example of how to write it.

use serde_json::Value;

use super::super::node::{Kind, Node};
use super::super::schema::{self, Object};
use super::super::words;
use super::Walk;
use super::keys::is_tag;

/// What was found, in words.
pub(super) fn found(node: &Node) -> &'static str {
    match node.kind {
        Kind::Null | Kind::Broken => "nothing",
        Kind::Bool(_) => "true or false",
        Kind::Int(_) | Kind::Float(_) => "a number",
        Kind::Str { .. } => "a text",
        Kind::Seq(_) => "a list",
        Kind::Map(_) => "a mapping",
    }
}

/// The words that a schema allows, with those of its alternatives.
pub(in super::super) fn choices<'o>(object: &'o Object, branches: &[&'o Object]) -> Vec<&'o str> {
    std::iter::once(&object)
        .chain(branches)
        .flat_map(|o| o.get("const").and_then(Value::as_str).into_iter().chain(schema::strings(o, "enum")))
        .collect()
}

/// What a schema expects, in words.
pub(in super::super) fn expected(object: &Object) -> String {
    let branches = schema::alternatives(object);
    let mut parts: Vec<String> = Vec::new();
    let words = choices(object, &branches);
    let all: Vec<&Object> = if branches.is_empty() { vec![object] } else { branches };
    for part in &all {
        let figure = schema::property(part, "asOf").is_some() && schema::property(part, "value").is_some();
        if part.contains_key("const") || part.contains_key("enum") || figure {
            continue;
        }
        if let Some(example) = unit_example(part) {
            parts.push(format!("a quantity such as `{example}`"));
            continue;
        }
        for kind in schema::types(part) {
            let word = match kind {
                "string" => "a text",
                "integer" => "a whole number",
                "number" => "a number",
                "boolean" => "`true` or `false`",
                "array" => "a list",
                "object" => "a mapping",
                _ => continue,
            };
            if !parts.iter().any(|p| p == word) {
                parts.push(word.to_owned());
            }
        }
    }
    if !words.is_empty() {
        parts.push(words::list(words, 12, "or"));
    }
    parts.join(" or ")
}

/// How a quantity of this schema is written.
pub(super) fn unit_example(object: &Object) -> Option<&str> {
    object.get("x-afctl-unit")?;
    object.get("examples")?.get(0)?.as_str()
}

impl<'d> Walk<'d> {
    /// How a value of this schema may look, on one line.
    pub(super) fn example(&self, object: &'d Object) -> String {
        self.example_to(object, 2)
    }

    fn example_to(&self, object: &'d Object, depth: usize) -> String {
        if let Some(example) = unit_example(object) {
            return example.to_owned();
        }
        let branches = schema::alternatives(object);
        if let Some(word) = choices(object, &branches).first().filter(|w| **w != "unknown") {
            return (*word).to_owned();
        }
        if let Some(first) = branches.first() {
            return self.example_to(first, depth);
        }
        let reference = object.get("x-afctl-ref").and_then(Value::as_str);
        let name = reference.and_then(|section| self.defined(section).and_then(|mut names| names.next()));
        match schema::types(object).iter().find(|t| **t != "null").copied() {
            Some("integer" | "number") => {
                object.get("minimum").and_then(Value::as_u64).filter(|m| *m > 0).unwrap_or(1).to_string()
            }
            Some("boolean") => "true".into(),
            Some("array") => match (name, object.get("items")) {
                (Some(name), _) => format!("[{name}]"),
                (None, Some(item)) if depth > 0 => {
                    format!("[{}]", self.example_to(schema::resolve(item), depth - 1))
                }
                _ => "[…]".into(),
            },
            Some("object") if depth > 0 && (is_tag(object) || schema::required(object).next().is_some()) => {
                let parts: Vec<String> = schema::required(object)
                    .filter_map(|key| {
                        let below = schema::resolve(schema::property(object, key)?);
                        Some(format!("{key}: {}", self.example_to(below, depth - 1)))
                    })
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
            Some("object") if object.get("additionalProperties").is_some_and(Value::is_object) => {
                "{NAME: …}".into()
            }
            Some("object") => "{…}".into(),
            _ => name.unwrap_or("…").to_owned(),
        }
    }
}
