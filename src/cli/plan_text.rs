//! A plan as text: what goes away first, then what changes, then what comes; like things in one row; each with its
//! reason and the line that asks for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use afctl_contract::plan::SiteBasis;
use afctl_contract::{Action, Address, FieldChange, Origin, Plan, Reason, Step, Withheld, WithheldKind};
use serde_json::Value;

use super::paint::Paint;

/// How much is shown.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// Colour or none.
    pub paint: Paint,
    /// Every thing in a row of its own.
    pub verbose: bool,
}

/// The whole plan.
pub fn text(plan: &Plan, view: View) -> String {
    let mut out = String::new();
    for (name, basis) in &plan.sites {
        site(&mut out, plan, name, basis, view);
    }
    out.push_str(&summary(plan, view.paint));
    out.push('\n');
    out
}

pub(super) fn site(out: &mut String, plan: &Plan, name: &str, basis: &SiteBasis, view: View) {
    let paint = view.paint;
    let _ = writeln!(out, "{} {}", paint.bold(name), paint.dim(&format!("({})", basis.target)));
    for problem in &basis.problems {
        let _ = writeln!(out, "  {} {}", paint.yellow("? unknown"), problem.message);
        if let Some(help) = &problem.help {
            let _ = writeln!(out, "            {}", paint.cyan(help));
        }
    }
    let mut steps: Vec<&Step> = plan.steps.iter().filter(|step| step.address.site == name).collect();
    steps.sort_by_key(|step| (order(step.action), step.id));
    for row in rows(&steps, view.verbose) {
        step_row(out, &row, view);
    }
    for kind in [WithheldKind::Refused, WithheldKind::Held, WithheldKind::Waiting] {
        let of_site: Vec<&Withheld> = plan.withheld(kind).filter(|w| w.address.site == name).collect();
        withheld_rows(out, kind, &of_site, view);
    }
    if basis.unchanged > 0 {
        let _ = writeln!(out, "  {}", paint.dim(&format!("= {} as they should be", basis.unchanged)));
    }
    out.push('\n');
}

/// Destroys first, then replacements, changes, creations.
const fn order(action: Action) -> u8 {
    match action {
        Action::Delete => 0,
        Action::Replace => 1,
        Action::Forget => 2,
        Action::Adopt => 3,
        Action::Update => 4,
        Action::Create => 5,
    }
}

/// From so many steps on, creations of one kind stand in one row, wherever they come from.
const MANY: usize = 60;

/// Steps that say the same about different things stand in one row.
fn rows<'a>(steps: &[&'a Step], verbose: bool) -> Vec<Vec<&'a Step>> {
    let many = steps.len() > MANY;
    let mut rows: Vec<Vec<&Step>> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for step in steps {
        if verbose {
            rows.push(vec![step]);
            continue;
        }
        let fields = serde_json::to_string(&step.fields).unwrap_or_default();
        let origin =
            if many && step.action == Action::Create { String::new() } else { step.origin.path.to_string() };
        let key = format!(
            "{:?}|{}|{:?}|{origin}|{fields}|{:?}",
            step.action, step.address.kind, step.reason, step.disruption
        );
        if let Some(&row) = seen.get(&key) {
            rows[row].push(step);
        } else {
            seen.insert(key, rows.len());
            rows.push(vec![step]);
        }
    }
    rows
}

fn step_row(out: &mut String, row: &[&Step], view: View) {
    let paint = view.paint;
    let Some(step) = row.first() else { return };
    let sign = match step.action {
        Action::Delete => paint.red("- delete "),
        Action::Replace => paint.red("± replace"),
        Action::Forget => paint.yellow("< let go "),
        Action::Adopt => paint.yellow("> adopt  "),
        Action::Update => paint.yellow("~ update "),
        Action::Create => paint.green("+ create "),
    };
    let names: Vec<String> = row.iter().map(|step| name(&step.address)).collect();
    // That something new is not there yet goes without saying.
    let reason = if step.reason == Reason::New { "" } else { step.reason.as_str() };
    let place =
        if row.iter().all(|other| other.origin == step.origin) { line(&step.origin) } else { String::new() };
    let remark = format!("{reason}{place}");
    let remark = paint.dim(remark.trim_start());
    let _ = writeln!(
        out,
        "  {sign} {} {}  {remark}",
        short_kind(&step.address.kind),
        paint.bold(&listed(&names))
    );
    if let Some(disruption) = &step.disruption {
        let _ = writeln!(out, "            {}", paint.red(&format!("! {disruption}")));
    }
    let shown = if view.verbose { usize::MAX } else { 8 };
    // The marks of a thing that becomes ours are no news.
    let mark = |field: &&FieldChange| {
        let path = field.path.to_string();
        step.reason == Reason::New && (path.contains("afctl.dev/facility") || path.contains("afctl.dev/site"))
    };
    let fields: Vec<&FieldChange> = step.fields.iter().filter(|field| view.verbose || !mark(field)).collect();
    for field in fields.iter().copied().take(shown) {
        let origin = step.origin_of(&field.path);
        let place = if *origin == step.origin { String::new() } else { line(origin) };
        let forced = if step.forced_by.contains(&field.path) { "  forces the replacement" } else { "" };
        let _ =
            writeln!(out, "            {}{}{}", change(field, paint), paint.dim(&place), paint.red(forced));
    }
    if fields.len() > shown {
        let more = fields.len() - shown;
        let _ = writeln!(out, "            {}", paint.dim(&format!("and {more} more fields (-v shows all)")));
    }
}

fn change(field: &FieldChange, paint: Paint) -> String {
    let by = field.by.as_ref().map_or(String::new(), |by| format!("  changed by {by}"));
    let text = match (&field.before, &field.after) {
        (Some(before), Some(after)) => {
            format!("{}: {} -> {}", field.path, paint.red(&brief(before)), paint.green(&brief(after)))
        }
        (Some(before), None) => format!("{}: {} -> gone", field.path, paint.red(&brief(before))),
        (None, Some(after)) => format!("{}: {}", field.path, paint.green(&brief(after))),
        (None, None) => field.path.to_string(),
    };
    format!("{text}{}", paint.yellow(&by))
}

/// A value in a line.
pub fn brief(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 80 {
        let cut: String = text.chars().take(77).collect();
        format!("{cut}...")
    } else {
        text
    }
}

fn withheld_rows(out: &mut String, kind: WithheldKind, of_site: &[&Withheld], view: View) {
    let paint = view.paint;
    let sign = match kind {
        WithheldKind::Refused => paint.red("x refused"),
        WithheldKind::Held => paint.red("# held   "),
        WithheldKind::Waiting => paint.yellow(". waiting"),
    };
    // Things that wait for the same reason, and need the same done, stand in one row, of whatever kind they are.
    let mut rows: Vec<Vec<&Withheld>> = Vec::new();
    let mut seen: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
    for withheld in of_site {
        let any = kind == WithheldKind::Waiting;
        let of = if any { "" } else { withheld.address.kind.as_str() };
        let key = (of, withheld.why.as_str(), withheld.help.as_deref());
        match seen.get(&key) {
            Some(&row) if !view.verbose => rows[row].push(withheld),
            _ => {
                seen.insert(key, rows.len());
                rows.push(vec![withheld]);
            }
        }
    }
    for row in rows {
        let Some(withheld) = row.first() else { continue };
        let what = if row.iter().all(|other| other.address.kind == withheld.address.kind) {
            let names: Vec<String> = row.iter().map(|withheld| name(&withheld.address)).collect();
            format!("{} {}", short_kind(&withheld.address.kind), paint.bold(&listed(&names)))
        } else {
            paint.bold(&format!("{} things", row.len()))
        };
        let alike = row.iter().all(|other| other.origin == withheld.origin);
        let place = if alike { line(&withheld.origin) } else { String::new() };
        let _ = writeln!(out, "  {sign} {what}  {}{}", withheld.why, paint.dim(&place));
        if let Some(help) = &withheld.help {
            let _ = writeln!(out, "            {}", paint.cyan(help));
        }
    }
}

/// Counts in a line.
pub fn summary(plan: &Plan, paint: Paint) -> String {
    let mut parts = Vec::new();
    let counts = plan.counts();
    for (action, words) in [
        (Action::Delete, "to delete"),
        (Action::Replace, "to replace"),
        (Action::Forget, "to let go"),
        (Action::Adopt, "to adopt"),
        (Action::Update, "to update"),
        (Action::Create, "to create"),
    ] {
        if let Some(count) = counts.get(&action) {
            let text = format!("{count} {words}");
            parts.push(if action.is_destructive() { paint.red(&text) } else { text });
        }
    }
    if parts.is_empty() && plan.withheld.is_empty() {
        parts.push("nothing to do".to_owned());
    }
    for (kind, words) in
        [(WithheldKind::Refused, "refused"), (WithheldKind::Held, "held"), (WithheldKind::Waiting, "waiting")]
    {
        let count = plan.withheld(kind).count();
        if count > 0 {
            parts.push(paint.yellow(&format!("{count} {words}")));
        }
    }
    let unseen = plan.sites.values().filter(|site| !site.problems.is_empty()).count();
    if unseen > 0 {
        parts.push(paint.yellow(&format!("{unseen} site(s) not wholly seen")));
    }
    parts.push(format!("{} unchanged", plan.unchanged()));
    format!("Plan for {}: {}.", plan.facility, parts.join(", "))
}

fn line(origin: &Origin) -> String {
    match &origin.position {
        Some(position) => format!("  {}:{}", position.file, position.line),
        None if origin.path.segments().is_empty() => String::new(),
        None => format!("  {}", origin.path),
    }
}

/// A kind without its API group.
pub fn short_kind(kind: &str) -> &str {
    kind.split('.').next().unwrap_or(kind)
}

/// Namespace and name.
pub fn name(address: &Address) -> String {
    match &address.namespace {
        Some(namespace) => format!("{namespace}/{}", address.name),
        None => address.name.clone(),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first, second] => format!("{first}, {second}"),
        [first, second, third] => format!("{first}, {second}, {third}"),
        [first, second, .., last] => format!("{first}, {second} … {last} ({} of them)", names.len()),
    }
}
