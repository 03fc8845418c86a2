//! Topology against sites, sites with nothing on them, and sites that are one cluster.

use std::collections::{HashMap, HashSet};

use afctl_contract::codes::sites as codes;
use afctl_contract::language::{
    Beyond, Infrastructure, NamedInfrastructure, Scheduler, Site, SiteRole, Topology,
};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    topology(cx, out);
    empty(cx, out);
    control_site(cx, out);
    same_cluster(cx, out);
    for (name, site) in &cx.spec.sites {
        zones(name, site, out);
        owned(cx, name, site, out);
    }
}

/// Sites that count for the topology: those where work runs as a matter of course and that are not somebody else's.
fn main_sites<'a>(cx: &Context<'a>) -> Vec<(&'a str, &'a Site)> {
    let main = |external: bool| {
        cx.spec
            .sites
            .iter()
            .filter(move |(_, site)| site.role == SiteRole::Main && (external || !somebody_elses(site)))
            .map(|(name, site)| (name.as_str(), site))
            .collect::<Vec<_>>()
    };
    let own = main(false);
    if own.is_empty() { main(true) } else { own }
}

fn somebody_elses(site: &Site) -> bool {
    site.is_external() || matches!(site.infrastructure, Infrastructure::Named(NamedInfrastructure::External))
}

fn topology(cx: &Context<'_>, out: &mut Diagnostics) {
    let main = main_sites(cx);
    if main.is_empty() {
        return;
    }
    let is_cloud = |site: &Site| site.infrastructure.aws().is_some();
    let clouds: Vec<_> = main.iter().filter(|(_, site)| is_cloud(site)).collect();
    let own: Vec<_> = main.iter().filter(|(_, site)| !is_cloud(site)).collect();
    let fitting = match (main.len(), clouds.len(), own.len()) {
        (1, 1, _) => "cloud",
        (1, ..) => "single-site",
        (_, 0, _) => "distributed",
        (_, _, 0) => "cloud",
        _ => "hybrid",
    };
    let names = say::names(main.iter().map(|(name, _)| *name));
    let (written, wrong, culprit) = match cx.spec.topology {
        Topology::SingleSite => (
            "single-site",
            (main.len() > 1).then(|| format!("and work runs at {} sites: {names}", main.len())),
            main.get(1).map(|(name, _)| *name),
        ),
        Topology::Distributed if main.len() < 2 => (
            "distributed",
            Some(format!("and work runs at one site only, {names}")),
            main.first().map(|(name, _)| *name),
        ),
        Topology::Distributed => (
            "distributed",
            clouds.first().map(|(name, _)| format!("and `{name}` is in a cloud and more than burst")),
            clouds.first().map(|(name, _)| *name),
        ),
        Topology::Cloud => (
            "cloud",
            own.first().map(|(name, _)| format!("and `{name}` is not in a cloud")),
            own.first().map(|(name, _)| *name),
        ),
        // Machines of one's own with bursts into a cloud are called hybrid as well.
        Topology::Hybrid if !cx.spec.sites.values().any(is_cloud) => (
            "hybrid",
            Some(format!("and none of its sites ({names}) is in a cloud")),
            main.first().map(|(name, _)| *name),
        ),
        Topology::Hybrid => (
            "hybrid",
            own.is_empty().then(|| format!("and all of its sites ({names}) are in a cloud")),
            main.first().map(|(name, _)| *name),
        ),
    };
    let (Some(wrong), Some(culprit)) = (wrong, culprit) else { return };
    let burst = if matches!(fitting, "hybrid") {
        ", or `role: burst` at the cloud site if it is for overflow only"
    } else {
        ""
    };
    out.push(
        Diagnostic::new(&codes::TOPOLOGY, format!("The topology is {written}, {wrong}"))
            .at(path!["spec", "topology"])
            .also_key(entry("sites", culprit), "this site")
            .help(format!("write `topology: {fitting}`{burst}")),
    );
}

fn empty(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut used: HashSet<&str> = cx.spec.node_pools.values().map(|pool| pool.site.as_str()).collect();
    used.extend(cx.spec.storage.values().filter_map(|storage| storage.site.as_deref()));
    used.extend(cx.spec.services.values().flat_map(|service| service.sites()));
    for (name, site) in &cx.spec.sites {
        let states_cores =
            matches!(&site.scheduler, Scheduler::External(external) if external.cores.is_some());
        if !used.contains(name.as_str()) && !states_cores {
            out.push(
                Diagnostic::new(
                    &codes::EMPTY_SITE,
                    format!("Nothing stands at `{name}`: no node pool, no storage, no service"),
                )
                .at_key(entry("sites", name))
                .help(format!("give it something, such as a pool with `site: {name}`, or remove it")),
            );
        }
    }
}

fn control_site(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some((name, site)) = cx.spec.control_site().and_then(|name| cx.spec.sites.get_key_value(name)) else {
        return;
    };
    let why = if site.is_external() {
        "its scheduler is somebody else's, where afctl changes nothing"
    } else if site.role == SiteRole::Burst {
        "it is a burst site, which may not exist at the moment"
    } else {
        return;
    };
    let better = cx.spec.sites.iter().find(|(_, site)| !site.is_external() && site.role == SiteRole::Main);
    // With nowhere else to go there is nothing to say, unless it was asked for.
    let Some((better, _)) = better else { return };
    let said = cx.spec.control_site.is_some();
    let finding = Diagnostic::new(
        &codes::CONTROL_SITE,
        format!("Lock and ledger would be kept at `{name}`, and {why}"),
    );
    let finding = if said {
        finding.at(path!["spec", "controlSite"]).also_key(entry("sites", name), "this site")
    } else {
        finding.at_key(entry("sites", name)).label("the first site, so the control site")
    };
    out.push(finding.help(format!("write `controlSite: {better}`")));
}

fn same_cluster(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (name, site) in &cx.spec.sites {
        let (key, what, field) = match &site.scheduler {
            Scheduler::Kubernetes(k) => (
                format!("kubernetes {:?} {:?}", k.context, k.kubeconfig),
                k.context.as_ref().map_or_else(
                    || "the current context of the kubeconfig".to_owned(),
                    |context| format!("the context `{context}`"),
                ),
                ["kubernetes", "context"],
            ),
            Scheduler::Slurm(s) => (
                format!("slurm {} {:?}", s.cluster, s.connect),
                format!("the cluster `{}`", s.cluster),
                ["slurm", "cluster"],
            ),
            Scheduler::External(_) => continue,
        };
        let Some(other) = seen.insert(key, name) else { continue };
        let here = entry("sites", name).join("scheduler").join(field[0]);
        let field_path = here.join(field[1]);
        let finding =
            Diagnostic::new(&codes::SAME_CLUSTER, format!("`{name}` and `{other}` are both {what}"));
        let finding =
            if cx.sources.contains(&field_path) { finding.at(field_path) } else { finding.at_key(here) };
        out.push(
            finding
                .also_key(entry("sites", other).join("scheduler"), format!("`{other}` leads there too"))
                .help(format!("give each site its own `{}`, or make them one site", field[1])),
        );
    }
}

fn zones(name: &str, site: &Site, out: &mut Diagnostics) {
    let Some(aws) = site.infrastructure.aws() else { return };
    for (i, zone) in aws.zones.iter().enumerate() {
        if !zone.starts_with(&aws.region) {
            let here = entry("sites", name).join("infrastructure").join("aws");
            out.push(
                Diagnostic::new(
                    &codes::WRONG_ZONE,
                    format!("The zone {zone} is not in the region {}", aws.region),
                )
                .at(here.join("zones").join(i))
                .also(here.join("region"), "the site's region")
                .help(format!("write a zone of this region, such as {}a", aws.region)),
            );
        }
    }
}

fn owned(cx: &Context<'_>, name: &str, site: &Site, out: &mut Diagnostics) {
    let Some(owned) = &site.owned else { return };
    let Some(share) = owned.share.known() else { return };
    let here = cx.value(&entry("sites", name).join("owned").join("share"));
    if share.0 > 1.0 {
        out.push(
            Diagnostic::new(
                &codes::SHARE_ABOVE_ONE,
                format!("A share of {} is more than all of `{name}`", say::count(share.0)),
            )
            .at(here)
            .help(format!("write {}%, or {}", say::count(share.0), say::count(share.0 / 100.0))),
        );
    } else if share.0 == 0.0 {
        let (message, help) = match owned.beyond {
            Beyond::None => (
                format!(
                    "Nothing of `{name}` is owned, and nothing beyond may be used, so its pools count as nothing"
                ),
                "write the share that is owned, or `beyond: preemptable` if the rest may be used while it is idle",
            ),
            Beyond::Preemptable => (
                format!(
                    "Nothing of `{name}` is owned: all that runs there may be pushed aside at any moment"
                ),
                "write the share that is owned; or suppress this warning if there is none",
            ),
        };
        out.push(Diagnostic::new(&codes::OWNED_SHARE, message).at(here).help(help));
    }
}
