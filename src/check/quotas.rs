//! Quotas of compute against what an account can reach, against the accounts above it, and against one user's limits.
//!
//! Reachable are the pools of the queues that let an account (or one below it) in, of their overflow, and of the
//! profiles that hubs offer it. Where a pool's size is not known, nothing is said: the sum would be too small.

use std::collections::{HashMap, HashSet};

use afctl_contract::capacity::Capacity;
use afctl_contract::codes::accounts as codes;
use afctl_contract::language::{Account, Quota};
use afctl_contract::units::{CpuBudget, GpuBudget, Per};
use afctl_contract::{Diagnostic, Diagnostics};

use super::context::{Context, entry};
use super::say;
use super::storage::real;

/// Pools, and the accounts that can use them; `None` for all.
struct Way<'a> {
    pools: Vec<&'a str>,
    accounts: Option<HashSet<&'a str>>,
}

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let ways = ways(cx);
    let mut sums: HashMap<Vec<usize>, Capacity> = HashMap::new();
    for (name, account) in &cx.spec.accounts {
        let Some(quota) = &account.quota else {
            continue;
        };
        let open: Vec<usize> = ways
            .iter()
            .enumerate()
            .filter(|(_, way)| way.accounts.as_ref().is_none_or(|set| set.contains(name.as_str())))
            .map(|(index, _)| index)
            .collect();
        // An account that can reach nothing is told so elsewhere.
        if !open.is_empty() {
            let capacity = sums.entry(open).or_insert_with_key(|open| {
                cx.capacity(open.iter().flat_map(|way| ways[*way].pools.iter().copied()))
            });
            against_capacity(cx, name, account, quota, capacity, out);
        }
        against_parents(cx, name, account, quota, out);
        against_users(name, account, quota, out);
    }
}

fn ways<'a>(cx: &Context<'a>) -> Vec<Way<'a>> {
    // Who is above an admitted account is limited by the same capacity.
    let with_above = |list: &'a [String]| {
        let mut set = cx.admitted(list)?;
        for account in list {
            let mut next = cx.spec.accounts.get(account).and_then(|account| account.parent.as_deref());
            while let Some(parent) = next {
                if !set.insert(parent) {
                    break;
                }
                next = cx.spec.accounts.get(parent).and_then(|account| account.parent.as_deref());
            }
        }
        Some(set)
    };
    let mut ways: Vec<Way<'a>> = cx
        .spec
        .queues
        .values()
        .map(|queue| {
            let overflow = queue.overflow.iter().flat_map(|overflow| &overflow.to);
            Way {
                pools: queue.pools.iter().chain(overflow).map(String::as_str).collect(),
                accounts: with_above(&queue.accounts),
            }
        })
        .collect();
    for (_, hub) in cx.hubs() {
        for profile in hub.profiles.iter().filter_map(|profile| cx.spec.profiles.get(profile)) {
            let list = if profile.accounts.is_empty() { &hub.accounts } else { &profile.accounts };
            let pools = cx.spec.pools_of_profile(profile, &hub.site).map(|(pool, _)| pool).collect();
            ways.push(Way { pools, accounts: with_above(list) });
        }
    }
    if ways.is_empty() {
        ways.push(Way { pools: cx.spec.node_pools.keys().map(String::as_str).collect(), accounts: None });
    }
    ways
}

/// Hours in the time that a budget is granted for.
const fn hours(per: Option<Per>) -> Option<f64> {
    Some(match per {
        Some(Per::Hour) => 1.0,
        Some(Per::Day) => 24.0,
        Some(Per::Week) => 168.0,
        Some(Per::Month) => 730.0,
        Some(Per::Year) => 8760.0,
        _ => return None,
    })
}

/// One kind of quota, ready to be weighed: what is wanted, what is owned, what is there at all, all in one unit.
struct Weigh {
    field: &'static str,
    wanted: f64,
    owned: f64,
    all: f64,
    say: fn(f64) -> String,
    sum: String,
}

/// The quotas of an account beside what it can reach.
fn weigh(quota: &Quota, capacity: &Capacity) -> Vec<Weigh> {
    let all = capacity.all();
    let mut weighs = Vec::new();
    let over_time = |one: f64, hours: f64, what: &str, per: Option<Per>| {
        let per = per.map_or(String::new(), |per| format!(" a {per}"));
        format!(
            "{} {what} x {} hours = {} hours{per}",
            say::count(one),
            say::count(hours),
            say::count(one * hours)
        )
    };
    match quota.cpu {
        Some(CpuBudget::AtOnce(wanted)) => {
            let sum = format!("{} CPUs", say::count(all.cpus));
            weighs.push(Weigh {
                field: "cpu",
                wanted,
                owned: capacity.owned.cpus,
                all: all.cpus,
                say: |n| format!("{} CPUs", say::count(n)),
                sum,
            });
        }
        Some(CpuBudget::Hours { hours: wanted, per }) => {
            if let Some(hours) = hours(per) {
                let sum = over_time(all.cpus, hours, "CPUs", per);
                weighs.push(Weigh {
                    field: "cpu",
                    wanted,
                    owned: capacity.owned.cpus * hours,
                    all: all.cpus * hours,
                    say: |n| format!("{} core-hours", say::count(n)),
                    sum,
                });
            }
        }
        None => {}
    }
    match quota.gpu {
        Some(GpuBudget::AtOnce(wanted)) => {
            let sum = format!("{} GPUs and slices", say::count(all.gpus_and_slices()));
            weighs.push(Weigh {
                field: "gpu",
                wanted,
                owned: capacity.owned.gpus_and_slices(),
                all: all.gpus_and_slices(),
                say: |n| format!("{} GPUs", say::count(n)),
                sum,
            });
        }
        Some(GpuBudget::Hours { hours: wanted, per }) => {
            if let Some(hours) = hours(per) {
                let (there, owned) = (all.gpus_and_slices(), capacity.owned.gpus_and_slices());
                let sum = over_time(there, hours, "GPUs and slices", per);
                weighs.push(Weigh {
                    field: "gpu",
                    wanted,
                    owned: owned * hours,
                    all: there * hours,
                    say: |n| format!("{} GPU-hours", say::count(n)),
                    sum,
                });
            }
        }
        None => {}
    }
    if let Some(wanted) = quota.memory {
        let sum = say::memory(all.memory);
        weighs.push(Weigh {
            field: "memory",
            wanted: real(wanted),
            owned: capacity.owned.memory,
            all: all.memory,
            say: say::memory,
            sum,
        });
    }
    weighs
}

fn against_capacity(
    cx: &Context<'_>,
    name: &str,
    account: &Account,
    quota: &Quota,
    capacity: &Capacity,
    out: &mut Diagnostics,
) {
    if !capacity.unknown.is_empty() {
        return;
    }
    for weigh in weigh(quota, capacity) {
        let here = entry("accounts", name).join("quota").join(weigh.field);
        if weigh.wanted > weigh.all * (1.0 + 1e-9) {
            out.push(
                Diagnostic::new(
                    &codes::QUOTA_OVER,
                    format!(
                        "`{name}` may use {}, and all that it can reach is {}",
                        (weigh.say)(weigh.wanted),
                        weigh.sum
                    ),
                )
                .at(here)
                .help(format!(
                    "{} at the most, or open further queues to it",
                    (weigh.say)(weigh.all.floor())
                )),
            );
        } else if weigh.wanted > weigh.owned * (1.0 + 1e-9) && !only_preemptable(cx, account) {
            let rest = if capacity.burst.nodes > 0.0 && capacity.opportunistic.nodes <= 0.0 {
                "burst"
            } else {
                "preemptable"
            };
            out.push(
                Diagnostic::new(
                    &codes::QUOTA_PREEMPTABLE,
                    format!(
                        "`{name}` may use {}, of which {} are owned: the rest is {rest} and may not be there",
                        (weigh.say)(weigh.wanted),
                        (weigh.say)(weigh.owned.floor())
                    ),
                )
                .at(here)
                .help(format!(
                    "{} are there in any case; or suppress this warning and say why",
                    (weigh.say)(weigh.owned.floor())
                )),
            );
        }
    }
}

/// Whether all that the account may run is meant to be pushed aside.
fn only_preemptable(cx: &Context<'_>, account: &Account) -> bool {
    !account.qos.is_empty()
        && account.qos.iter().all(|qos| cx.spec.qos.get(qos).is_some_and(|qos| !qos.preempted_by.is_empty()))
}

fn against_parents(cx: &Context<'_>, name: &str, account: &Account, quota: &Quota, out: &mut Diagnostics) {
    let mut open: Vec<(&str, f64, String)> = Vec::new();
    if let Some(storage) = quota.storage {
        open.push(("storage", real(storage), storage.rounded()));
    }
    if let Some(memory) = quota.memory {
        open.push(("memory", real(memory), memory.to_string()));
    }
    if let Some(cpu) = quota.cpu.and_then(CpuBudget::at_once) {
        open.push(("cpu", cpu, say::count(cpu)));
    }
    if let Some(gpu) = quota.gpu.and_then(GpuBudget::at_once) {
        open.push(("gpu", gpu, say::count(gpu)));
    }
    let of = |quota: &Quota, field: &str| match field {
        "storage" => quota.storage.map(real),
        "memory" => quota.memory.map(real),
        "cpu" => quota.cpu.and_then(CpuBudget::at_once),
        _ => quota.gpu.and_then(GpuBudget::at_once),
    };
    let mut next = account.parent.as_deref();
    // Deeper trees than this do not exist, and circles end here.
    for _ in 0..64 {
        let Some((parent, above)) = next.and_then(|parent| cx.spec.accounts.get_key_value(parent)) else {
            break;
        };
        if parent == name {
            break;
        }
        open.retain(|(field, wanted, shown)| {
            let Some(limit) = above.quota.as_ref().and_then(|quota| of(quota, field)) else { return true };
            if *wanted > limit {
                let limit = match *field {
                    "storage" => say::bytes(limit),
                    "memory" => say::memory(limit),
                    _ => say::count(limit),
                };
                out.push(
                    Diagnostic::new(
                        &codes::CHILD_OVER,
                        format!("`{name}` may use {shown}, and `{parent}` above it {limit} for all of its accounts together"),
                    )
                    .at(entry("accounts", name).join("quota").join(*field))
                    .also(entry("accounts", parent).join("quota").join(*field), "the account above")
                    .help(format!("{limit} at the most, or raise the quota of `{parent}`")),
                );
            }
            false
        });
        next = above.parent.as_deref();
    }
}

fn against_users(name: &str, account: &Account, quota: &Quota, out: &mut Diagnostics) {
    let Some(user) = &account.per_user else { return };
    let here = entry("accounts", name);
    let mut compare = |field: &str, one: Option<(f64, String)>, all: Option<(f64, String)>| {
        if let (Some((one, shown)), Some((all, limit))) = (one, all)
            && one > all
        {
            out.push(
                Diagnostic::new(
                    &codes::USER_OVER,
                    format!("One user of `{name}` may have {shown}, and all of them together {limit}"),
                )
                .at(here.join("perUser").join(field))
                .also(here.join("quota").join(field), "of the account")
                .help("give one user less than the account"),
            );
        }
    };
    compare(
        "cpu",
        user.cpu.map(|cpu| (cpu.count(), cpu.to_string())),
        quota.cpu.and_then(CpuBudget::at_once).map(|cpu| (cpu, say::count(cpu))),
    );
    compare(
        "memory",
        user.memory.map(|memory| (real(memory), memory.to_string())),
        quota.memory.map(|memory| (real(memory), memory.to_string())),
    );
    compare(
        "gpu",
        user.gpu.map(|gpu| (f64::from(gpu), gpu.to_string())),
        quota.gpu.and_then(GpuBudget::at_once).map(|gpu| (gpu, say::count(gpu))),
    );
    compare(
        "jobs",
        user.jobs.map(|jobs| (f64::from(jobs), jobs.to_string())),
        quota.jobs.map(|jobs| (f64::from(jobs), jobs.to_string())),
    );
}
