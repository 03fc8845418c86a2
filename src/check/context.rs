//! What several rules need to know, worked out once: capacity by pool, the tree of accounts, who is admitted where.
//!
//! Everything here is linear in the size of the strawman, and names that lead nowhere are passed over.

use std::collections::{HashMap, HashSet};

use afctl_contract::capacity::Capacity;
use afctl_contract::language::{Account, NodePool, Spec, Strawman};
use afctl_contract::{Half, Path, SourceMap, path};

/// The strawman under check.
pub struct Context<'a> {
    pub strawman: &'a Strawman,
    pub spec: &'a Spec,
    pub sources: &'a SourceMap,
    capacities: HashMap<&'a str, Capacity>,
    children: HashMap<&'a str, Vec<&'a str>>,
    members: Vec<&'a str>,
}

impl<'a> Context<'a> {
    pub fn new(strawman: &'a Strawman, sources: &'a SourceMap) -> Self {
        let spec = &strawman.spec;
        let capacities =
            spec.node_pools.keys().map(|name| (name.as_str(), spec.pool_capacity(name))).collect();
        let mut children: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, account) in &spec.accounts {
            if let Some(parent) = &account.parent
                && spec.accounts.contains_key(parent)
            {
                children.entry(parent).or_default().push(name);
            }
        }
        let members = spec
            .accounts
            .iter()
            .filter(|(name, account)| has_users(account) || !children.contains_key(name.as_str()))
            .map(|(name, _)| name.as_str())
            .collect();
        Self { strawman, spec, sources, capacities, children, members }
    }

    /// Accounts directly below this one.
    pub fn children(&self, account: &str) -> &[&'a str] {
        self.children.get(account).map_or(&[], Vec::as_slice)
    }

    /// Accounts with users of their own, or none below them.
    pub fn with_members(&self) -> &[&'a str] {
        &self.members
    }

    /// Those of a list, and all below them; `None` where the list is empty and so means all.
    pub fn admitted(&self, list: &'a [String]) -> Option<HashSet<&'a str>> {
        if list.is_empty() {
            return None;
        }
        let mut all = HashSet::new();
        let mut open: Vec<&str> = list
            .iter()
            .filter_map(|name| self.spec.accounts.get_key_value(name))
            .map(|(name, _)| name.as_str())
            .collect();
        while let Some(account) = open.pop() {
            if all.insert(account) {
                open.extend(self.children(account));
            }
        }
        Some(all)
    }

    /// Whether two lists of accounts, each empty for all, have an account with users in common.
    pub fn meet(&self, one: &'a [String], other: &'a [String]) -> bool {
        let (one, other) = (self.admitted(one), self.admitted(other));
        self.members.iter().any(|account| {
            one.as_ref().is_none_or(|set| set.contains(account))
                && other.as_ref().is_none_or(|set| set.contains(account))
        })
    }

    /// What several pools have together; a pool that is named twice counts once.
    pub fn capacity<'p>(&self, pools: impl IntoIterator<Item = &'p str>) -> Capacity {
        let mut seen = HashSet::new();
        let mut sum = Capacity::default();
        for pool in pools {
            if let Some(capacity) = self.capacities.get(pool)
                && seen.insert(pool)
            {
                sum.add(capacity);
            }
        }
        sum
    }

    /// Whether this site is run by Kubernetes. `false` where the name leads nowhere.
    pub fn is_kubernetes(&self, site: &str) -> bool {
        self.spec.sites.get(site).is_some_and(|site| site.kubernetes().is_some())
    }

    /// Whether somebody else manages this site.
    pub fn is_external(&self, site: &str) -> bool {
        self.spec.sites.get(site).is_some_and(afctl_contract::language::Site::is_external)
    }

    /// The pools of a site.
    pub fn pools_at(&self, site: &'a str) -> impl Iterator<Item = (&'a str, &'a NodePool)> {
        self.spec.pools_at(site)
    }

    /// Sites where a hub runs.
    pub fn hub_sites(&self) -> HashSet<&'a str> {
        self.hubs().map(|(_, hub)| hub.site.as_str()).collect()
    }

    /// The hubs.
    pub fn hubs(&self) -> impl Iterator<Item = (&'a str, &'a afctl_contract::language::JupyterHub)> {
        self.spec.services.iter().filter_map(|(name, service)| match service {
            afctl_contract::language::Service::JupyterHub(hub) => Some((name.as_str(), hub)),
            _ => None,
        })
    }

    /// What stands in the text at a path, if it was written there and is short.
    pub fn written(&self, path: &Path) -> Option<&'a str> {
        if !self.sources.contains(path) {
            return None;
        }
        let span = self.sources.locate(path, Half::Value)?;
        let text = self.sources.files().get(span.source)?.text.get(span.start..span.end)?;
        (text.len() <= 60 && !text.contains(['\n', '{', '['])).then(|| text.trim_matches(['"', '\'']))
    }

    /// The path of a figure's value: where it stands, bare or with its source.
    pub fn value(&self, figure: &Path) -> Path {
        let inner = figure.join("value");
        if self.sources.contains(&inner) { inner } else { figure.clone() }
    }
}

/// Whether an account has users of its own.
pub fn has_users(account: &Account) -> bool {
    account.users.is_some()
        || account.members.as_ref().is_some_and(|m| m.idp_group.is_some() || !m.users.is_empty())
}

/// The path of an entry of a section.
pub fn entry(section: &str, name: &str) -> Path {
    path!["spec", section, name]
}
