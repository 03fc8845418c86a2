//! Papers that are generated from the code: the reference of the language, and the list of codes.
//!
//! Guarantees: nothing here says anything of its own; the comments of the language's types are the documentation.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::source::schema::{self, Object};

/// The objects that a schema may stand for.
fn branches(value: &Value) -> Vec<&Object> {
    let object = schema::resolve(value);
    let below = schema::alternatives(object);
    if below.is_empty() { vec![object] } else { below }
}

fn description(property: &Value) -> String {
    let own = property.get("description").or_else(|| schema::resolve(property).get("description"));
    own.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a figure is a figure of, if the schema is one's.
fn figure(value: &Value) -> Option<&Value> {
    let object = schema::resolve(value);
    if object.contains_key("x-afctl-figure") {
        return object.get("anyOf")?.get(0);
    }
    ["anyOf", "oneOf"]
        .iter()
        .filter_map(|keyword| object.get(*keyword)?.as_array())
        .flatten()
        .find_map(figure)
}

/// The types of alternatives, in words.
fn words(at: &[&Object]) -> String {
    let mut words: Vec<String> = Vec::new();
    for object in at {
        let word = if let Some(unit) = object.get("x-afctl-unit").and_then(Value::as_str) {
            unit.to_owned()
        } else if let Some(constant) = object.get("const") {
            format!("`{}`", constant.as_str().unwrap_or_default())
        } else if object.contains_key("enum") {
            "a word".to_owned()
        } else if object.get("items").is_some() {
            let items = object.get("items").map(branches).unwrap_or_default();
            format!("list of {}", words_of(&items))
        } else if object.get("additionalProperties").is_some_and(Value::is_object) {
            "entries by name".to_owned()
        } else {
            schema::types(object)
                .into_iter()
                .filter(|t| *t != "null")
                .collect::<Vec<_>>()
                .join(" or ")
                .replace("object", "mapping")
                .replace("string", "text")
        };
        if !word.is_empty() && !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(", or ")
}

fn words_of(at: &[&Object]) -> String {
    let text = words(at);
    if text.is_empty() { "anything".to_owned() } else { text }
}

fn choices(at: &[&Object]) -> Vec<String> {
    let mut found = Vec::new();
    for object in at {
        for choice in schema::strings(object, "enum").chain(object.get("const").and_then(Value::as_str)) {
            if !found.iter().any(|known| known == choice) {
                found.push(choice.to_owned());
            }
        }
    }
    found
}

/// `docs/language.md`: every field, section by section.
pub fn markdown() -> String {
    let mut out = String::from(
        "# The language\n\n<!-- Generated from the types in providers/contract/src/language by `UPDATE=1 cargo test`. -->\n\n\
         A strawman is a YAML file: `apiVersion: afctl.dev/v1alpha1`, `kind: Strawman`, `metadata` and `spec`. Sections are \
         mappings keyed by name, so that overlays merge. Several files, or `--overlay FILE`, are merged in order (RFC 7386: \
         `null` removes).\n\nQuantities carry their unit. Any *figure* may be written bare, as `unknown`, or with its source: \
         `{value: 4.5PB, source: facility summary, asOf: 2026-08}`; `low` and `high` give a range, `others` what other sources \
         say. A warning is suppressed by `spec.suppress: [{code: AF0501, reason: …}]`.\n\n`afctl explain FIELD` says the same \
         at the terminal.\n\n",
    );
    units(&mut out);
    let root = schema::resolve(schema::strawman());
    let mut open: Vec<(String, Vec<&Object>)> =
        vec![("metadata".into(), of(root, "metadata")), ("spec".into(), of(root, "spec"))];
    let mut at = 0;
    while at < open.len() {
        let (path, objects) = open[at].clone();
        at += 1;
        let mut rows: Vec<(String, String, &Value)> = Vec::new();
        for object in &objects {
            for key in schema::keys(object) {
                if let Some(property) = schema::property(object, key)
                    && !rows.iter().any(|(name, ..)| name == key)
                {
                    // The one key of a kind is described beside it.
                    let own = description(property);
                    let beside = object.get("description").and_then(Value::as_str).unwrap_or_default();
                    let about = if own.is_empty() { beside.to_owned() } else { own };
                    rows.push((key.to_owned(), about, property));
                }
            }
        }
        if rows.is_empty() {
            continue;
        }
        let required: Vec<&str> = objects.iter().flat_map(|object| schema::required(object)).collect();
        let _ = writeln!(out, "## `{path}`\n\n| field | what | form |\n|---|---|---|");
        for (key, about, property) in rows {
            let of = figure(property);
            let inside = branches(of.unwrap_or(property));
            let star = if objects.len() == 1 && required.contains(&key.as_str()) { " *" } else { "" };
            let mut form = words(&inside);
            let choices = choices(&inside);
            if !choices.is_empty() {
                let words = choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", ");
                let others =
                    form.split(", or ").filter(|w| !w.starts_with('`') && *w != "a word").collect::<Vec<_>>();
                form =
                    if others.is_empty() { words } else { format!("{words}, or {}", others.join(", or ")) };
            }
            if of.is_some() {
                form = format!("figure, {form}");
            }
            if let Some(section) = property.get("x-afctl-ref").and_then(Value::as_str) {
                form = format!("{form}; of `spec.{section}`");
            }
            if let Some(default) = property.get("default").filter(|d| d.is_string() || d.is_boolean()) {
                form = format!("{form}; {default} unless said");
            }
            let _ = writeln!(out, "| `{key}`{star} | {} | {} |", cell(&about), cell(&form));
            queue(&mut open, &format!("{path}.{key}"), property);
        }
        out.push('\n');
    }
    out.push_str("\\* must be there.\n");
    out
}

/// Objects below a property, to be described in a section of their own; figures need none.
fn queue<'s>(open: &mut Vec<(String, Vec<&'s Object>)>, path: &str, property: &'s Value) {
    if figure(property).is_some() {
        return;
    }
    for object in branches(property) {
        if object.contains_key("properties") {
            match open.iter_mut().find(|(known, _)| known == path) {
                Some((_, objects)) => objects.push(object),
                None => open.push((path.to_owned(), vec![object])),
            }
        } else if let Some(entry) = object.get("additionalProperties").filter(|entry| entry.is_object()) {
            queue(open, &format!("{path}.NAME"), entry);
        } else if let Some(items) = object.get("items") {
            queue(open, &format!("{path}[]"), items);
        }
    }
}

fn of<'s>(object: &'s Object, key: &str) -> Vec<&'s Object> {
    schema::property(object, key).map(branches).unwrap_or_default()
}

fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn units(out: &mut String) {
    out.push_str("## Quantities\n\n| form | what | for example |\n|---|---|---|\n");
    let definitions = schema::strawman().get("$defs").and_then(Value::as_object);
    for definition in definitions.into_iter().flat_map(Map::values) {
        let Some(unit) = definition.get("x-afctl-unit").and_then(Value::as_str) else { continue };
        let examples: Vec<String> = definition
            .get("examples")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|example| format!("`{example}`"))
            .collect();
        let _ = writeln!(out, "| {unit} | {} | {} |", cell(&description(definition)), examples.join(", "));
    }
    out.push('\n');
}

/// `specs/codes.md`: every code with its explanation.
pub fn codes() -> String {
    let mut out = String::from(
        "# Diagnostic codes\n\n<!-- Generated from providers/contract/src/codes by `UPDATE=1 cargo test`. -->\n\n\
         A code keeps its meaning for ever. `afctl explain AF0101` says the same at the terminal. Errors stop everything; \
         warnings can be suppressed with a reason (`spec.suppress`); notes change nothing.\n\n",
    );
    for code in afctl_contract::codes::all() {
        let _ = writeln!(
            out,
            "## {} {}\n\n*{}.* {}\n",
            code.id,
            code.title,
            code.level.as_str(),
            code.explanation
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_language_says_what_it_is() {
        for line in markdown().lines().filter(|line| line.starts_with("| `")) {
            let about = line.split(" | ").nth(1).unwrap_or_default();
            assert!(about.len() > 3, "no documentation: {line}");
        }
    }
}
