//! How a card is cut (NVIDIA's MIG), and whether a wish for slices can be laid on so many cards.
//!
//! A card of the large kind has 7 slices of compute and 8 of memory, an A30 has 4 and 4; a profile takes some of each.
//! [`Mig::misfit`] decides exactly, in constant time, for any number of cards: see the reasoning at [`Mig::layout`].
//! A media engine (`+me`) is checked as one a card, which is necessary and in practice sufficient.

use super::WHOLE;
use crate::language::Map;

/// A way of cutting a model's cards.
#[derive(Debug)]
pub struct Mig {
    /// Slices of compute of one card.
    pub compute: u64,
    /// Slices of memory of one card.
    pub memory: u64,
    /// What it can be cut into, smallest first.
    pub profiles: &'static [MigProfile],
}

/// A slice of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigProfile {
    /// Its name: `1g.5gb`.
    pub name: &'static str,
    /// Slices of compute that it takes.
    pub compute: u64,
    /// Slices of memory that it takes.
    pub memory: u64,
    /// The most of them on one card.
    pub most: u64,
}

/// Why slices cannot be laid on the cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The cards know no such profile.
    Unknown {
        /// What was asked for.
        profile: String,
    },
    /// More cards are needed than there are.
    TooMany {
        /// Cards that the wish takes at the least.
        needed: u64,
        /// Cards there are.
        cards: u64,
    },
}

impl Mig {
    /// The profile of this name.
    pub fn profile(&self, name: &str) -> Option<&MigProfile> {
        self.profiles.iter().find(|profile| profile.name == name)
    }

    /// Why `wish`, so many of each profile, cannot be laid on `cards` cards; `None` if it can.
    pub fn misfit(&self, wish: &Map<u32>, cards: u64) -> Option<Misfit> {
        let unknown = wish.keys().find(|name| *name != WHOLE && self.profile(name).is_none());
        if let Some(profile) = unknown {
            return Some(Misfit::Unknown { profile: profile.clone() });
        }
        // So many cards that counting their slices would overflow do not exist.
        if self.layout(wish, cards.min(1 << 40)) {
            return None;
        }
        Some(Misfit::TooMany { needed: self.cards_needed(wish), cards })
    }

    /// The fewest cards on which `wish` can be laid. Profiles that the card does not know take none.
    pub fn cards_needed(&self, wish: &Map<u32>) -> u64 {
        // More cards are never worse, so the fewest is found by halving; a card for each slice is always enough.
        let (mut low, mut high) = (0, wish.values().map(|count| u64::from(*count)).sum());
        while low < high {
            let middle = u64::midpoint(low, high);
            if self.layout(wish, middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Whether `wish` can be laid on `cards` cards.
    ///
    /// Profiles that take all of a card, and whole cards, take one each. On a card of 7 and 8:
    /// - A `3g` always goes to a `4g` without one: what stood beside that `4g` fits where the `3g` was.
    /// - The other `3g` go one to a card while there are cards: two of them on one card waste a slice of compute, and
    ///   what fits on an empty card can be halved over two cards with a `3g` each.
    ///
    /// So there are `a` cards with 3 and 4 slices left, `b` with 4 and 4, `c` with 7 and 8, on which the small
    /// profiles (2 and 2; 1 and 2; 1 and 1) are counted: a card of the first or last kind leaves one slice of memory
    /// unused unless a 1 and 2 takes it. The positions that the driver prescribes never forbid what these counts allow;
    /// a test compares them with every placement of the user guide.
    fn layout(&self, wish: &Map<u32>, cards: u64) -> bool {
        let (mut full, mut four, mut three, mut two, mut wide, mut one, mut media) = (0, 0, 0, 0, 0, 0, 0);
        for (name, count) in wish {
            let count = u64::from(*count);
            let Some(profile) = self.profile(name) else {
                if name == WHOLE {
                    full += count;
                }
                continue;
            };
            if name.ends_with("+me") {
                media += count;
            }
            match (profile.compute, profile.memory) {
                (compute, _) if compute == self.compute => full += count,
                (4, _) => four += count,
                (3, _) => three += count,
                (2, _) => two += count,
                (_, 2) => wide += count,
                _ => one += count,
            }
        }
        let Some(free) = cards.checked_sub(full).and_then(|left| left.checked_sub(four)) else {
            return false;
        };
        if media > free + four {
            return false;
        }
        if self.compute == 4 {
            return two <= 2 * free && one + 2 * two <= 4 * free;
        }
        let beside_four = three.min(four);
        let a = four - beside_four;
        let three = three - beside_four;
        let (b, c) =
            if three <= free { (three, free - three) } else { ((2 * free).saturating_sub(three), 0) };
        three <= 2 * free
            && two <= a + 2 * b + 3 * c
            && two + wide <= 2 * a + 2 * b + 4 * c
            && one + 2 * (two + wide) + (a + c).saturating_sub(wide) <= 4 * a + 4 * b + 8 * c
    }
}
