//! Data management: whether model, copies and caches go together.

use afctl_contract::codes::storage as codes;
use afctl_contract::language::{DataManagement, DataModel, Storage, StorageRole};
use afctl_contract::{Diagnostic, Diagnostics, path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let Some(data) = &cx.spec.data_management else { return };
    let holding: Vec<(&str, &Storage)> = cx
        .spec
        .storage
        .iter()
        .filter(|(_, storage)| matches!(storage.role, StorageRole::Data | StorageRole::Project))
        .map(|(name, storage)| (name.as_str(), storage))
        .collect();
    match data.model {
        DataModel::FederatedCache => federated(cx, out),
        DataModel::Local => local(cx, &holding, out),
        DataModel::Shared => shared(cx, &holding, out),
        DataModel::Replicated => replicated(data, &holding, out),
    }
    if data.model != DataModel::Replicated && !data.may_move.is_empty() && data.replicas == Some(1) {
        out.push(
            Diagnostic::new(
                &codes::ONLY_COPY,
                format!(
                    "{} may be moved between sites, and one copy is kept",
                    say::names(data.may_move.iter().map(String::as_str))
                ),
            )
            .at(path!["spec", "dataManagement", "mayMove"])
            .also(path!["spec", "dataManagement", "replicas"], "one copy")
            .help("keep `replicas: 2`, or have room for a second copy while moving"),
        );
    }
}

fn model() -> afctl_contract::Path {
    path!["spec", "dataManagement", "model"]
}

fn federated(cx: &Context<'_>, out: &mut Diagnostics) {
    if !cx.spec.storage.values().any(|storage| storage.role == StorageRole::Cache) {
        out.push(
            Diagnostic::new(&codes::NO_CACHE, "Data is read through caches, and no storage is a cache")
                .at(model())
                .help("add storage with `role: cache` and `system: {xcache: {origin: …}}`, or write another model"),
        );
    }
}

fn local(cx: &Context<'_>, holding: &[(&str, &Storage)], out: &mut Diagnostics) {
    for (name, storage) in holding {
        let seen: Vec<&str> =
            cx.spec.sites.keys().map(String::as_str).filter(|site| storage.is_visible_from(site)).collect();
        if storage.site.is_some() && seen.len() > 1 {
            out.push(
                Diagnostic::new(
                    &codes::MODEL,
                    format!(
                        "Each site has its own data, and `{name}` is visible from {}",
                        say::names(seen.iter().copied())
                    ),
                )
                .at(model())
                .also(entry("storage", name).join("visibleFrom"), "visible from several sites")
                .help("write `model: shared`, or shorten `visibleFrom`"),
            );
        }
    }
}

fn shared(cx: &Context<'_>, holding: &[(&str, &Storage)], out: &mut Diagnostics) {
    let own: Vec<&str> = cx
        .spec
        .sites
        .iter()
        .filter(|(_, site)| !site.is_external() && site.role == afctl_contract::language::SiteRole::Main)
        .map(|(name, _)| name.as_str())
        .collect();
    if own.len() < 2 || holding.is_empty() {
        return;
    }
    let by_all = holding.iter().any(|(_, storage)| own.iter().all(|site| storage.is_visible_from(site)));
    if !by_all {
        let (name, storage) = holding[0];
        let without: Vec<&str> = own.into_iter().filter(|site| !storage.is_visible_from(site)).collect();
        out.push(
            Diagnostic::new(
                &codes::MODEL,
                format!(
                    "One file system is mounted by all sites, and {} do not see `{name}`",
                    say::names(without.iter().copied())
                ),
            )
            .at(model())
            .also_key(entry("storage", name), "the data")
            .help("add the sites to its `visibleFrom`, or write another model"),
        );
    }
}

fn replicated(data: &DataManagement, holding: &[(&str, &Storage)], out: &mut Diagnostics) {
    let mut sites: Vec<&str> = holding.iter().filter_map(|(_, storage)| storage.site.as_deref()).collect();
    sites.sort_unstable();
    sites.dedup();
    let at = path!["spec", "dataManagement", "replicas"];
    match data.replicas {
        Some(1) => out.push(
            Diagnostic::new(&codes::MODEL, "Data is replicated, and one copy is kept")
                .at(at)
                .also(model(), "copies at several sites")
                .help("write `replicas: 2`, or another model"),
        ),
        copies => {
            let copies = copies.unwrap_or(2);
            let places = u32::try_from(sites.len()).unwrap_or(u32::MAX);
            if copies > places {
                let listed =
                    if sites.is_empty() { "no site".to_owned() } else { say::names(sites.iter().copied()) };
                let finding = Diagnostic::new(
                    &codes::MODEL,
                    format!(
                        "{copies} copies at different sites are wanted, and only {listed} has storage for data"
                    ),
                );
                let finding = if data.replicas.is_some() { finding.at(at) } else { finding.at(model()) };
                out.push(finding.help("add `data` storage at another site, or keep fewer copies"));
            }
        }
    }
}
