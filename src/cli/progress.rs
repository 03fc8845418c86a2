//! What happens during an apply, shown: a bar on a terminal, a line an event elsewhere, JSON for machines.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::Mutex;
use std::time::Duration;

use afctl_contract::{Event, Journal, Origin};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::paint::Paint;
use super::plan_text::{name, short_kind};

/// Shows events to people, on stderr.
pub struct Terminal {
    bar: ProgressBar,
    paint: Paint,
    verbose: bool,
    waiting: Mutex<BTreeMap<String, String>>,
    retried: Mutex<BTreeSet<String>>,
}

impl Terminal {
    /// A bar where there is a terminal; lines where there is none.
    pub fn new(paint: Paint, verbose: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        // The template is a constant, so it parses.
        if let Ok(style) = ProgressStyle::with_template("  {bar:30} {pos}/{len} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar, paint, verbose, waiting: Mutex::default(), retried: Mutex::default() }
    }

    fn say(&self, text: &str) {
        if self.bar.is_hidden() {
            eprintln!("{text}");
        } else {
            self.bar.println(text);
        }
    }
}

impl Journal for Terminal {
    fn record(&self, event: &Event) {
        let paint = self.paint;
        match event {
            Event::Started { steps } => self.bar.set_length(*steps as u64),
            Event::StepStarted { action, address, .. } => self.bar.set_message(format!(
                "{} {} {}",
                action.as_str(),
                short_kind(&address.kind),
                name(address)
            )),
            Event::StepRetried { address, attempt, message, wait_ms, .. } => {
                // A backend that is away makes every step say the same.
                let fresh = self.retried.lock().is_ok_and(|mut seen| seen.insert(message.clone()));
                if self.verbose || (fresh) {
                    let text = format!(
                        "  {} {} {}: {message}; again in {:.1} s (try {attempt} failed)",
                        paint.yellow("retry"),
                        short_kind(&address.kind),
                        name(address),
                        Duration::from_millis(*wait_ms).as_secs_f64()
                    );
                    self.say(&text);
                }
            }
            Event::StepDone { action, address, .. } => {
                self.bar.inc(1);
                if self.verbose || self.bar.is_hidden() {
                    self.say(&format!(
                        "  {} {} {} {}",
                        paint.green("done"),
                        action.as_str(),
                        short_kind(&address.kind),
                        name(address)
                    ));
                }
            }
            Event::StepFailed { action, address, message, help, origin, .. } => {
                self.say(&failure(paint, action.as_str(), address, message, help.as_deref(), origin));
            }
            Event::StepSkipped { address, why, .. } => {
                if self.verbose {
                    self.say(&format!(
                        "  {} {} {}: {why}",
                        paint.yellow("not tried"),
                        short_kind(&address.kind),
                        name(address)
                    ));
                }
            }
            Event::Waiting { address, on } => {
                let fresh = self
                    .waiting
                    .lock()
                    .is_ok_and(|mut seen| seen.insert(address.to_string(), on.clone()).as_ref() != Some(on));
                self.bar.set_message(format!(
                    "waiting for {} {}: {on}",
                    short_kind(&address.kind),
                    name(address)
                ));
                if fresh && self.verbose {
                    self.say(&format!(
                        "  {} {} {}: {on}",
                        paint.yellow("waiting for"),
                        short_kind(&address.kind),
                        name(address)
                    ));
                }
            }
            Event::Finished { .. } => self.bar.finish_and_clear(),
        }
    }
}

/// A failed step with the line that asked for it.
fn failure(
    paint: Paint,
    action: &str,
    address: &afctl_contract::Address,
    message: &str,
    help: Option<&str>,
    origin: &Origin,
) -> String {
    let mut text = format!(
        "  {} {action} {} {}: {message}",
        paint.red("failed"),
        short_kind(&address.kind),
        paint.bold(&name(address))
    );
    if let Some(position) = &origin.position {
        let number = position.line.to_string();
        let gap = " ".repeat(number.len());
        let underline = " ".repeat(position.column.saturating_sub(1));
        let key = position.text.trim_start().split([':', ' ', ',', '}']).next().unwrap_or_default();
        let marks = "^".repeat(origin_width(origin, key));
        text.push_str(&format!(
            "\n    {gap}--> {}:{}:{}\n    {gap} |\n    {number} | {}\n    {gap} | {underline}{}",
            position.file,
            position.line,
            position.column,
            position.text,
            paint.red(&marks)
        ));
    } else if !origin.path.segments().is_empty() {
        text.push_str(&format!("\n    asked for by {}", origin.path));
    }
    if let Some(help) = help {
        text.push_str(&format!("\n    {} {help}", paint.cyan("help:")));
    }
    text
}

fn origin_width(origin: &Origin, key: &str) -> usize {
    match origin.path.segments().last() {
        Some(afctl_contract::place::Segment::Key(last)) => last.chars().count(),
        _ => key.chars().count(),
    }
    .max(1)
}

/// Writes each event as a line of JSON to stdout.
#[derive(Debug, Default)]
pub struct JsonLines;

impl Journal for JsonLines {
    fn record(&self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            // A reader that went away does not stop the work in hand.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }
}

/// A spinner while sites are looked at, on a terminal only.
pub fn looking(is_terminal: bool, sites: usize) -> ProgressBar {
    if !is_terminal {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    bar.set_message(if sites == 1 {
        "looking at 1 site".to_owned()
    } else {
        format!("looking at {sites} sites")
    });
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}
