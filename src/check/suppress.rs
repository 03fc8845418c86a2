//! Suppressions: warnings that are known and accepted. Applied last, so that a suppression that hides nothing is seen.

use afctl_contract::codes::{self, goals};
use afctl_contract::diagnostic::At;
use afctl_contract::{Diagnostic, Diagnostics, Level, Path, path};

use super::context::Context;
use crate::source::words::nearest;

/// Takes out what is suppressed, and says what is wrong with the suppressions themselves.
pub fn apply(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut said = Vec::new();
    for (index, suppression) in cx.spec.suppress.iter().enumerate() {
        let here = path!["spec", "suppress", index];
        let Some(code) = codes::find(&suppression.code) else {
            let mut finding = Diagnostic::new(
                &goals::UNKNOWN_SUPPRESSED,
                format!("There is no code {}, so this suppresses nothing", suppression.code),
            )
            .at(here.join("code"));
            if let Some(meant) = nearest(&suppression.code, codes::all().map(|code| code.id)) {
                finding = finding.help(format!("did you mean {meant}?"));
            }
            said.push(finding);
            continue;
        };
        let below = match suppression.at.as_deref().map(str::parse::<Path>) {
            None => None,
            Some(Ok(place)) if cx.sources.contains(&place) || cx.sources.files().is_empty() => Some(place),
            Some(_) => {
                let finding = Diagnostic::new(
                    &goals::SUPPRESSED_NOWHERE,
                    format!("The strawman has nothing at {}", suppression.at.as_deref().unwrap_or_default()),
                )
                .at(here.join("at"))
                .help("write a path from the root, such as spec.storage.home, or leave `at` out to suppress it everywhere");
                said.push(finding);
                continue;
            }
        };
        let meant = |finding: &Diagnostic| {
            finding.code == code
                && below.as_ref().is_none_or(|below| match &finding.at {
                    At::Path(at, _) => at.is_within(below),
                    _ => false,
                })
        };
        if out.iter().any(|finding| meant(finding) && finding.level == Level::Error) {
            said.push(
                Diagnostic::new(
                    &goals::ERROR_SUPPRESSED,
                    format!("{} is an error here and cannot be suppressed", code.id),
                )
                .at(here.join("code"))
                .help(format!("mend what it says; `afctl explain {}` says more", code.id)),
            );
            continue;
        }
        let before = out.iter().count();
        out.retain(|finding| !meant(finding));
        if out.iter().count() == before {
            // The reader's own codes and those of the backends are found elsewhere, so nothing can be said of them.
            if ("AF0200".."AF1000").contains(&code.id) {
                said.push(
                    Diagnostic::new(
                        &goals::NOTHING_SUPPRESSED,
                        format!("{} is not found here, so this suppresses nothing", code.id),
                    )
                    .at(here.join("code"))
                    .help("remove it; it would hide the next one unseen"),
                );
            }
        }
    }
    out.extend(said);
}
