//! Qualities of service become priorities.
//!
//! | in the strawman | object |
//! |---|---|
//! | a QOS | `PriorityClass` `<facility>.<qos>`, and with Kueue a `WorkloadPriorityClass` of the same name |
//! | a QOS that may push others aside | `preemptionPolicy: PreemptLowerPriority`; `Never` for all others |
//! | a queue with a priority (its own, or of its QOS) | the same, as `<facility>.queue.<queue>` |
//! | `accounts.*.qos` | `ResourceQuota` `other-qos`: no pods of the classes that the account may not use |
//!
//! No class is made the cluster's default: other tenants of the cluster would get it too.

use afctl_contract::codes::kubernetes as codes;
use afctl_contract::language::Qos;
use afctl_contract::{Diagnostic, Path, path};
use serde_json::json;

use super::{Output, Site, names};
use crate::kinds;

/// The name of a quality's classes.
pub fn class(site: &Site<'_>, qos: &str) -> String {
    names::of_cluster(&site.owner, &[qos])
}

/// Classes and the quality that each stands for: of the qualities themselves, and of queues that have one.
pub fn classes_by_quality<'a>(site: &Site<'a>) -> Vec<(&'a str, String)> {
    let qualities = site.spec.qos.keys().map(|name| (name.as_str(), class(site, name)));
    let queues = site.queues.iter().filter_map(|here| {
        let qos = here.queue.qos.as_deref()?;
        Some((qos, names::of_cluster(&site.owner, &["queue", here.name])))
    });
    qualities.chain(queues).collect()
}

/// Whether other work may be pushed aside by work of this quality.
fn preempts(site: &Site<'_>, qos: &str) -> bool {
    site.spec.qos.values().any(|other| other.preempted_by.iter().any(|by| by == qos))
}

/// The highest priority of work that may be pushed aside at all.
pub fn preemptable(site: &Site<'_>) -> Option<u32> {
    site.spec.qos.values().filter(|qos| !qos.preempted_by.is_empty()).map(|qos| qos.priority).max()
}

/// Classes of all qualities and queues.
pub fn compile(site: &Site<'_>, out: &mut Output<'_>) {
    let mut walltimes = Vec::new();
    for (name, qos) in &site.spec.qos {
        let origin = path!["spec", "qos", name];
        if qos.max_walltime.is_some() {
            walltimes.push((name.clone(), origin.join("maxWalltime")));
        }
        let preempts = preempts(site, name);
        if preempts {
            warn_of_others(site, name, qos, out);
        }
        let text = qos.description.clone().unwrap_or_else(|| format!("QOS {name}"));
        classes(
            site,
            &class(site, name),
            qos.priority,
            preempts,
            &text,
            &origin,
            &origin.join("priority"),
            out,
        );
    }
    let mut without_kueue = Vec::new();
    for here in &site.queues {
        let origin = path!["spec", "queues", here.name];
        if here.queue.max_walltime.is_some() {
            walltimes.push((here.name.to_owned(), origin.join("maxWalltime")));
        }
        let of_qos = here.queue.qos.as_ref().and_then(|qos| site.spec.qos.get(qos));
        let (priority, from) = match (here.queue.priority, of_qos) {
            (Some(priority), _) => (Some(priority), origin.join("priority")),
            (None, Some(qos)) => (Some(qos.priority), origin.join("qos")),
            (None, None) => (None, origin.clone()),
        };
        if let Some(priority) = priority {
            let preempts = here.queue.qos.as_deref().is_some_and(|qos| preempts(site, qos));
            let name = names::of_cluster(&site.owner, &["queue", here.name]);
            let text = here.queue.description.clone().unwrap_or_else(|| format!("Queue {}", here.name));
            classes(site, &name, priority, preempts, &text, &origin, &from, out);
        }
        if !site.settings.kueue {
            without_kueue.push((here.name.to_owned(), origin));
        }
    }
    out.gathered(&walltimes, |names| {
        Diagnostic::new(
            &codes::WALLTIME_NOT_ENFORCED,
            format!("the walltime of {names} is not enforced at site `{}`", site.name),
        )
    });
    out.gathered(&without_kueue, |names| {
        Diagnostic::new(
            &codes::QUEUES_WITHOUT_KUEUE,
            format!("site `{}` has no Kueue, so {names} cannot queue there", site.name),
        )
        .help("set `kueue: true` at the site")
    });
}

#[allow(clippy::too_many_arguments)]
fn classes(
    site: &Site<'_>,
    name: &str,
    priority: u32,
    preempts: bool,
    description: &str,
    origin: &Path,
    from: &Path,
    out: &mut Output<'_>,
) {
    let policy = if preempts { "PreemptLowerPriority" } else { "Never" };
    let body = json!({"value": priority, "preemptionPolicy": policy, "description": description});
    let class = site.object(&kinds::PRIORITY_CLASS, name, origin, body);
    out.add(class.field_from(path!["value"], from.clone()));
    if site.settings.kueue {
        let body = json!({"value": priority, "description": description});
        let class = site.object(&kinds::WORKLOAD_PRIORITY_CLASS, name, origin, body);
        out.add(class.field_from(path!["value"], from.clone()));
    }
}

/// A class that preempts at all preempts everything lower: says so where the strawman does not mean that.
fn warn_of_others(site: &Site<'_>, name: &str, qos: &Qos, out: &mut Output<'_>) {
    let others: Vec<String> = site
        .spec
        .qos
        .iter()
        .filter(|(_, other)| other.priority < qos.priority && !other.preempted_by.iter().any(|by| by == name))
        .map(|(other, _)| format!("`{other}`"))
        .collect();
    if !others.is_empty() {
        out.findings.push(
            Diagnostic::new(
                &codes::PREEMPTS_ALL_LOWER,
                format!("work of `{name}` can also push aside {}", others.join(", ")),
            )
            .at(path!["spec", "qos", name, "priority"]),
        );
    }
}
