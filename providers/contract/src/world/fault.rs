//! Faults that the simulated world is told to have.
//!
//! A [`Rule`] says which calls it is about, from which of them on and how often it strikes, and with what [`Effect`].
//! Rules are kept in the world, so that they outlive a process, and strike in the order they were made: of those that
//! apply to a call, every delay and the first other effect.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tables::Stored;
use super::tx::Tx;
use crate::backend::{ApplyError, ErrorKind};
use crate::place::Path;
use crate::plan::Action;
use crate::resource::Address;

/// Which calls a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum On {
    /// Steps, whatever they do.
    #[default]
    Write,
    /// Steps that do this.
    Do(Action),
    /// Looking at a site.
    Observe,
    /// Asking whether something has come to work.
    Ready,
    /// Keeping in mind what was applied.
    Record,
}

/// What a rule does to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Too many requests; try again after so many milliseconds, if said.
    Throttled(Option<u64>),
    /// The connection fails before anything was done.
    CutBefore,
    /// The connection fails, and what was asked for is done.
    CutAfter,
    /// The call is refused.
    Refused {
        /// As [`ErrorKind::as_str`] has it: `invalid`, `denied`, `conflict`, `stale`, `not-ours`, `not-yet`, `other`.
        kind: String,
        /// What is said.
        message: String,
        /// The field it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<Path>,
    },
    /// The process is killed before anything was done: this call and all others fail until
    /// [`World::resume`](super::World::resume).
    StopBefore,
    /// The process is killed after what was asked for is done, and before it hears of it.
    StopAfter,
    /// It takes so many milliseconds longer.
    Slow(u64),
    /// The kind is not known to the backend; why is said here.
    MissingKind(String),
    /// It cannot be seen: all of the site, or the rule's kind; why is said here.
    Incomplete(String),
    /// It has not come to work yet; what it waits for is said here. Counted for each thing by itself.
    Pending(String),
    /// It will never come to work; why is said here.
    Broken(String),
    /// What is deleted stays for so many operations more.
    Linger(u64),
}

/// A fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// Which calls.
    pub on: On,
    /// Of which kinds: a pattern with `*` and `?`, for the whole kind or its part before the API group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// For which addresses: a pattern for the whole or for its last parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// At which site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// From which matching call on, from 1.
    pub nth: u64,
    /// How often; for ever if not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// What happens.
    pub effect: Effect,
}

impl Rule {
    /// On the next matching call, once.
    pub const fn new(on: On, effect: Effect) -> Self {
        Self { on, kind: None, address: None, site: None, nth: 1, times: Some(1), effect }
    }

    /// Only for kinds of this pattern.
    #[must_use]
    pub fn kind(mut self, pattern: impl Into<String>) -> Self {
        self.kind = Some(pattern.into());
        self
    }

    /// Only for addresses of this pattern.
    #[must_use]
    pub fn address(mut self, pattern: impl Into<String>) -> Self {
        self.address = Some(pattern.into());
        self
    }

    /// Only at this site.
    #[must_use]
    pub fn site(mut self, site: impl Into<String>) -> Self {
        self.site = Some(site.into());
        self
    }

    /// From the `nth` matching call on.
    #[must_use]
    pub const fn nth(mut self, nth: u64) -> Self {
        self.nth = nth;
        self
    }

    /// So often.
    #[must_use]
    pub const fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// For ever.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// The same, about the calls that its effect can be about.
    pub(super) const fn fitted(mut self) -> Self {
        match self.effect {
            Effect::MissingKind(_) | Effect::Incomplete(_) => self.on = On::Observe,
            Effect::Pending(_) | Effect::Broken(_) => self.on = On::Ready,
            Effect::Linger(_) if matches!(self.on, On::Write) => self.on = On::Do(Action::Delete),
            _ => {}
        }
        self
    }

    /// Whether it hides the kind of what a step or a question is about. Such a rule is counted by looks alone, and is
    /// in force in between.
    fn hides(&self, call: &Call<'_>) -> bool {
        matches!(self.effect, Effect::MissingKind(_))
            && call.on != On::Observe
            && self.site.as_deref().is_none_or(|site| site == call.site)
            && call.address.zip(self.kind.as_deref()).is_some_and(|(a, kind)| kind_fits(kind, &a.kind))
    }

    fn is_about(&self, call: &Call<'_>) -> bool {
        let on = match (self.on, call.on) {
            (On::Write, On::Do(_)) => true,
            (asked, made) => asked == made,
        };
        let kind = match (&self.kind, call.address) {
            (None, _) => true,
            (Some(pattern), Some(address)) => kind_fits(pattern, &address.kind),
            // Looking is about all kinds; which of them is hidden is up to the effect.
            (Some(_), None) => call.on == On::Observe,
        };
        on && kind
            && self.site.as_deref().is_none_or(|site| site == call.site)
            && self.address.as_deref().is_none_or(|pattern| {
                call.address.is_some_and(|address| address_fits(pattern, &address.to_string()))
            })
    }
}

/// A call that a driver makes.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub on: On,
    pub site: &'a str,
    pub address: Option<&'a Address>,
}

/// Whether a kind fits a pattern, with or without its API group.
pub(super) fn kind_fits(pattern: &str, kind: &str) -> bool {
    let short = kind.split_once('.').map_or(kind, |(short, _)| short);
    fits(pattern, kind) || fits(pattern, short)
}

/// Whether an address, or its last parts, fits a pattern.
pub(super) fn address_fits(pattern: &str, address: &str) -> bool {
    fits(pattern, address)
        || address.match_indices('/').any(|(slash, _)| fits(pattern, &address[slash + 1..]))
}

/// Whether a text fits a pattern in which `*` stands for anything and `?` for one character.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == '?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// What strikes a call.
#[derive(Debug, Default)]
pub(super) struct Struck {
    /// How much longer it takes.
    pub delay: Duration,
    /// What else happens, with the kinds that the rule names.
    pub effect: Option<(Effect, Option<String>)>,
    /// For looking, what happens besides: kinds that are hidden or missing.
    pub more: Vec<(Effect, Option<String>)>,
}

/// Which rules strike a call; each is counted.
pub(super) fn strike(tx: &Tx<'_>, call: &Call<'_>) -> Stored<Struck> {
    let mut struck = Struck::default();
    for (id, rule) in tx.rules()? {
        if rule.hides(call) {
            let (_, times) = tx.struck(id, "")?;
            if struck.effect.is_none() && rule.times.is_none_or(|limit| times < limit) {
                struck.effect = Some((rule.effect, rule.kind));
            }
            continue;
        }
        let is_over = struck.effect.is_some() && call.on != On::Observe;
        if !rule.is_about(call) || is_over && !matches!(rule.effect, Effect::Slow(_)) {
            continue;
        }
        let each = matches!(rule.effect, Effect::Pending(_));
        let of = call.address.filter(|_| each).map(ToString::to_string).unwrap_or_default();
        let (seen, times) = tx.struck(id, &of)?;
        let strikes = seen + 1 >= rule.nth && rule.times.is_none_or(|limit| times < limit);
        tx.set_struck(id, &of, (seen + 1, times + u64::from(strikes)))?;
        match rule.effect {
            _ if !strikes => {}
            Effect::Slow(ms) => struck.delay += Duration::from_millis(ms),
            effect if struck.effect.is_none() => struck.effect = Some((effect, rule.kind)),
            effect => struck.more.push((effect, rule.kind)),
        }
    }
    Ok(struck)
}

impl Effect {
    /// The failure that a step meets with, if any.
    pub(super) fn refusal(&self) -> Option<ApplyError> {
        Some(match self {
            Self::Throttled(after) => {
                let after = after.map(Duration::from_millis);
                ApplyError::new(ErrorKind::Throttled(after), "too many requests")
            }
            Self::CutBefore | Self::CutAfter => {
                ApplyError::new(ErrorKind::Unreachable, "the connection was cut")
            }
            Self::Refused { kind, message, field } => {
                let mut error = ApplyError::new(kind_named(kind), message.clone());
                error.field.clone_from(field);
                error
            }
            Self::StopBefore | Self::StopAfter => stopped(),
            Self::MissingKind(why) => ApplyError::new(ErrorKind::NotYet, why.clone())
                .help("what brings the kind (a custom resource definition) has to be there first"),
            Self::Incomplete(why) => ApplyError::new(ErrorKind::Unreachable, why.clone()),
            Self::Slow(_) | Self::Pending(_) | Self::Broken(_) | Self::Linger(_) => return None,
        })
    }

    /// Whether what was asked for is done all the same.
    pub(super) const fn is_after(&self) -> bool {
        matches!(self, Self::CutAfter | Self::StopAfter)
    }

    /// Whether every call after this one is refused.
    pub(super) const fn stops(&self) -> bool {
        matches!(self, Self::StopBefore | Self::StopAfter)
    }
}

/// What every call is told while the world is stopped. To try again is no use: who was killed does not try again.
pub(super) fn stopped() -> ApplyError {
    ApplyError::new(ErrorKind::Other, "the simulated world is stopped")
        .help("`afctl sandbox resume` lets it go on")
}

fn kind_named(name: &str) -> ErrorKind {
    [
        ErrorKind::Throttled(None),
        ErrorKind::Unreachable,
        ErrorKind::NotYet,
        ErrorKind::Stale,
        ErrorKind::NotOurs,
        ErrorKind::Conflict,
        ErrorKind::Invalid,
        ErrorKind::Denied,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == name)
    .unwrap_or(ErrorKind::Other)
}
