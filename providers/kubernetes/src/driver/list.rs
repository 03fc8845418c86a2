//! Lists, whole.
//!
//! Guarantees: a list is complete or a [`Failure`]; it is read page by page and each item is reduced at once, so memory
//! is bounded by a page and by what is kept. While the server throttles, the list waits as long as it is told to. A
//! list that outlives its snapshot on the server (410) begins anew.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::wire::{Call, Failure, Why, Wire};

/// Items of a page.
const PAGE: usize = 500;
/// How long the pages of one list may take together.
const LIST_LIMIT: Duration = Duration::from_mins(1);
/// How often a page is asked for again.
const TRIES: u32 = 8;
/// How long one wait may be, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a list begins anew.
const RESTARTS: u32 = 3;

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageMetadata,
    // A null stands for an empty list where a Go server has none.
    items: Option<Vec<T>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PageMetadata {
    r#continue: String,
}

/// Everything that the call lists, as far as `keep` keeps it.
pub(super) async fn list<T, U>(
    wire: &Wire,
    call: &Call,
    keep: impl Fn(T) -> Option<U> + Send,
) -> Result<Vec<U>, Failure>
where
    T: DeserializeOwned,
{
    let deadline = Instant::now() + LIST_LIMIT;
    let mut restarts = 0;
    'anew: loop {
        let mut kept = Vec::new();
        let mut token = String::new();
        loop {
            // A list that keeps outliving its snapshot is asked for in one piece.
            let mut page = call.clone();
            if restarts < RESTARTS {
                page = page.with("limit", &PAGE.to_string());
            }
            if !token.is_empty() {
                page = page.with("continue", &token);
            }
            let answer: Page<T> = match patiently(wire, &page, deadline).await {
                Err(failure) if failure.refusal(410).is_some() && restarts < RESTARTS => {
                    restarts += 1;
                    continue 'anew;
                }
                answer => answer?,
            };
            kept.extend(answer.items.unwrap_or_default().into_iter().filter_map(&keep));
            token = answer.metadata.r#continue;
            if token.is_empty() {
                return Ok(kept);
            }
        }
    }
}

/// Asks, and asks again where the server says so or the connection broke.
pub(super) async fn patiently<T: DeserializeOwned>(
    wire: &Wire,
    call: &Call,
    deadline: Instant,
) -> Result<T, Failure> {
    let mut tried = 0;
    loop {
        tried += 1;
        let failure = match wire.ask_patiently(call, deadline).await {
            Ok(body) => return wire.read(&body),
            Err(failure) => failure,
        };
        let again = matches!(&failure, Failure::Silent(silence) if silence.why == Why::Broke) && tried < 3;
        if !again || Instant::now() >= deadline {
            return Err(failure);
        }
    }
}

/// How long to wait before asking again for the `tried`th time, if at all.
pub(super) fn wait(failure: &Failure, tried: u32, deadline: Instant) -> Option<Duration> {
    let Failure::Refused(refusal) = failure else { return None };
    let throttled =
        matches!(refusal.code, 429 | 503) || (refusal.code >= 500 && refusal.retry_after.is_some());
    if !throttled || tried >= TRIES {
        return None;
    }
    let growing = Duration::from_millis(100) * 2_u32.saturating_pow(tried.saturating_sub(1));
    let wait = refusal.retry_after.unwrap_or(growing).min(LONGEST_WAIT);
    (Instant::now() + wait < deadline).then_some(wait)
}

#[cfg(test)]
mod tests {
    use super::super::wire::Refusal;
    use super::*;

    fn refused(code: u16, retry_after: Option<u64>) -> Failure {
        let retry_after = retry_after.map(Duration::from_secs);
        Failure::Refused(Box::new(Refusal { code, retry_after, ..Refusal::default() }))
    }

    #[test]
    fn the_servers_word_decides_how_long_to_wait() {
        let deadline = Instant::now() + LIST_LIMIT;
        assert_eq!(wait(&refused(429, Some(2)), 1, deadline), Some(Duration::from_secs(2)));
        assert_eq!(wait(&refused(429, Some(3600)), 1, deadline), Some(LONGEST_WAIT));
        assert_eq!(wait(&refused(503, None), 3, deadline), Some(Duration::from_millis(400)));
        assert_eq!(wait(&refused(429, Some(1)), TRIES, deadline), None);
        assert_eq!(wait(&refused(429, Some(5)), 1, Instant::now() + Duration::from_secs(1)), None);
        assert_eq!(wait(&refused(403, None), 1, deadline), None);
    }
}
