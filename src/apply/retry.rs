//! When a step is tried again, and after what pause.

use std::time::Duration;

use afctl_contract::ErrorKind;

/// How long and how often steps are tried again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The most tries of one step.
    pub tries: u32,
    /// The pause after the first failure; it doubles with each.
    pub first: Duration,
    /// The longest pause, unless the backend asks for a longer one.
    pub longest: Duration,
    /// Sets the spread of pauses, so that many steps do not come back at once.
    pub seed: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: 10, first: Duration::from_millis(200), longest: Duration::from_secs(15), seed: 0x5eed }
    }
}

/// The longest that a backend may make us wait at a time.
const MOST: Duration = Duration::from_mins(5);

impl Patience {
    /// The pause before the next try, or `None` when it is enough.
    pub fn pause(&self, error: &ErrorKind, tried: u32, step: usize) -> Option<Duration> {
        if !error.is_transient() || tried >= self.tries {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(self.longest);
        let spread = doubled.mul_f64(0.5 + 0.5 * unit(self.seed, step, tried));
        Some(match error {
            ErrorKind::Throttled(Some(asked)) => (*asked).min(MOST) + spread.mul_f64(0.5),
            _ => spread,
        })
    }
}

/// A number in 0..1 that depends on nothing but these (splitmix64).
#[allow(clippy::cast_precision_loss)]
fn unit(seed: u64, step: usize, tried: u32) -> f64 {
    let mut z = seed
        .wrapping_add((step as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(u64::from(tried).wrapping_mul(0xd1b5_4a32_d192_ed03));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let patience = Patience::default();
        let pauses: Vec<_> = (1..).map_while(|n| patience.pause(&ErrorKind::Unreachable, n, 7)).collect();
        assert_eq!(pauses.len(), 9);
        assert!(pauses.iter().all(|p| *p <= patience.longest));
        assert!(pauses[8] > pauses[0]);
    }

    #[test]
    fn the_backend_is_asked_and_heeded() {
        let asked = ErrorKind::Throttled(Some(Duration::from_secs(20)));
        assert!(Patience::default().pause(&asked, 1, 0).is_some_and(|p| p >= Duration::from_secs(20)));
        assert_eq!(Patience::default().pause(&ErrorKind::Invalid, 1, 0), None);
    }
}
