//! `afctl sandbox`: looks into the simulated world, and does to it what people and misfortune do to a real one.
//!
//! Guarantees: only the simulated world of this folder is touched. What is done here is done in the name of somebody
//! else, so that the next plan shows it as drift.

mod fault;
mod find;
mod text;

use std::path::Path as FilePath;

use afctl_contract::Path;
use afctl_contract::world::{Rule, World, WorldError};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::{Context, SANDBOX, open_sandbox};
use super::exit::{Exit, Failure};

/// Version of the form in which the world is shown to machines.
const SCHEMA: &str = "afctl.dev/sandbox/v1";

/// Look into, reset, break and drift the simulated world.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  afctl sandbox show\n  afctl sandbox drift ResourceQuota/higgs/quota spec.hard.pods 5\n  \
                        afctl sandbox fail create ResourceQuota --with throttled --times 2\n  afctl sandbox reset"
)]
pub struct Sandbox {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show what is there, or all of one thing
    Show {
        /// The end of an address, such as higgs/quota
        #[arg(value_name = "ADDRESS")]
        address: Option<String>,
    },
    /// Change a field of a thing, as somebody would who does not know of afctl
    Drift(Drift),
    /// Delete a thing, as somebody would who does not know of afctl
    Delete {
        /// The end of an address, such as higgs/quota
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// Who does it
        #[arg(long, value_name = "NAME", default_value = "somebody")]
        by: String,
    },
    /// Make a thing that is not ours
    Add {
        /// The whole address: SITE/BACKEND/KIND/NAME or SITE/BACKEND/KIND/NAMESPACE/NAME
        #[arg(value_name = "ADDRESS")]
        address: String,
        /// What it is, as JSON
        #[arg(value_name = "JSON", default_value = "{}")]
        live: String,
        /// Whose mark it bears; none if not given
        #[arg(long, value_name = "TOOL")]
        by: Option<String>,
    },
    /// Have calls fail
    Fail(fault::Fail),
    /// Take a fault away, or all of them
    Heal {
        /// Its number; see `afctl sandbox show`
        #[arg(value_name = "FAULT")]
        fault: Option<u64>,
    },
    /// Let a world go on that a fault has stopped
    Resume,
    /// Take everything away, the faults too
    Reset,
}

/// Change a field.
#[derive(Debug, Args)]
struct Drift {
    /// The end of an address, such as higgs/quota
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// The field, such as spec.hard.pods
    #[arg(value_name = "FIELD")]
    field: Path,
    /// What it is to be: JSON, or any text
    #[arg(value_name = "VALUE", required_unless_present = "remove", allow_hyphen_values = true)]
    value: Option<String>,
    /// Take the field away
    #[arg(long, conflicts_with = "value")]
    remove: bool,
    /// Add the field even if one is there that is written much like it
    #[arg(long)]
    new: bool,
    /// Who does it
    #[arg(long, value_name = "NAME", default_value = "somebody")]
    by: String,
}

impl From<WorldError> for Failure {
    fn from(error: WorldError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            WorldError::Busy { .. } => failure.help("wait for the other afctl, or stop it"),
            WorldError::Format { .. } | WorldError::Open { .. } => {
                failure.help("afctl sandbox reset begins a new one")
            }
            WorldError::Field { .. } => failure.help("afctl sandbox show ADDRESS shows its fields"),
            WorldError::NotThere(_) | WorldError::There(_) => {
                failure.help("afctl sandbox show lists what is there")
            }
            WorldError::Store(_) => failure,
        }
    }
}

impl Sandbox {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        match &self.what {
            What::Reset => return reset(context),
            What::Show { .. } if !FilePath::new(SANDBOX).exists() => {
                if context.is_json() {
                    context.print_json(&json!({"schemaVersion": SCHEMA, "things": [], "faults": []}))?;
                } else {
                    context.say(&format!("there is no {SANDBOX} yet; afctl apply --sandbox FILE makes one"));
                }
                return Ok(Exit::Done);
            }
            _ => {}
        }
        let world = open_sandbox()?;
        match &self.what {
            What::Show { address } => show(context, &world, address.as_deref()),
            What::Drift(drift) => drift.run(context, &world),
            What::Delete { address, by } => {
                let address = find::address(&world, address)?;
                world.delete(&address, by)?;
                let goes = world.thing(&address)?.is_some();
                let done =
                    if goes { "is being deleted; it is gone after a few operations" } else { "is gone" };
                tell(context, &format!("{address} {done}"), json!({"address": address, "gone": !goes}))
            }
            What::Add { address, live, by } => {
                let address = address.parse().map_err(|error: afctl_contract::resource::AddressError| {
                    Failure::usage(error.to_string())
                })?;
                let live: Value = serde_json::from_str(live)
                    .map_err(|error| Failure::usage(format!("`{live}` is not JSON: {error}")))?;
                world.foreign(&address, live, by.as_deref())?;
                let whose = by.as_ref().map_or_else(|| "nobody's".to_owned(), |tool| format!("{tool}'s"));
                tell(context, &format!("{address} is there, and is {whose}"), json!({"address": address}))
            }
            What::Fail(fail) => {
                let rule = fail.rule()?;
                let id = world.fail(rule.clone())?;
                let said = format!("fault {id}: {}", fault::describe(&rule));
                tell(context, &said, json!({"fault": id, "rule": rule}))
            }
            What::Heal { fault } => heal(context, &world, *fault),
            What::Resume => {
                world.resume()?;
                tell(context, "the simulated world goes on", json!({"stopped": false}))
            }
            // Done above, before the world is opened: it may be one that cannot be.
            What::Reset => Ok(Exit::Done),
        }
    }
}

/// Says what was done.
fn tell(context: &Context, said: &str, mut result: Value) -> Result<Exit, Failure> {
    if context.is_json() {
        result["schemaVersion"] = json!(SCHEMA);
        context.print_json(&result)?;
    } else {
        context.say(said);
    }
    Ok(Exit::Done)
}

fn show(context: &Context, world: &World, address: Option<&str>) -> Result<Exit, Failure> {
    let mut listing = world.show()?;
    if let Some(address) = address {
        let address = find::address(world, address)?;
        listing.things.retain(|shown| shown.address == address);
    }
    if context.is_json() {
        let things = serde_json::to_value(&listing.things);
        let faults: Vec<Value> =
            listing.faults.iter().map(|(id, rule, struck)| fault_json(*id, rule, *struck)).collect();
        let things =
            things.map_err(|error| Failure::new(format!("the world cannot be written as JSON: {error}")))?;
        context.print_json(&json!({
            "schemaVersion": SCHEMA,
            "things": things,
            "faults": faults,
            "stopped": listing.stopped,
            "operations": listing.operations,
            "calls": listing.calls,
        }))?;
    } else {
        let paint = context.paint_result();
        let text = match listing.things.first() {
            Some(shown) if address.is_some() => text::thing(shown, paint),
            _ => text::listing(&listing, paint),
        };
        context.print(&text)?;
    }
    Ok(Exit::Done)
}

fn fault_json(id: u64, rule: &Rule, struck: u64) -> Value {
    json!({"fault": id, "rule": rule, "struck": struck, "about": fault::describe(rule)})
}

fn heal(context: &Context, world: &World, fault: Option<u64>) -> Result<Exit, Failure> {
    let healed = world.heal(fault)?;
    let said = match (fault, healed) {
        (Some(id), false) => {
            return Err(
                Failure::usage(format!("there is no fault {id}")).help("afctl sandbox show lists them")
            );
        }
        (Some(id), true) => format!("fault {id} is gone"),
        (None, true) => "all faults are gone".to_owned(),
        (None, false) => "there were no faults".to_owned(),
    };
    if world.is_stopped()? {
        context.say("the world is still stopped; afctl sandbox resume lets it go on");
    }
    tell(context, &said, json!({"healed": healed}))
}

fn reset(context: &Context) -> Result<Exit, Failure> {
    if FilePath::new(SANDBOX).exists() {
        match World::open(SANDBOX) {
            Ok(world) => world.reset()?,
            Err(busy @ WorldError::Busy { .. }) => return Err(busy.into()),
            // What cannot be opened can still be done away with.
            Err(_) => std::fs::remove_file(SANDBOX)
                .map_err(|error| Failure::new(format!("{SANDBOX} cannot be removed: {error}")))?,
        }
    }
    tell(context, "the simulated world is empty", json!({"things": []}))
}

impl Drift {
    fn run(&self, context: &Context, world: &World) -> Result<Exit, Failure> {
        let address = find::address(world, &self.address)?;
        let live = world.thing(&address)?.map(|thing| thing.live).unwrap_or_default();
        let field = match find::field(&live, &self.field) {
            Some(_) => self.field.clone(),
            None => find::dotted_field(&live, &self.field).unwrap_or_else(|| self.field.clone()),
        };
        let before = find::field(&live, &field);
        let near = if before.is_none() && !self.new { find::near_field(&live, &field) } else { None };
        if let Some(meant) = near {
            return Err(Failure::usage(format!("{address} has no {field}"))
                .help(format!("did you mean {meant}? To add the field all the same, give --new")));
        }
        let after = self.value.as_deref().map(|text| find::value(text, before));
        let changed = match &after {
            Some(value) => world.drift(&address, &field, value.clone(), &self.by)?,
            None => world.remove_field(&address, &field, &self.by)?,
        };
        let word =
            |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), super::plan_text::brief);
        let said = if changed {
            format!("{address}: {field} was {} and is {} now", word(before), word(after.as_ref()))
        } else {
            format!("{address}: {field} was {} already", word(before))
        };
        tell(
            context,
            &said,
            json!({"address": address, "field": field, "before": before, "after": after, "changed": changed}),
        )
    }
}
