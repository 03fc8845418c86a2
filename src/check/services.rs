//! Services: where they can run, what they need there, and how much they may take.

use std::collections::HashMap;

use afctl_contract::codes::menu as codes;
use afctl_contract::codes::storage::NOT_VISIBLE;
use afctl_contract::language::{Chart, DaskGateway, Service, StorageRole, StorageSystem};
use afctl_contract::{Diagnostic, Diagnostics, Path};

use super::context::{Context, entry};
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    for (name, service) in &cx.spec.services {
        let here = entry("services", name).join(service.kind());
        match service {
            Service::JupyterHub(hub) => {
                on_kubernetes(cx, name, "JupyterHub", &hub.site, &here, out);
                sso(cx, hub.sso.as_deref(), &here, out);
            }
            Service::DaskGateway(dask) => dask_gateway(cx, name, dask, &here, out),
            Service::XCache(cache) => {
                storage(
                    cx,
                    name,
                    &cache.storage,
                    StorageRole::Cache,
                    "cache",
                    &cache.site,
                    &here.join("storage"),
                    out,
                );
            }
            Service::Cvmfs(cvmfs) => {
                storage(
                    cx,
                    name,
                    &cvmfs.storage,
                    StorageRole::Software,
                    "software",
                    &cvmfs.site,
                    &here.join("storage"),
                    out,
                );
            }
            Service::Chart(chart) => {
                if cx.spec.sites.contains_key(&chart.site) && !cx.is_kubernetes(&chart.site) {
                    out.push(
                        Diagnostic::new(
                            &codes::CHART_SITE,
                            format!(
                                "`{name}` is a Helm chart, and `{}` is not run by Kubernetes",
                                chart.site
                            ),
                        )
                        .at(here.join("site"))
                        .also_key(entry("sites", &chart.site).join("scheduler"), "what runs there")
                        .help("move it to a Kubernetes site"),
                    );
                }
            }
            Service::Login(_) | Service::Sso(_) => {}
        }
    }
    chart_gpus(cx, out);
    hosts(cx, out);
}

fn on_kubernetes(cx: &Context<'_>, name: &str, what: &str, site: &str, here: &Path, out: &mut Diagnostics) {
    if cx.spec.sites.contains_key(site) && !cx.is_kubernetes(site) {
        out.push(
            Diagnostic::new(&codes::HUB_SITE, format!("afctl runs {what} on Kubernetes only, and `{site}` is not run by it: `{name}` is counted and not made"))
                .at(here.join("site"))
                .also_key(entry("sites", site).join("scheduler"), "what runs there")
                .help("run it at a Kubernetes site; or, if others run it there, suppress this warning with that reason"),
        );
    }
}

fn sso(cx: &Context<'_>, sso: Option<&str>, here: &Path, out: &mut Diagnostics) {
    let Some((name, service)) = sso.and_then(|sso| cx.spec.services.get_key_value(sso)) else { return };
    if !matches!(service, Service::Sso(_)) {
        let known = cx.spec.services.iter().find(|(_, service)| matches!(service, Service::Sso(_)));
        let help = known
            .map_or("add one: `sign-in: {sso: {issuer: \"https://…\"}}`".to_owned(), |(known, _)| {
                format!("did you mean `{known}`?")
            });
        out.push(
            Diagnostic::new(&codes::NOT_SSO, format!("`{name}` is a {} and signs nobody in", service.kind()))
                .at(here.join("sso"))
                .also_key(entry("services", name), "this service")
                .help(help),
        );
    }
}

/// Whether a service's storage has the role that it needs and is visible where it runs.
#[allow(clippy::too_many_arguments)]
fn storage(
    cx: &Context<'_>,
    user: &str,
    name: &str,
    role: StorageRole,
    word: &str,
    site: &str,
    place: &Path,
    out: &mut Diagnostics,
) {
    let Some(storage) = cx.spec.storage.get(name) else { return };
    if storage.role != role {
        out.push(
            Diagnostic::new(
                &codes::WRONG_ROLE,
                format!("`{user}` needs {word} storage, and `{name}` is not"),
            )
            .at(place.clone())
            .also(entry("storage", name).join("role"), "its role")
            .help(format!("name storage with `role: {word}`, or correct its role")),
        );
    } else if role == StorageRole::Cache && !matches!(storage.system, StorageSystem::XCache(_)) {
        out.push(
            Diagnostic::new(
                &codes::WRONG_ROLE,
                format!("`{user}` fills an xcache, and `{name}` is {}", storage.system.name()),
            )
            .at(place.clone())
            .also_key(entry("storage", name).join("system"), "its system")
            .help("write `system: {xcache: {origin: …}}` at the storage"),
        );
    } else if cx.spec.sites.contains_key(site) && !storage.is_visible_from(site) {
        out.push(
            Diagnostic::new(
                &NOT_VISIBLE,
                format!("`{user}` uses `{name}` at `{site}`, where it is not visible"),
            )
            .at(place.clone())
            .also_key(entry("storage", name), "the storage")
            .help(format!("add `{site}` to its `visibleFrom`, or name other storage")),
        );
    }
}

fn dask_gateway(cx: &Context<'_>, name: &str, dask: &DaskGateway, here: &Path, out: &mut Diagnostics) {
    let mut pools: Vec<&str> = Vec::new();
    let mut unknown = false;
    for (i, backend) in dask.backends.iter().enumerate() {
        let place = here.join("backends").join(i);
        let Some(site) = cx.spec.sites.get(&backend.site) else { continue };
        if let Some(from) = &backend.environment_from {
            storage(
                cx,
                name,
                from,
                StorageRole::Software,
                "software",
                &backend.site,
                &place.join("environmentFrom"),
                out,
            );
        }
        let queue = backend.queue.as_ref().and_then(|queue| cx.spec.queues.get_key_value(queue));
        if let Some((queue, settings)) = queue {
            let here = settings
                .pools
                .iter()
                .filter(|pool| cx.spec.node_pools.get(*pool).is_some_and(|pool| pool.site == backend.site));
            let here: Vec<&str> = here.map(String::as_str).collect();
            if here.is_empty() && !settings.pools.is_empty() {
                out.push(
                    Diagnostic::new(
                        &codes::QUEUE_ELSEWHERE,
                        format!(
                            "Workers at `{}` are to use `{queue}`, which has no pool there",
                            backend.site
                        ),
                    )
                    .at(place.join("queue"))
                    .also(entry("queues", queue).join("pools"), "its pools")
                    .help("name a queue with a pool at this site, or leave `queue` out"),
                );
            }
            pools.extend(here);
        } else {
            let all: Vec<&str> = cx.pools_at(&backend.site).map(|(pool, _)| pool).collect();
            unknown |= all.is_empty();
            pools.extend(all);
        }
        if site.network.as_ref().is_some_and(|network| network.inbound == Some(false)) {
            out.push(
                Diagnostic::new(
                    &codes::DASK_INBOUND,
                    format!(
                        "Nothing outside reaches `{}`, so the scheduler of these workers must run there too",
                        backend.site
                    ),
                )
                .at(place.join("site"))
                .also(
                    entry("sites", &backend.site).join("network").join("inbound"),
                    "no connections from outside",
                )
                .help("nothing must be done; notebooks reach it through the gateway's proxy"),
            );
        }
    }
    if !unknown && !pools.is_empty() {
        takes(cx, name, dask, &pools, here, out);
    }
}

/// What one user and one worker may take, against the pools that they can use.
fn takes(
    cx: &Context<'_>,
    name: &str,
    dask: &DaskGateway,
    pools: &[&str],
    here: &Path,
    out: &mut Diagnostics,
) {
    let capacity = cx.capacity(pools.iter().copied());
    if !capacity.unknown.is_empty() {
        return;
    }
    let all = capacity.all();
    if let Some(most) = dask.max_cores_per_user
        && most.count() > all.cpus
    {
        out.push(
            Diagnostic::new(
                &codes::OVER_CAPACITY,
                format!(
                    "One user may have {} CPUs, and all that `{name}` can use are {}",
                    say::count(most.count()),
                    say::count(all.cpus)
                ),
            )
            .at(here.join("maxCoresPerUser"))
            .help("give one user a part of it"),
        );
    }
    if let Some(most) = dask.max_memory_per_user
        && super::storage::real(most) > all.memory
    {
        out.push(
            Diagnostic::new(
                &codes::OVER_CAPACITY,
                format!(
                    "One user may have {most}, and all that `{name}` can use are {}",
                    say::memory(all.memory)
                ),
            )
            .at(here.join("maxMemoryPerUser"))
            .help("give one user a part of it"),
        );
    }
    let Some(worker) = &dask.worker else { return };
    let fits = |pool: &&str| {
        cx.spec.node_pools.get(*pool).is_some_and(|pool| {
            pool.cpus_for_work().is_none_or(|cpus| worker.cpu.count() <= cpus)
                && pool.memory_for_work().is_none_or(|memory| worker.memory <= memory)
        })
    };
    if !pools.iter().any(fits) {
        out.push(
            Diagnostic::new(
                &codes::FITS_NOWHERE,
                format!(
                    "A worker of `{name}` needs {} CPUs and {}, and fits on no node that it can use",
                    worker.cpu, worker.memory
                ),
            )
            .at(here.join("worker"))
            .help("make workers smaller; there may be several on a node"),
        );
    }
}

fn chart_gpus(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut by_site: HashMap<&str, Vec<(&str, &Chart, u32)>> = HashMap::new();
    for (name, service) in &cx.spec.services {
        if let Service::Chart(chart) = service
            && let Some(gpus) = chart.gpu.filter(|gpus| *gpus > 0)
        {
            by_site.entry(&chart.site).or_default().push((name, chart, gpus));
        }
    }
    for (site, charts) in by_site {
        if !cx.is_kubernetes(site) {
            continue;
        }
        let all = cx.capacity(cx.pools_at(site).map(|(pool, _)| pool)).all();
        let wanted: u32 = charts.iter().map(|(.., gpus)| *gpus).fold(0, u32::saturating_add);
        // Cards that nobody counted, as of a selector without a count, may be there.
        let counted =
            cx.pools_at(site).all(|(_, pool)| pool.gpus().is_empty() || pool.nodes.most().is_some());
        let Some((name, ..)) = charts.last() else { continue };
        if counted && f64::from(wanted) > all.gpus_and_slices() {
            let terms: Vec<String> =
                charts.iter().map(|(name, _, gpus)| format!("`{name}` {gpus}")).collect();
            out.push(
                Diagnostic::new(
                    &codes::CHART_GPUS,
                    format!(
                        "Charts at `{site}` take {wanted} GPUs ({}), and it has {}",
                        terms.join(", "),
                        say::count(all.gpus_and_slices())
                    ),
                )
                .at(entry("services", name).join("chart").join("gpu"))
                .help("lower `gpu`, or add cards; shared or cut cards count as several"),
            );
        }
    }
}

fn hosts(cx: &Context<'_>, out: &mut Diagnostics) {
    let mut seen: HashMap<String, (&str, &str)> = HashMap::new();
    for (name, service) in &cx.spec.services {
        let host = match service {
            Service::JupyterHub(hub) => &hub.host,
            Service::Login(login) => &login.host,
            _ => continue,
        };
        let Some(host) = host else { continue };
        if let Some((other, kind)) = seen.insert(host.to_ascii_lowercase(), (name, service.kind())) {
            out.push(
                Diagnostic::new(
                    &codes::SAME_HOST,
                    format!("`{name}` and `{other}` are both reached as {host}"),
                )
                .at(entry("services", name).join(service.kind()).join("host"))
                .also(entry("services", other).join(kind).join("host"), "the same name")
                .help("give each a host name of its own"),
            );
        }
    }
}
