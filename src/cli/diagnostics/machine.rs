//! Findings for machines: our JSON, SARIF 2.1.0, and the annotations of GitHub Actions.

use std::fmt::Write as _;

use afctl_contract::{Code, Diagnostics, Level, SourceMap};
use serde_json::{Value, json};

use super::{Lines, Located, Place, counts, located};

/// Version of what [`json`] gives.
pub const SCHEMA_VERSION: &str = "afctl.dev/diagnostics/v1";

/// All findings as JSON.
///
/// `{schemaVersion, diagnostics: [{code, level, message, file, line, column, endLine, endColumn, path, label, help,
/// related: [{file, line, column, endLine, endColumn, label}]}], counts: {errors, warnings, notes}}`. Lines and columns
/// count from 1, columns in characters; what has no place has nulls.
pub fn json(diagnostics: &Diagnostics, sources: &SourceMap) -> Value {
    let lines = Lines::new(sources);
    let (errors, warnings, notes) = counts(diagnostics);
    let all: Vec<Value> = diagnostics.iter().map(|d| one(&located(d, &lines))).collect();
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "diagnostics": all,
        "counts": {"errors": errors, "warnings": warnings, "notes": notes},
    })
}

fn one(found: &Located<'_>) -> Value {
    let diagnostic = found.diagnostic;
    let mut value = json!({
        "code": diagnostic.code.id,
        "level": diagnostic.level.as_str(),
        "message": diagnostic.message,
    });
    put_place(&mut value, found.place.as_ref());
    value["path"] = found.path().map_or(Value::Null, |path| Value::from(path.to_string()));
    value["label"] = Value::from(diagnostic.label.as_str());
    value["help"] = diagnostic.help.as_deref().map_or(Value::Null, Value::from);
    value["related"] = found
        .related
        .iter()
        .map(|(place, label)| {
            let mut related = json!({});
            put_place(&mut related, place.as_ref());
            related["label"] = Value::from(*label);
            related
        })
        .collect();
    value
}

fn put_place(value: &mut Value, place: Option<&Place<'_>>) {
    value["file"] = place.map_or(Value::Null, |p| Value::from(p.file));
    value["line"] = place.map_or(Value::Null, |p| Value::from(p.line));
    value["column"] = place.map_or(Value::Null, |p| Value::from(p.column));
    value["endLine"] = place.map_or(Value::Null, |p| Value::from(p.end_line));
    value["endColumn"] = place.map_or(Value::Null, |p| Value::from(p.end_column));
}

/// All findings as SARIF 2.1.0, for code scanning.
pub fn sarif(diagnostics: &Diagnostics, sources: &SourceMap) -> Value {
    let lines = Lines::new(sources);
    let mut codes: Vec<&'static Code> = diagnostics.iter().map(|d| d.code).collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            json!({
                "id": code.id,
                "shortDescription": {"text": code.title},
                "fullDescription": {"text": code.explanation},
                "help": {"text": code.explanation},
                "defaultConfiguration": {"level": code.level.as_str()},
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let found = located(diagnostic, &lines);
            let mut text = sentence(&diagnostic.message);
            if let Some(help) = &diagnostic.help {
                let _ = write!(text, " Help: {help}");
            }
            let mut result = json!({
                "ruleId": diagnostic.code.id,
                "ruleIndex": codes.iter().position(|code| *code == diagnostic.code),
                "level": diagnostic.level.as_str(),
                "message": {"text": text},
                "locations": found.place.iter().map(|place| {
                    let mut location = location(place);
                    if let Some(path) = found.path() {
                        location["logicalLocations"] = json!([{"fullyQualifiedName": path.to_string()}]);
                    }
                    location
                }).collect::<Vec<_>>(),
            });
            let related: Vec<Value> = found
                .related
                .iter()
                .filter_map(|(place, label)| {
                    let mut location = location(place.as_ref()?);
                    location["message"] = json!({"text": label});
                    Some(location)
                })
                .collect();
            if !related.is_empty() {
                result["relatedLocations"] = Value::from(related);
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "afctl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn location(place: &Place<'_>) -> Value {
    // A region that ends where it begins is not allowed to say so.
    let end = if (place.end_line, place.end_column) > (place.line, place.column) {
        place.end_column
    } else {
        place.column + 1
    };
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(place.file)},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": end,
            },
        },
    })
}

/// A file name as a relative or absolute URI reference.
fn uri(name: &str) -> String {
    if name == "-" {
        return "stdin".to_owned();
    }
    let mut uri = String::new();
    if name.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

/// The message as a sentence.
fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// All findings as workflow commands of GitHub Actions, which become annotations: one a line.
pub fn github(diagnostics: &Diagnostics, sources: &SourceMap) -> String {
    let lines = Lines::new(sources);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let found = located(diagnostic, &lines);
        let command = match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &found.place {
            properties.push(format!("file={}", property(place.file)));
            properties.push(format!("line={}", place.line));
            properties.push(format!("endLine={}", place.end_line));
            properties.push(format!("col={}", place.column));
            properties.push(format!("endColumn={}", place.end_column));
        }
        let title = format!("{} {}", diagnostic.code.id, diagnostic.code.title);
        properties.push(format!("title={}", property(&title)));
        let mut message = diagnostic.message.clone();
        if let Some(help) = &diagnostic.help {
            let _ = write!(message, "\nhelp: {help}");
        }
        let _ = writeln!(out, "::{command} {}::{}", properties.join(","), data(&message));
    }
    out
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
