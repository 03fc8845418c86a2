//! `afctl show`: a saved plan, with nothing else at hand.

use std::path::{Path, PathBuf};

use afctl_contract::Plan;
use afctl_contract::plan::PLAN_SCHEMA;
use clap::Args;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::plan::as_json;
use super::plan_text::{self, View};

/// Show a saved plan.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl show facility.plan --output json | jq .counts")]
pub struct Show {
    /// The plan
    #[arg(value_name = "PLAN")]
    plan: PathBuf,
}

impl Show {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let plan = read(&self.plan)?;
        if context.is_json() {
            context.print_json(&as_json(&plan))?;
        } else {
            let view = View { paint: context.paint_result(), verbose: context.is_verbose() };
            context.say(&format!("made by {} at {}", plan.made_by, plan.made_at));
            context.print(&plan_text::text(&plan, view))?;
        }
        Ok(Exit::Done)
    }
}

/// Whether a file looks like a saved plan: JSON that names our schema near its start.
pub(super) fn is_plan(path: &str) -> bool {
    use std::io::Read;
    let mut head = [0_u8; 256];
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let Ok(read) = file.read(&mut head) else { return false };
    let head = String::from_utf8_lossy(&head[..read]);
    head.trim_start().starts_with('{') && head.contains("\"afctl.dev/plan/")
}

/// Reads a saved plan.
pub(super) fn read(path: &Path) -> Result<Plan, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(format!("{name} cannot be read: {error}")))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|error| {
        Failure::new(format!("{name} is not a saved plan: {error}"))
            .help("afctl plan FILE -o PLAN saves one; a strawman is planned, not shown")
    })?;
    let schema = value.get("schemaVersion").and_then(serde_json::Value::as_str).unwrap_or_default();
    if schema != PLAN_SCHEMA {
        let what = if schema.is_empty() {
            "is not a saved plan".to_owned()
        } else {
            format!("is of the form {schema}")
        };
        return Err(Failure::new(format!("{name} {what}; this afctl reads {PLAN_SCHEMA}"))
            .help("make the plan again with this version"));
    }
    serde_json::from_value(value).map_err(|error| Failure::new(format!("{name} is damaged: {error}")))
}
