//! `afctl explain`: a code, or a field of the language.

use afctl_contract::{Code, codes};
use clap::Args;
use serde_json::{Value, json};

use super::context::Context;
use super::exit::{Exit, Failure};
use crate::source;

/// Explain a code such as AF0123, or a field such as spec.nodePools.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  afctl explain AF0201\n  afctl explain spec.nodePools.gpu\n  afctl explain codes"
)]
pub struct Explain {
    /// A code, a field, or `codes` for all of them
    #[arg(value_name = "CODE|FIELD")]
    what: String,
}

impl Explain {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        if self.what.eq_ignore_ascii_case("codes") {
            return all(context);
        }
        if let Some(code) = codes::find(&self.what) {
            return one(context, code);
        }
        if self.what.len() == 6 && self.what.to_ascii_uppercase().starts_with("AF") {
            return Err(Failure::usage(format!("there is no code {}", self.what))
                .help("afctl explain codes lists them"));
        }
        let Some(field) = source::explain(&self.what) else {
            return Err(Failure::usage(format!("there is no field `{}`", self.what))
                .help("write it from the top, with any name for entries: spec.nodePools.NAME.gpu.sharing"));
        };
        if context.is_json() {
            context.print_json(&field)?;
        } else {
            context.print(&text_of(&self.what, &field))?;
        }
        Ok(Exit::Done)
    }
}

fn code_json(code: &Code) -> Value {
    json!({"code": code.id, "level": code.level, "title": code.title, "explanation": code.explanation})
}

fn all(context: &Context) -> Result<Exit, Failure> {
    if context.is_json() {
        let list: Vec<Value> = codes::all().map(code_json).collect();
        context.print_json(&json!({"schemaVersion": "afctl.dev/codes/v1", "codes": list}))?;
    } else {
        for code in codes::all() {
            context.print(&format!("{}  {:7}  {}\n", code.id, code.level.as_str(), code.title))?;
        }
    }
    Ok(Exit::Done)
}

fn one(context: &Context, code: &Code) -> Result<Exit, Failure> {
    if context.is_json() {
        context.print_json(&code_json(code))?;
    } else {
        let paint = context.paint_result();
        context.print(&format!(
            "{} ({}): {}\n\n{}\n",
            paint.bold(code.id),
            code.level.as_str(),
            code.title,
            code.explanation
        ))?;
    }
    Ok(Exit::Done)
}

fn text_of(path: &str, field: &Value) -> String {
    let mut text = format!("{path}\n");
    for (key, heading) in [
        ("type", "type"),
        ("unit", "unit"),
        ("choices", "one of"),
        ("names", "names an entry of"),
        ("default", "default"),
    ] {
        if let Some(value) = field.get(key).filter(|value| !value.is_null()) {
            let words = match value {
                Value::Array(words) => {
                    words.iter().map(super::plan_text::brief).collect::<Vec<_>>().join(", ")
                }
                other => super::plan_text::brief(other),
            };
            text.push_str(&format!("  {heading}: {words}\n"));
        }
    }
    if let Some(about) = field.get("description").and_then(Value::as_str) {
        text.push_str(&format!("\n{about}\n"));
    }
    if let Some(examples) = field.get("examples").and_then(Value::as_array).filter(|list| !list.is_empty()) {
        let list: Vec<String> = examples.iter().map(super::plan_text::brief).collect();
        text.push_str(&format!("\nfor example: {}\n", list.join(", ")));
    }
    if let Some(fields) = field.get("fields").and_then(Value::as_object).filter(|map| !map.is_empty()) {
        text.push_str("\nfields:\n");
        for (name, about) in fields {
            text.push_str(&format!("  {name:20} {}\n", about.as_str().unwrap_or_default()));
        }
    }
    text
}
