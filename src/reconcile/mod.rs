//! Keeps a facility true: observes, plans and applies again and again, until told to stop.
//!
//! Guarantees: one round at a time; a round that fails is followed by a longer pause, a round that succeeds by the
//! interval, each with a spread so that many reconcilers do not come at once; told to stop, the steps in hand are
//! finished and nothing new is begun. What to do in a round is handed in, so that the loop can be tested with paused
//! time.

use std::time::Duration;

use tokio::sync::watch;

/// When rounds take place.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// Between two rounds that went well.
    pub interval: Duration,
    /// The longest pause after rounds that failed.
    pub longest: Duration,
    /// The most rounds; no end when `None`.
    pub rounds: Option<u64>,
    /// Sets the spread of pauses.
    pub seed: u64,
}

impl Rhythm {
    /// The pause after a round: the interval less or more up to a tenth, or, after `failures` in a row, a pause that
    /// starts at a second and doubles up to the longest.
    pub fn pause(&self, round: u64, failures: u32) -> Duration {
        let base = if failures == 0 {
            self.interval
        } else {
            Duration::from_secs(1).saturating_mul(1 << failures.saturating_sub(1).min(20)).min(self.longest)
        };
        base.mul_f64(0.9 + 0.2 * spread(self.seed, round))
    }
}

/// A number in 0..1 that depends on nothing but these.
#[allow(clippy::cast_precision_loss)]
fn spread(seed: u64, round: u64) -> f64 {
    let mut z = seed ^ round.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    z ^= z >> 33;
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// How a round went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Everything is as it should be, or was made so.
    Well,
    /// Something could not be done or seen.
    Badly,
}

/// Runs rounds until told to stop or until there were enough; gives how the last one went.
pub async fn run<F: AsyncFnMut(u64) -> Round>(
    rhythm: Rhythm,
    mut stop: watch::Receiver<bool>,
    mut round: F,
) -> Round {
    let mut failures = 0;
    let mut last = Round::Well;
    for number in 1.. {
        if *stop.borrow() {
            break;
        }
        last = round(number).await;
        failures = if last == Round::Well { 0 } else { failures + 1 };
        if rhythm.rounds.is_some_and(|most| number >= most) {
            break;
        }
        // A sender that is gone can no longer tell us to stop; then only the pause ends.
        tokio::select! {
            () = tokio::time::sleep(rhythm.pause(number, failures)) => {}
            Ok(_) = stop.wait_for(|told| *told) => break,
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rhythm() -> Rhythm {
        Rhythm { interval: Duration::from_mins(1), longest: Duration::from_mins(10), rounds: None, seed: 1 }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_followed_by_growing_pauses() {
        let (_tell, told) = watch::channel(false);
        let start = tokio::time::Instant::now();
        let mut at = Vec::new();
        let last = run(Rhythm { rounds: Some(5), ..rhythm() }, told, async |number| {
            at.push(start.elapsed().as_secs_f64());
            if number < 4 { Round::Badly } else { Round::Well }
        })
        .await;
        assert_eq!(last, Round::Well);
        let gaps: Vec<f64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!((0.9..1.1).contains(&gaps[0]), "{gaps:?}");
        assert!((1.8..2.2).contains(&gaps[1]), "{gaps:?}");
        assert!((3.6..4.4).contains(&gaps[2]), "{gaps:?}");
        assert!((54.0..66.0).contains(&gaps[3]), "{gaps:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_signal_ends_the_pause_and_no_round_is_cut() {
        let (tell, told) = watch::channel(false);
        let mut finished = 0;
        let rounds = run(rhythm(), told, async |number| {
            if number == 2 {
                let _ = tell.send(true);
            }
            tokio::time::sleep(Duration::from_secs(5)).await;
            finished = number;
            Round::Well
        });
        rounds.await;
        assert_eq!(finished, 2);
    }

    #[test]
    fn pauses_spread_by_a_tenth() {
        for round in 0..100 {
            let pause = rhythm().pause(round, 0).as_secs_f64();
            assert!((54.0..=66.0).contains(&pause), "{pause}");
        }
        assert!(rhythm().pause(1, 30) <= Duration::from_mins(11));
    }
}
