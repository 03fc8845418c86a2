//! Names that must be fit for what the backends make of them.

use std::collections::HashMap;

use afctl_contract::codes::sites as codes;
use afctl_contract::language::Scheduler;
use afctl_contract::{Diagnostic, Diagnostics, Level};

use super::context::{Context, entry};

/// Namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let spec = cx.spec;
    let slurm = spec.sites.values().any(|site| matches!(site.scheduler, Scheduler::Slurm(_)));
    section(slurm, out, "sites", spec.sites.keys());
    section(slurm, out, "nodePools", spec.node_pools.keys());
    section(slurm, out, "qos", spec.qos.keys());
    section(slurm, out, "queues", spec.queues.keys());
    section(slurm, out, "accounts", spec.accounts.keys());
    section(slurm, out, "storage", spec.storage.keys());
    section(slurm, out, "profiles", spec.profiles.keys());
    section(slurm, out, "services", spec.services.keys());
    section(slurm, out, "variants", spec.variants.keys());
    reserved(cx, out);
}

/// What Kubernetes would be given, were there no others.
fn mapped(name: &str) -> String {
    name.chars().map(|c| if matches!(c, '_' | '.' | ':') { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn is_fit(name: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.len() <= 63
        && ends(name.chars().next())
        && ends(name.chars().last())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | '-'))
}

/// A fit name that is near.
fn nearest_fit(name: &str) -> String {
    let mut fit = String::new();
    for c in name.chars().take(63) {
        match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':') => fit.push(c),
            _ if !fit.ends_with('-') => fit.push('-'),
            _ => {}
        }
    }
    let fit = fit.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if fit.is_empty() { "a-name".to_owned() } else { fit.to_owned() }
}

fn section<'n>(slurm: bool, out: &mut Diagnostics, section: &str, names: impl Iterator<Item = &'n String>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for name in names {
        if !is_fit(name) {
            let why = if name.len() > 63 {
                format!("it has {} characters, and 63 are the most", name.len())
            } else if let Some(c) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"_.:-".contains(*c))
            {
                format!("it has `{c}` in it")
            } else {
                "it must begin and end with a letter or a digit".to_owned()
            };
            out.push(
                Diagnostic::new(
                    &codes::UNFIT_NAME,
                    format!("`{name}` cannot be a name in Kubernetes and Slurm: {why}"),
                )
                .at_key(entry(section, name))
                .help(format!("write `{}`; a `description` may be free text", nearest_fit(name))),
            );
            continue;
        }
        if let Some(other) = seen.insert(mapped(name), name) {
            let one_in_slurm = slurm && name.eq_ignore_ascii_case(other);
            let (message, level) = if one_in_slurm {
                (
                    format!("`{name}` and `{other}` are one in Slurm, which writes names in lower case"),
                    Level::Error,
                )
            } else {
                (format!("`{name}` and `{other}` are hardly to be told apart"), Level::Warning)
            };
            out.push(
                Diagnostic::new(&codes::NAME_CLASH, message)
                    .level(level)
                    .at_key(entry(section, name))
                    .also_key(entry(section, other), "the other one")
                    .help("rename one of them so that they differ in more than case and `-_.:`"),
            );
        }
    }
}

fn reserved(cx: &Context<'_>, out: &mut Diagnostics) {
    let bare_namespaces = cx.spec.sites.values().any(|site| {
        site.kubernetes().is_some_and(|k| k.namespace_prefix.as_deref().unwrap_or_default().is_empty())
    });
    let slurm = cx.spec.sites.values().any(|site| matches!(site.scheduler, Scheduler::Slurm(_)));
    let refuse = |section: &str, name: &str, what: &str, help: &str| {
        Diagnostic::new(&codes::RESERVED_NAME, format!("`{name}` is taken: {what}"))
            .at_key(entry(section, name))
            .help(help.to_owned())
    };
    for name in cx.spec.accounts.keys() {
        if bare_namespaces && NAMESPACES.contains(&mapped(name).as_str()) {
            out.push(refuse(
                "accounts",
                name,
                "it is a namespace of Kubernetes itself",
                "rename it, or put a prefix before the accounts' namespaces: `kubernetes: {namespacePrefix: af-}`",
            ));
        }
        if slurm && name.eq_ignore_ascii_case("root") {
            out.push(refuse("accounts", name, "in Slurm, root is the account above all others", "rename it"));
        }
    }
    for (name, site) in &cx.spec.sites {
        let Some(namespace) = site.kubernetes().and_then(|k| k.system_namespace.as_deref()) else { continue };
        if NAMESPACES.contains(&namespace) {
            let at = entry("sites", name).join("scheduler").join("kubernetes").join("systemNamespace");
            let message = format!("`{namespace}` is taken: it is a namespace of Kubernetes itself");
            out.push(
                Diagnostic::new(&codes::RESERVED_NAME, message)
                    .at(at)
                    .help("name one that is the facility's own: it is made by apply, and goes with destroy"),
            );
        }
    }
    for name in cx.spec.queues.keys() {
        if slurm && name.eq_ignore_ascii_case("default") {
            let what = "in slurm.conf, PartitionName=DEFAULT sets the defaults of the partitions below it";
            out.push(refuse("queues", name, what, "rename it; `default: true` makes a queue the default"));
        }
    }
}
