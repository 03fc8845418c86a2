//! How a pool is divided among accounts: by fair share, down the tree, in whole units.
//!
//! Guarantees: nobody gets more than its limit, all together never more than there is, and the same input gives the
//! same division. What is not given out (weights of zero, limits) is said, so that it can be lent to anybody.

/// Divides `whole` by weight: each gets its part rounded down, and what is left goes one by one to the largest
/// remainders, first come first. Nobody has anything of weights that are all zero.
pub fn split(whole: u64, weights: &[u64]) -> Vec<u64> {
    let total: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if total == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: u64| u128::from(whole) * u128::from(weight);
    // A part is at most the whole, so it fits.
    let mut parts: Vec<u64> =
        weights.iter().map(|w| u64::try_from(exact(*w) / total).unwrap_or(whole)).collect();
    let left = whole - parts.iter().sum::<u64>();
    let mut order: Vec<usize> = (0..weights.len()).filter(|i| exact(weights[*i]) % total > 0).collect();
    order.sort_by_key(|i| std::cmp::Reverse(exact(weights[*i]) % total));
    for i in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        parts[i] += 1;
    }
    parts
}

/// A tree to divide over. Parents stand before their children.
#[derive(Debug)]
pub struct Division<'a> {
    /// The nodes, parents first.
    pub order: &'a [usize],
    /// The parent of each node.
    pub parent: &'a [Option<usize>],
    /// The weight of each node beside its siblings.
    pub weight: &'a [u64],
    /// Whether each node takes a part itself.
    pub takes: &'a [bool],
}

impl Division<'_> {
    /// What each node gets for itself. `limits` are what each node and all below it may have at the most; what
    /// they get is taken off, so that what is left is what they may borrow.
    pub fn divide(&self, whole: u64, limits: &mut [Option<u64>]) -> Vec<u64> {
        let count = self.parent.len();
        let mut carries = self.takes.to_vec();
        for &node in self.order.iter().rev() {
            if let (true, Some(parent)) = (carries[node], self.parent[node]) {
                carries[parent] = true;
            }
        }
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut roots = Vec::new();
        for &node in self.order.iter().filter(|node| carries[**node]) {
            match self.parent[node] {
                Some(parent) => children[parent].push(node),
                None => roots.push(node),
            }
        }
        let mut amount = vec![0_u64; count];
        let mut own = vec![0_u64; count];
        let give = |group: &[usize], own_weight: Option<u64>, whole: u64, amount: &mut [u64]| -> u64 {
            let weights: Vec<u64> =
                own_weight.into_iter().chain(group.iter().map(|i| self.weight[*i])).collect();
            let mut parts = split(whole, &weights).into_iter();
            let own = own_weight.map_or(0, |_| parts.next().unwrap_or(0));
            for (node, part) in group.iter().zip(parts) {
                amount[*node] = part;
            }
            own
        };
        give(&roots, None, whole, &mut amount);
        for &node in self.order.iter().filter(|node| carries[**node]) {
            let granted = limits[node].map_or(amount[node], |limit| amount[node].min(limit));
            own[node] = match (children[node].is_empty(), self.takes[node]) {
                (true, _) => granted,
                // Users of an account that also has accounts below it count as one more of those, of weight 1.
                (false, true) => give(&children[node], Some(1), granted, &mut amount),
                (false, false) => give(&children[node], None, granted, &mut amount),
            };
        }
        let mut below = own.clone();
        for &node in self.order.iter().rev() {
            if let Some(limit) = &mut limits[node] {
                *limit = limit.saturating_sub(below[node]);
            }
            if let Some(parent) = self.parent[node] {
                below[parent] += below[node];
            }
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_add_up_and_follow_the_weights(whole in any::<u64>(), weights in prop::collection::vec(0u64..1_000_000, 0..20)) {
            let parts = split(whole, &weights);
            let sum: u128 = parts.iter().map(|p| u128::from(*p)).sum();
            let total: u64 = weights.iter().sum();
            prop_assert_eq!(sum, if total == 0 { 0 } else { u128::from(whole) });
            for (part, weight) in parts.iter().zip(&weights) {
                let exact = u128::from(whole) * u128::from(*weight);
                let total = u128::from(total.max(1));
                prop_assert!(u128::from(*part) * total <= exact + total);
                prop_assert!((u128::from(*part) + 1) * total > exact);
            }
        }

        #[test]
        fn a_tree_never_gets_more_than_there_is_nor_than_its_limits(
            whole in 0u64..100_000,
            nodes in prop::collection::vec((any::<prop::sample::Index>(), 0u64..100, any::<bool>(), prop::option::of(0u64..50_000)), 1..30),
        ) {
            let parent: Vec<Option<usize>> = nodes.iter().enumerate()
                .map(|(i, (at, ..))| (i > 0).then(|| at.index(i + 1)).filter(|p| *p < i)).collect();
            let weight: Vec<u64> = nodes.iter().map(|n| n.1).collect();
            let takes: Vec<bool> = nodes.iter().map(|n| n.2).collect();
            let order: Vec<usize> = (0..nodes.len()).collect();
            let before: Vec<Option<u64>> = nodes.iter().map(|n| n.3).collect();
            let mut limits = before.clone();
            let division = Division { order: &order, parent: &parent, weight: &weight, takes: &takes };
            let own = division.divide(whole, &mut limits);
            prop_assert!(own.iter().sum::<u64>() <= whole);
            let mut below = own.clone();
            for i in (0..nodes.len()).rev() {
                if let Some(p) = parent[i] { below[p] += below[i]; }
                prop_assert!(takes[i] || own[i] == 0);
                if let (Some(limit), Some(left)) = (before[i], limits[i]) {
                    prop_assert!(below[i] <= limit);
                    prop_assert_eq!(left, limit - below[i]);
                }
            }
        }
    }

    #[test]
    fn atlas_and_a_startup() {
        // atlas 80 (higgs 40, exotics 30), startup 10
        let division = Division {
            order: &[0, 1, 2, 3],
            parent: &[None, Some(0), Some(0), None],
            weight: &[80, 40, 30, 10],
            takes: &[false, true, true, true],
        };
        let own = division.divide(2688, &mut [None; 4]);
        assert_eq!(own, [0, 1365, 1024, 299]);
        assert_eq!(own.iter().sum::<u64>(), 2688);
    }

    #[test]
    fn what_a_limit_keeps_back_is_not_given_to_others() {
        let division =
            Division { order: &[0, 1], parent: &[None, None], weight: &[1, 1], takes: &[true, true] };
        let mut limits = [Some(10), None];
        assert_eq!(division.divide(100, &mut limits), [10, 50]);
        assert_eq!(limits, [Some(0), None]);
    }
}
