//! Nodes by name and by selector: each in one pool only, and with a name that can exist.
//!
//! One pass over all hosts of the facility; findings are gathered by pair of pools, so that two lists that overlap in
//! a thousand nodes are one finding.

use std::collections::HashMap;

use afctl_contract::codes::compute as codes;
use afctl_contract::language::Scheduler;
use afctl_contract::units::{is_label_value, is_qualified_name};
use afctl_contract::{Diagnostic, Diagnostics, Path};
use indexmap::IndexMap;

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    names(cx, out);
    selectors(cx, out);
}

/// Where the names of a pool stand.
fn place(pool: &str) -> Path {
    entry("nodePools", pool).join("nodes").join("names")
}

fn names(cx: &Context<'_>, out: &mut Diagnostics) {
    // By name, the pools that have it; a name that is twice in a pool comes twice.
    let mut first: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut overlaps: IndexMap<(usize, usize), Vec<&str>> = IndexMap::new();
    for (index, (name, pool)) in cx.spec.node_pools.iter().enumerate() {
        let kubernetes = cx.is_kubernetes(&pool.site);
        let mut unfit = Vec::new();
        for host in pool.nodes.names() {
            if kubernetes && !is_node_name(host) {
                unfit.push(host);
            }
            let pools = first.entry(host).or_default();
            for other in pools.iter() {
                overlaps.entry((*other, index)).or_default().push(host);
            }
            // Beyond a few pools, more of the same says nothing new.
            if pools.len() < 4 {
                pools.push(index);
            }
        }
        if !unfit.is_empty() {
            out.push(
                Diagnostic::new(
                    &codes::HOST_NAME,
                    format!("Kubernetes has no nodes with such names: {}", say::names(unfit.iter().copied())),
                )
                .at(place(name))
                .help(format!(
                    "write them as `kubectl get nodes` does: {}",
                    unfit[0].to_ascii_lowercase().replace('_', "-")
                )),
            );
        }
    }
    for ((one, other), hosts) in overlaps {
        let (Some((one, a)), Some((other, b))) =
            (cx.spec.node_pools.get_index(one), cx.spec.node_pools.get_index(other))
        else {
            continue;
        };
        let listed = say::names(hosts.iter().copied());
        if one == other {
            out.push(
                Diagnostic::new(&codes::HOST_TWICE, format!("The pool names {listed} twice"))
                    .at(place(other))
                    .help("name each node once; mostly two ranges overlap"),
            );
        } else if a.site == b.site {
            out.push(
                Diagnostic::new(
                    &codes::HOST_TWICE,
                    format!(
                        "{listed} {} in `{one}` and in `{other}`",
                        if hosts.len() == 1 { "is" } else { "are" }
                    ),
                )
                .at(place(other))
                .also(
                    place(one),
                    format!("`{one}` has {} already", if hosts.len() == 1 { "it" } else { "them" }),
                )
                .help("take them out of one pool; a pool may be in several queues"),
            );
        } else if two_schedulers(cx, &a.site, &b.site) {
            let full = hosts.iter().any(|host| host.contains('.'));
            let code = if full { &codes::HOST_TWICE } else { &codes::HOST_SHARED_NAME };
            let message = format!(
                "{listed} {} handed out by two schedulers, at `{}` and at `{}`",
                if full { "would be" } else { "may be" },
                a.site,
                b.site
            );
            let help = if full {
                "take them out of one pool: a machine has one scheduler"
            } else {
                "take them out of one pool; if they are different machines that share a short name, suppress this warning"
            };
            out.push(
                Diagnostic::new(code, message)
                    .at(place(other))
                    .also(place(one), format!("also in `{one}`"))
                    .help(help),
            );
        }
    }
}

fn two_schedulers(cx: &Context<'_>, one: &str, other: &str) -> bool {
    let kind = |site: &str| {
        cx.spec.sites.get(site).map(|site| match site.scheduler {
            Scheduler::Kubernetes(_) => 0,
            Scheduler::Slurm(_) => 1,
            Scheduler::External(_) => 2,
        })
    };
    matches!((kind(one), kind(other)), (Some(a), Some(b)) if a != b)
}

fn is_node_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|part| {
            !part.is_empty()
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

/// A site and the labels that are selected there, in order.
type Selector<'a> = (&'a str, Vec<(&'a str, &'a str)>);

fn selectors(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut seen: HashMap<Selector<'_>, &str> = HashMap::new();
    for (name, pool) in &cx.spec.node_pools {
        let here = entry("nodePools", name);
        let labels = pool.labels.iter().map(|label| (label, here.join("labels")));
        let selected = pool.nodes.selector.iter().flatten();
        let selected = selected.map(|label| (label, here.join("nodes").join("selector")));
        if cx.is_kubernetes(&pool.site) {
            for ((key, value), section) in labels.chain(selected) {
                if !is_qualified_name(key) || !is_label_value(value) {
                    let what = if is_qualified_name(key) { "value" } else { "key" };
                    out.push(
                        Diagnostic::new(&codes::BAD_LABEL, format!("Kubernetes takes no label `{key}: {value}`: the {what} is not one"))
                            .at_key(section.join(key))
                            .help("use letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends"),
                    );
                }
            }
        }
        let Some(selector) = &pool.nodes.selector else { continue };
        let here = here.join("nodes").join("selector");
        if cx.spec.sites.contains_key(&pool.site) && !cx.is_kubernetes(&pool.site) {
            out.push(
                Diagnostic::new(
                    &codes::SELECTOR_ELSEWHERE,
                    format!("`{}` is not run by Kubernetes, so there are no labels to select by", pool.site),
                )
                .at_key(here)
                .also_key(entry("sites", &pool.site).join("scheduler"), "what runs there")
                .help("give the nodes by name, `names: \"c[001-014]\"`, or by number, `count: 14`"),
            );
            continue;
        }
        let mut key: Vec<(&str, &str)> = selector.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        key.sort_unstable();
        if let Some(other) = seen.insert((&pool.site, key), name) {
            out.push(
                Diagnostic::new(&codes::SAME_SELECTOR, format!("`{name}` and `{other}` select the same nodes"))
                    .at_key(here)
                    .also(entry("nodePools", other).join("nodes").join("selector"), "the same selector")
                    .help("add a label that tells them apart, or make them one pool, which may be in several queues"),
            );
        }
    }
}
