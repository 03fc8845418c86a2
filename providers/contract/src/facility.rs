//! The facility: a strawman that was checked, and the questions that everyone asks of it.
//!
//! A [`Facility`] exists only if its checks found no error, so what consumes it needs no checks of its own: every
//! name leads somewhere, every quantity has been weighed. The questions themselves are methods of [`Spec`], because
//! the checks ask them too.

use crate::diagnostic::Diagnostics;
use crate::language::{
    Account, Map, NodePool, Profile, Queue, Scheduler, Service, Site, Spec, Storage, Strawman,
};
use crate::place::SourceMap;

/// A checked strawman and the text it was read from.
#[derive(Debug, Clone)]
pub struct Facility {
    strawman: Strawman,
    sources: SourceMap,
}

impl Facility {
    /// The facility, unless its checks found an error.
    pub fn admit(strawman: Strawman, sources: SourceMap, findings: &Diagnostics) -> Option<Self> {
        (!findings.has_errors()).then_some(Self { strawman, sources })
    }

    /// Its name; everything that is made bears it.
    pub fn name(&self) -> &str {
        &self.strawman.metadata.name
    }

    /// What the strawman says.
    pub const fn spec(&self) -> &Spec {
        &self.strawman.spec
    }

    /// The whole strawman.
    pub const fn strawman(&self) -> &Strawman {
        &self.strawman
    }

    /// Where everything was written.
    pub const fn sources(&self) -> &SourceMap {
        &self.sources
    }
}

/// Entries of a section with their names.
type Named<'a, T> = Box<dyn Iterator<Item = (&'a str, &'a T)> + 'a>;

fn named<'a, T>(map: &'a Map<T>, keep: impl Fn(&str, &T) -> bool + 'a) -> Named<'a, T> {
    Box::new(
        map.iter().map(|(name, entry)| (name.as_str(), entry)).filter(move |(name, entry)| keep(name, entry)),
    )
}

impl Spec {
    /// The site that keeps lock and ledger.
    pub fn control_site(&self) -> Option<&str> {
        self.control_site.as_deref().or_else(|| self.sites.keys().next().map(String::as_str))
    }

    /// Pools of a site.
    pub fn pools_at<'a>(&'a self, site: &'a str) -> Named<'a, NodePool> {
        named(&self.node_pools, move |_, pool| pool.site == site)
    }

    /// Queues that draw on a pool of a site.
    pub fn queues_at<'a>(&'a self, site: &'a str) -> Named<'a, Queue> {
        named(&self.queues, move |_, queue| {
            queue.pools.iter().any(|pool| self.node_pools.get(pool).is_some_and(|pool| pool.site == site))
        })
    }

    /// Storage that is visible from a site.
    pub fn storage_at<'a>(&'a self, site: &'a str) -> Named<'a, Storage> {
        named(&self.storage, move |_, storage| storage.is_visible_from(site))
    }

    /// Services that run at a site.
    pub fn services_at<'a>(&'a self, site: &'a str) -> Named<'a, Service> {
        named(&self.services, move |_, service| service.sites().contains(&site))
    }

    /// Accounts that have users of their own, not only accounts below them.
    pub fn accounts_with_members(&self) -> Named<'_, Account> {
        named(&self.accounts, |name, account| account.members.is_some() || !self.is_parent(name))
    }

    /// Whether another account stands below this one.
    pub fn is_parent(&self, account: &str) -> bool {
        self.accounts.values().any(|other| other.parent.as_deref() == Some(account))
    }

    /// The account and those above it, nearest first. Ends where a name leads nowhere or comes again.
    pub fn lineage<'a>(&'a self, account: &'a str) -> Vec<&'a str> {
        let mut line = Vec::new();
        let mut next = self.accounts.get_key_value(account);
        while let Some((name, entry)) = next {
            if line.contains(&name.as_str()) {
                break;
            }
            line.push(name.as_str());
            next = entry.parent.as_ref().and_then(|parent| self.accounts.get_key_value(parent));
        }
        line
    }

    /// Whether a list of accounts, empty for all, lets this one in: by its own name or one above it.
    pub fn admits(&self, list: &[String], account: &str) -> bool {
        list.is_empty() || self.lineage(account).iter().any(|name| list.iter().any(|entry| entry == name))
    }

    /// Pools that a profile may run on at a site, before asking whether it fits on one of their nodes.
    pub fn pools_of_profile<'a>(&'a self, profile: &'a Profile, site: &'a str) -> Named<'a, NodePool> {
        named(&self.node_pools, move |name, pool| {
            pool.site == site && (profile.pools.is_empty() || profile.pools.iter().any(|p| p == name))
        })
    }
}

impl Storage {
    /// Whether it is mounted or reached from a site.
    pub fn is_visible_from(&self, site: &str) -> bool {
        if self.visible_from.is_empty() {
            self.site.as_deref().is_none_or(|own| own == site)
        } else {
            self.visible_from.iter().any(|from| from == site)
        }
    }
}

impl Site {
    /// The Kubernetes settings, if that is what runs there.
    pub const fn kubernetes(&self) -> Option<&crate::language::Kubernetes> {
        match &self.scheduler {
            Scheduler::Kubernetes(kubernetes) => Some(kubernetes),
            _ => None,
        }
    }

    /// Whether somebody else manages what runs there.
    pub const fn is_external(&self) -> bool {
        matches!(self.scheduler, Scheduler::External(_))
    }
}
