//! What a strawman means: whether it can work, and whether it says what was meant.
//!
//! [`check`] runs every family of rules and gives all findings at once, in the order of the text. It is pure and never
//! panics, also on a strawman whose names lead nowhere: the reader has said so already, and such names are passed over
//! here. No rule takes more than a constant number of steps for each host, account and entry of a list.
//!
//! A rule is an error where nothing can work as written, a warning where an operator would want to know before others
//! find out, a note where something is merely worth knowing. Warnings and notes can be suppressed with a reason.

mod accounts;
mod asked;
mod compute;
mod context;
mod data;
mod figures;
mod fit;
mod goals;
mod gpus;
mod hosts;
mod instances;
mod menu;
mod names;
mod people;
mod prices;
mod promises;
mod quotas;
mod reading;
mod say;
mod scheduling;
mod services;
mod sites;
mod storage;
mod suppress;
#[cfg(test)]
mod tests;
mod unbuilt;

use afctl_contract::codes::sites::TOPOLOGY;
use afctl_contract::language::Strawman;
use afctl_contract::{Diagnostics, Level, SourceMap};

pub use unbuilt::unbuilt;

use context::Context;

/// Everything that is to be said about a strawman, in the order of its text, suppressions applied.
pub fn check(strawman: &Strawman, sources: &SourceMap) -> Diagnostics {
    let cx = Context::new(strawman, sources);
    let mut out = Diagnostics::new();
    for family in [
        sites::check,
        names::check,
        compute::check,
        hosts::check,
        instances::check,
        gpus::check,
        storage::check,
        promises::check,
        data::check,
        accounts::check,
        quotas::check,
        scheduling::check,
        menu::check,
        fit::check,
        services::check,
        people::check,
        figures::check,
        prices::check,
        goals::check,
        reading::check,
    ] {
        family(&cx, &mut out);
    }
    out.extend(unbuilt(strawman));
    suppress::apply(&cx, &mut out);
    out.sort(sources);
    out
}

/// As [`check`], for a variant: a patch of one part may leave sites behind that the word for its topology does not
/// cover, and the variant can still be compared.
pub fn check_variant(strawman: &Strawman, sources: &SourceMap) -> Diagnostics {
    check(strawman, sources)
        .into_iter()
        .map(|finding| if finding.code == &TOPOLOGY { finding.level(Level::Warning) } else { finding })
        .fold(Diagnostics::new(), |mut all, finding| {
            all.push(finding);
            all
        })
}
