//! The simulated world for people.

use afctl_contract::world::{Effect, Listing, Mark, Shown};

use super::fault;
use crate::cli::paint::Paint;

/// Whose a thing is.
fn whose(shown: &Shown) -> String {
    let thing = &shown.thing;
    let mut owners: Vec<String> = match &thing.mark {
        Some(Mark::Facility(name) | Mark::Tool(name)) => vec![format!("of {name}")],
        None if thing.given => vec!["given".to_owned()],
        None => vec!["nobody's".to_owned()],
    };
    if thing.mark.is_none() {
        owners.extend(thing.parts.keys().map(|facility| format!("fields of {facility}")));
    }
    owners.join(", ")
}

fn short(shown: &Shown) -> String {
    let address = &shown.address;
    let namespace = address.namespace.as_ref().map_or_else(String::new, |namespace| format!("{namespace}/"));
    format!("{}/{namespace}{}", address.kind, address.name)
}

/// What is noteworthy about a thing.
fn notes(shown: &Shown) -> Vec<String> {
    let thing = &shown.thing;
    let mut notes = Vec::new();
    if let Some(why) = &thing.deleting {
        notes.push(format!("being deleted: {why}"));
    }
    for (path, who) in thing.others.iter().take(3) {
        notes.push(format!("{path} by {who}"));
    }
    if thing.others.len() > 3 {
        notes.push(format!("{} more fields by others", thing.others.len() - 3));
    }
    if let Some(data) = &thing.data {
        notes.push(format!("holds {data}"));
    }
    notes
}

/// Everything, a line each.
pub(super) fn listing(listing: &Listing, paint: Paint) -> String {
    let mut text = String::new();
    let mut group = None;
    let width = listing.things.iter().map(|shown| short(shown).chars().count()).max().unwrap_or(0).min(64);
    for shown in &listing.things {
        let at = (&shown.address.site, &shown.address.backend);
        if group != Some(at) {
            group = Some(at);
            text.push_str(&format!("{}\n", paint.bold(&format!("{}, {}", at.0, at.1))));
        }
        let notes = notes(shown);
        let notes =
            if notes.is_empty() { String::new() } else { format!("; {}", paint.yellow(&notes.join("; "))) };
        text.push_str(&format!("  {:width$}  {}{notes}\n", short(shown), paint.dim(&whose(shown))));
    }
    if listing.things.is_empty() {
        text.push_str("nothing is there\n");
    }
    if !listing.faults.is_empty() {
        text.push_str(&format!("{}\n", paint.bold("faults")));
    }
    for (id, rule, struck) in &listing.faults {
        let so_far = match struck {
            0 => "not struck yet".to_owned(),
            // Readiness is counted for each thing by itself, so that in all it may strike more often.
            n if rule.times.is_some_and(|times| *n >= times)
                && !matches!(rule.effect, Effect::Pending(_)) =>
            {
                "spent".to_owned()
            }
            n => format!("struck {n} times so far"),
        };
        text.push_str(&format!("  {id:3}  {}; {so_far}\n", fault::describe(rule)));
    }
    if listing.stopped {
        text.push_str(&format!(
            "{}\n",
            paint.red("the world is stopped; afctl sandbox resume lets it go on")
        ));
    }
    text
}

/// All of one thing.
pub(super) fn thing(shown: &Shown, paint: Paint) -> String {
    let thing = &shown.thing;
    let mut text = format!(
        "{}\n  {}, generation {}\n",
        paint.bold(&shown.address.to_string()),
        whose(shown),
        thing.generation
    );
    for note in notes(shown) {
        text.push_str(&format!("  {}\n", paint.yellow(&note)));
    }
    for (facility, part) in &thing.parts {
        if let Some(origin) = &part.origin {
            text.push_str(&format!("  {facility} asks for it in {origin}\n"));
        }
    }
    // A value that was read from JSON can be written as JSON.
    text.push_str(&format!("{:#}\n", thing.live));
    for done in &shown.history {
        text.push_str(&paint.dim(&format!("  operation {}: {} by {}\n", done.op, done.what, done.by)));
    }
    text
}
