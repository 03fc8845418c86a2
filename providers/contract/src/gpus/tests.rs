//! The arithmetic of slices against every placement of NVIDIA's user guide, by brute force.

use std::collections::HashSet;

use super::{WHOLE, find};
use crate::language::Map;

fn wish(counts: &[(&str, u32)]) -> Map<u32> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Size in memory slices, compute, and the positions where a profile may start.
const PLACES: [(&str, usize, u64, &[usize]); 6] = [
    ("1g.5gb", 1, 1, &[0, 1, 2, 3, 4, 5, 6]),
    ("1g.10gb", 2, 1, &[0, 2, 4, 6]),
    ("2g.10gb", 2, 2, &[0, 2, 4]),
    ("3g.20gb", 4, 3, &[0, 4]),
    ("4g.20gb", 4, 4, &[0]),
    ("7g.40gb", 8, 7, &[0]),
];

/// Every set of counts that some placement on one card gives.
fn one_card() -> HashSet<[u32; 6]> {
    fn place(used: u8, compute: u64, counts: [u32; 6], all: &mut HashSet<[u32; 6]>) {
        if !all.insert(counts) && used == 0 {
            return;
        }
        for (i, (_, size, slices, starts)) in PLACES.iter().enumerate() {
            for start in *starts {
                let mask = u8::try_from(((1_u32 << size) - 1) << start).unwrap_or(u8::MAX);
                if used & mask == 0 && compute + slices <= 7 {
                    let mut counts = counts;
                    counts[i] += 1;
                    place(used | mask, compute + slices, counts, all);
                }
            }
        }
    }
    let mut all = HashSet::new();
    place(0, 0, [0; 6], &mut all);
    all
}

#[test]
fn the_arithmetic_agrees_with_every_placement_on_one_and_two_cards() {
    let mig = find("A100-40GB").and_then(|model| model.mig).expect("an A100 can be cut");
    let one = one_card();
    let mut two = HashSet::new();
    for a in &one {
        for b in &one {
            two.insert(std::array::from_fn(|i| a[i] + b[i]));
        }
    }
    let mut tried = 0;
    for (cards, possible, most) in [(1, &one, [8, 5, 4, 3, 2, 2]), (2, &two, [15, 9, 7, 5, 3, 3])] {
        let mut counts = [0_u32; 6];
        loop {
            let wish: Map<u32> =
                PLACES.iter().zip(counts).map(|((name, ..), count)| ((*name).to_owned(), count)).collect();
            assert_eq!(
                mig.misfit(&wish, cards).is_none(),
                possible.contains(&counts),
                "{counts:?} on {cards}"
            );
            tried += 1;
            let Some(i) = (0..6).find(|&i| counts[i] < most[i]) else { break };
            counts[i] += 1;
            counts[..i].fill(0);
        }
    }
    assert!(tried > 10_000, "{tried}");
}

#[test]
fn the_cards_of_the_sketch_suffice_exactly() {
    let mig = find("a100-40gb").and_then(|model| model.mig).expect("an A100 can be cut");
    let asked = wish(&[("1g.5gb", 14), (WHOLE, 6)]);
    assert_eq!(mig.misfit(&asked, 8), None);
    assert_eq!(mig.cards_needed(&asked), 8);
    assert_eq!(
        mig.misfit(&wish(&[("1g.5gb", 15), (WHOLE, 6)]), 8),
        Some(super::Misfit::TooMany { needed: 9, cards: 8 })
    );
    let unknown = mig.misfit(&wish(&[("1g.6gb", 1)]), 8);
    assert_eq!(unknown, Some(super::Misfit::Unknown { profile: "1g.6gb".to_owned() }));
}

#[test]
fn an_a30_has_four_slices() {
    let mig = find("a30").and_then(|model| model.mig).expect("an A30 can be cut");
    assert_eq!(mig.misfit(&wish(&[("2g.12gb", 1), ("1g.6gb", 2)]), 1), None);
    assert_eq!(mig.cards_needed(&wish(&[("2g.12gb", 2), ("1g.6gb", 1)])), 2);
    assert_eq!(mig.cards_needed(&wish(&[("4g.24gb", 3), (WHOLE, 2)])), 5);
}

#[test]
fn a_profile_never_comes_oftener_on_a_card_than_the_guide_says() {
    for model in super::MODELS {
        for profile in model.mig.map_or(&[][..], |mig| mig.profiles) {
            let mig = model.mig.expect("it has profiles");
            let most = u32::try_from(profile.most).expect("it is small");
            assert_eq!(
                mig.cards_needed(&wish(&[(profile.name, most)])),
                1,
                "{} {}",
                model.name,
                profile.name
            );
            assert_eq!(
                mig.cards_needed(&wish(&[(profile.name, most + 1)])),
                2,
                "{} {}",
                model.name,
                profile.name
            );
        }
    }
}
