//! The accounts as a tree, so that nothing asks for a whole line of ancestors account by account.

use std::collections::{HashMap, HashSet};

use afctl_contract::language::{Account, Map};

/// An account and where it stands among the others.
pub struct Entry<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the strawman says.
    pub account: &'a Account,
    /// The account above it.
    pub parent: Option<usize>,
    /// Whether there are accounts below it.
    pub is_parent: bool,
}

/// All accounts, in the order written.
pub struct Tree<'a> {
    /// The accounts.
    pub entries: Vec<Entry<'a>>,
    /// Parents before their children. Accounts in a circle are not in it.
    pub order: Vec<usize>,
    index: HashMap<&'a str, usize>,
}

impl<'a> Tree<'a> {
    /// The tree of these accounts.
    pub fn new(accounts: &'a Map<Account>) -> Self {
        let index: HashMap<&str, usize> = accounts.keys().enumerate().map(|(i, n)| (n.as_str(), i)).collect();
        let mut entries: Vec<Entry> = accounts
            .iter()
            .map(|(name, account)| Entry {
                name,
                account,
                parent: account.parent.as_deref().and_then(|parent| index.get(parent).copied()),
                is_parent: false,
            })
            .collect();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); entries.len()];
        let mut order: Vec<usize> = Vec::with_capacity(entries.len());
        for i in 0..entries.len() {
            match entries[i].parent {
                Some(parent) => {
                    entries[parent].is_parent = true;
                    children[parent].push(i);
                }
                None => order.push(i),
            }
        }
        let mut next = 0;
        while next < order.len() {
            let at = order[next];
            order.append(&mut children[at]);
            next += 1;
        }
        Self { entries, order, index }
    }

    /// Where an account stands.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Whether a list of accounts, empty for all, lets each one in: by its own name or one above it.
    pub fn admitted(&self, list: &[String]) -> Vec<bool> {
        if list.is_empty() {
            return vec![true; self.entries.len()];
        }
        let named: HashSet<usize> = list.iter().filter_map(|name| self.find(name)).collect();
        let mut admitted = vec![false; self.entries.len()];
        for &i in &self.order {
            admitted[i] = named.contains(&i) || self.entries[i].parent.is_some_and(|parent| admitted[parent]);
        }
        admitted
    }

    /// An account and those above it, nearest first.
    pub fn lineage(&self, from: usize) -> impl Iterator<Item = &Entry<'a>> {
        // Accounts in a circle never end; no tree is deeper than it has accounts.
        std::iter::successors(Some(from), |at| self.entries[*at].parent)
            .take(self.entries.len())
            .map(|at| &self.entries[at])
    }

    /// Whether an account has users of its own, not only accounts below it.
    pub fn has_users(&self, at: usize) -> bool {
        self.entries[at].account.members.is_some() || !self.entries[at].is_parent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(text: &str) -> Map<Account> {
        serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn children_come_after_their_parents_and_are_let_in_with_them() {
        let accounts = accounts("{c: {parent: b}, b: {parent: a}, a: {}, d: {}}");
        let tree = Tree::new(&accounts);
        assert_eq!(tree.order, [2, 3, 1, 0]);
        assert_eq!(tree.admitted(&["b".into()]), [true, true, false, false]);
        assert_eq!(tree.admitted(&[]), [true; 4]);
        assert_eq!(tree.lineage(0).map(|e| e.name).collect::<Vec<_>>(), ["c", "b", "a"]);
        assert!(tree.has_users(0) && !tree.has_users(1));
    }

    #[test]
    fn a_circle_does_no_harm() {
        let accounts = accounts("{a: {parent: b}, b: {parent: a}, c: {}}");
        let tree = Tree::new(&accounts);
        assert_eq!(tree.order, [2]);
        assert_eq!(tree.lineage(0).count(), 3);
        assert_eq!(tree.admitted(&["a".into()]), [false; 3]);
    }
}
