//! Faults in the words of the command line.

use std::str::FromStr;

use afctl_contract::world::{Effect, On, Rule};
use afctl_contract::{Action, Path, units};
use clap::{Args, ValueEnum};

use crate::cli::exit::Failure;
use crate::source::words;

/// Have calls fail.
#[derive(Debug, Args)]
#[command(
    after_help = "What can happen (--with):\n  throttled, throttled=TIME   too many requests, to be tried again after TIME\n  \
                        cut                         the connection fails, nothing was done\n  \
                        cut-after                   the connection fails, and it was done\n  \
                        stop, stop-after            as if afctl was killed before or after; all calls fail until `resume`\n  \
                        slow=TIME                   it takes so much longer\n  \
                        invalid, denied, conflict, stale, not-ours, not-yet, other\n                              \
                        it is refused; see --message and --field\n  \
                        missing-kind                the backend does not know KIND\n  \
                        unseen                      KIND, or the site, cannot be seen\n  \
                        pending, broken             it does not come to work: not yet, or never\n  \
                        linger=N                    what is deleted stays for N operations\n\n\
                        Examples:\n  afctl sandbox fail create ResourceQuota --with throttled --times 2\n  \
                        afctl sandbox fail write --with stop-after --from 5\n  \
                        afctl sandbox fail observe --site bnl --with unseen --always"
)]
pub(super) struct Fail {
    /// Which calls
    #[arg(value_name = "CALL", value_enum)]
    on: Call,
    /// On which things: a kind, or the end of an address; both may hold * and ?
    #[arg(value_name = "KIND|ADDRESS")]
    target: Option<String>,
    /// What happens
    #[arg(long, value_name = "EFFECT", value_parser = effect)]
    with: Effect,
    /// How often
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    times: u64,
    /// For ever
    #[arg(long, conflicts_with = "times")]
    always: bool,
    /// From the Nth such call on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// Only at this site
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// What is said
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// The field that it is about
    #[arg(long, value_name = "FIELD")]
    field: Option<Path>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Call {
    /// Any step
    Write,
    /// Making a thing
    Create,
    /// Changing a thing
    Update,
    /// Making a thing anew
    Replace,
    /// Deleting a thing
    Delete,
    /// Taking a thing over
    Adopt,
    /// Letting fields of a thing go
    Forget,
    /// Looking at a site
    Observe,
    /// Asking whether a thing has come to work
    Ready,
    /// Keeping in mind what was applied
    Record,
}

impl From<Call> for On {
    fn from(call: Call) -> Self {
        match call {
            Call::Write => Self::Write,
            Call::Create => Self::Do(Action::Create),
            Call::Update => Self::Do(Action::Update),
            Call::Replace => Self::Do(Action::Replace),
            Call::Delete => Self::Do(Action::Delete),
            Call::Adopt => Self::Do(Action::Adopt),
            Call::Forget => Self::Do(Action::Forget),
            Call::Observe => Self::Observe,
            Call::Ready => Self::Ready,
            Call::Record => Self::Record,
        }
    }
}

/// The words for effects; some take a value after `=`.
const EFFECTS: [&str; 18] = [
    "throttled",
    "cut",
    "cut-after",
    "stop",
    "stop-after",
    "slow",
    "invalid",
    "denied",
    "conflict",
    "stale",
    "not-ours",
    "not-yet",
    "other",
    "missing-kind",
    "unseen",
    "pending",
    "broken",
    "linger",
];

fn milliseconds(text: &str) -> Result<u64, String> {
    if let Some(number) = text.strip_suffix("ms") {
        return number.trim().parse().map_err(|_| format!("`{text}` is no length of time"));
    }
    let seconds = units::Duration::from_str(text).map_err(|error| error.to_string())?.0;
    Ok(seconds.saturating_mul(1000))
}

/// An effect from its word; messages are put in later.
fn effect(text: &str) -> Result<Effect, String> {
    let (word, value) = text.split_once('=').map_or((text, None), |(word, value)| (word, Some(value)));
    let needed = || value.ok_or_else(|| format!("write {word}=VALUE, such as {word}=3"));
    let made = match word {
        "throttled" => Effect::Throttled(value.map(milliseconds).transpose()?),
        "slow" => Effect::Slow(milliseconds(value.ok_or("write slow=TIME, such as slow=2s")?)?),
        "linger" => {
            Effect::Linger(needed()?.parse().map_err(|_| "write linger=N, such as linger=3".to_owned())?)
        }
        "cut" => Effect::CutBefore,
        "cut-after" => Effect::CutAfter,
        "stop" => Effect::StopBefore,
        "stop-after" => Effect::StopAfter,
        "missing-kind" => Effect::MissingKind("the backend does not know this kind".to_owned()),
        "unseen" => Effect::Incomplete("it cannot be seen".to_owned()),
        "pending" => Effect::Pending("it is not ready yet".to_owned()),
        "broken" => Effect::Broken("it does not come to work".to_owned()),
        "invalid" | "denied" | "conflict" | "stale" | "not-ours" | "not-yet" | "other" => Effect::Refused {
            kind: word.to_owned(),
            message: format!("refused as {word} by the sandbox"),
            field: None,
        },
        _ => {
            let near = words::nearest(word, EFFECTS).map(|near| format!("; did you mean `{near}`?"));
            return Err(format!("`{word}` cannot happen{}", near.unwrap_or_default()));
        }
    };
    let takes_value = matches!(made, Effect::Throttled(_) | Effect::Slow(_) | Effect::Linger(_));
    if value.is_some() && !takes_value { Err(format!("`{word}` takes no value")) } else { Ok(made) }
}

impl Fail {
    /// The rule that is meant.
    pub(super) fn rule(&self) -> Result<Rule, Failure> {
        let mut effect = self.with.clone();
        let mut says = false;
        if let Effect::Refused { message, field, .. } = &mut effect {
            says = true;
            field.clone_from(&self.field);
            if let Some(given) = &self.message {
                message.clone_from(given);
            }
        } else if self.field.is_some() {
            return Err(Failure::usage("--field is for refusals, such as --with invalid"));
        }
        if let Effect::MissingKind(message)
        | Effect::Incomplete(message)
        | Effect::Pending(message)
        | Effect::Broken(message) = &mut effect
        {
            says = true;
            if let Some(given) = &self.message {
                message.clone_from(given);
            }
        }
        if self.message.is_some() && !says {
            return Err(Failure::usage("this effect has its own message; leave --message out"));
        }
        let looks = matches!(effect, Effect::MissingKind(_) | Effect::Incomplete(_));
        let mut rule = Rule::new(self.on.into(), effect).nth(self.from);
        rule.times = (!self.always).then_some(self.times);
        rule.site.clone_from(&self.site);
        match &self.target {
            Some(target) if target.contains('/') => {
                if looks || matches!(self.on, Call::Observe | Call::Record) {
                    return Err(Failure::usage(format!("this is about kinds, and `{target}` is an address")));
                }
                rule.address = Some(target.clone());
            }
            Some(kind) => rule.kind = Some(kind.clone()),
            None if matches!(rule.effect, Effect::MissingKind(_)) => {
                return Err(Failure::usage("which kind is missing?")
                    .help("afctl sandbox fail observe KIND --with missing-kind"));
            }
            None => {}
        }
        Ok(rule)
    }
}

/// A rule in words.
pub(super) fn describe(rule: &Rule) -> String {
    let mut text = match rule.on {
        On::Write => "write".to_owned(),
        On::Do(action) => action.as_str().to_owned(),
        On::Observe => "observe".to_owned(),
        On::Ready => "ready".to_owned(),
        On::Record => "record".to_owned(),
    };
    for target in [&rule.kind, &rule.address].into_iter().flatten() {
        text.push(' ');
        text.push_str(target);
    }
    if let Some(site) = &rule.site {
        text.push_str(&format!(" at {site}"));
    }
    text.push_str(": ");
    text.push_str(&match &rule.effect {
        Effect::Throttled(None) => "throttled".to_owned(),
        Effect::Throttled(Some(ms)) => format!("throttled for {ms} ms"),
        Effect::CutBefore => "the connection is cut before".to_owned(),
        Effect::CutAfter => "the connection is cut after".to_owned(),
        Effect::Refused { kind, message, .. } => format!("{kind}: {message}"),
        Effect::StopBefore => "the world stops before".to_owned(),
        Effect::StopAfter => "the world stops after".to_owned(),
        Effect::Slow(ms) => format!("{ms} ms longer"),
        Effect::MissingKind(why) => format!("kind missing: {why}"),
        Effect::Incomplete(why) => format!("unseen: {why}"),
        Effect::Pending(on) => format!("pending: {on}"),
        Effect::Broken(why) => format!("broken: {why}"),
        Effect::Linger(operations) => format!("lingers for {operations} operations"),
    });
    if rule.nth > 1 {
        text.push_str(&format!(", from call {} on", rule.nth));
    }
    text.push_str(&match rule.times {
        None => ", always".to_owned(),
        Some(1) => ", once".to_owned(),
        Some(times) => format!(", {times} times"),
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_are_read() {
        assert_eq!(effect("throttled"), Ok(Effect::Throttled(None)));
        assert_eq!(effect("throttled=500ms"), Ok(Effect::Throttled(Some(500))));
        assert_eq!(effect("slow=2s"), Ok(Effect::Slow(2000)));
        assert_eq!(effect("linger=3"), Ok(Effect::Linger(3)));
        for word in EFFECTS {
            let value = if matches!(word, "slow" | "linger") { "=3s" } else { "" };
            let read = effect(&format!("{word}{value}"));
            assert!(read.is_ok() || word == "linger", "{word}: {read:?}");
        }
        assert_eq!(effect("throtled"), Err("`throtled` cannot happen; did you mean `throttled`?".to_owned()));
        assert!(effect("slow").is_err() && effect("cut=3").is_err() && effect("linger=x").is_err());
    }

    #[test]
    fn rules_are_described() {
        let rule = Rule::new(On::Do(Action::Create), Effect::Throttled(None)).kind("ResourceQuota").times(2);
        assert_eq!(describe(&rule), "create ResourceQuota: throttled, 2 times");
        let rule = Rule::new(On::Observe, Effect::Incomplete("no route".into())).site("bnl").nth(3).always();
        assert_eq!(describe(&rule), "observe at bnl: unseen: no route, from call 3 on, always");
    }
}
