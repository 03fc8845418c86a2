//! Waiting for something to come about, with an end to it.
//!
//! Guarantees that a wait that fails says what it last saw.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// What one look found.
pub(crate) enum Look<T> {
    /// It has come about.
    Done(T),
    /// Not yet; what was seen instead.
    NotYet(String),
}

/// Looks after 50 ms, then less and less often (each look may cost the servers something), until `look` is done, fails, or `limit` has passed.
pub(crate) fn until<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<Look<T>>) -> Result<T> {
    let begun = Instant::now();
    let mut pause = Duration::from_millis(50);
    loop {
        let seen = match look()? {
            Look::Done(value) => return Ok(value),
            Look::NotYet(seen) => seen,
        };
        if begun.elapsed() > limit {
            return Err(Error::Timeout { what: what.to_owned(), last: seen });
        }
        std::thread::sleep(pause);
        pause = (pause * 5 / 4).min(Duration::from_millis(400));
    }
}
