//! What the API server was asked, read from its audit log.
//!
//! Guarantees that every request which was answered before the log is read is in it: the server writes the log before it
//! goes on (`blocking`), and the reader waits for a request of its own to show up. Requests of the server to itself and
//! of this reader are left out.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};

/// A request that the API server answered (or, for a watch, began to).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    pub verb: String,
    /// Path and query.
    pub uri: String,
    /// Who asked.
    pub user: String,
    /// What asked.
    pub user_agent: String,
    /// The HTTP status.
    pub code: u16,
    /// `ResponseComplete`, `ResponseStarted` or `Panic`.
    pub stage: String,
}

impl AuditEvent {
    /// Whether it was a write, and not one that was asked to change nothing (`dryRun=All`).
    pub fn is_write(&self) -> bool {
        matches!(self.verb.as_str(), "create" | "update" | "patch" | "delete" | "deletecollection")
            && self.stage == "ResponseComplete"
            && !self.uri.contains("dryRun=All")
            // Questions that are asked by POST.
            && !["selfsubject", "subjectaccessreviews", "tokenreviews"].iter().any(|word| self.uri.contains(word))
    }
}

/// A position in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AuditMark(pub(crate) u64);

/// Everything but the receipt of a request, which would double each line.
pub(crate) const POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
 "omitStages": ["RequestReceived"],
 "rules": [{"level": "None", "users": ["system:apiserver"]}, {"level": "Metadata"}]}
"#;

/// What the reader's own requests have in their path.
pub(crate) const MARKER: &str = "afctl-testbed-audit-marker";

/// The events after a position; the last line may still be half written and is then left for the next time.
pub(crate) fn read(log: &Path, from: AuditMark) -> Result<Vec<AuditEvent>> {
    let bytes = fs::read(log).map_err(Error::io(format!("read {}", log.display())))?;
    let start = usize::try_from(from.0).unwrap_or(usize::MAX).min(bytes.len());
    let text = String::from_utf8_lossy(&bytes[start..]);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole
        .lines()
        .map(event)
        .filter(|event| !matches!(event, Ok(event) if event.uri.contains(MARKER)))
        .collect()
}

/// Whether the log has the marker with this number after a position.
pub(crate) fn has_marker(log: &Path, from: AuditMark, marker: &str) -> Result<bool> {
    let bytes = fs::read(log).map_err(Error::io(format!("read {}", log.display())))?;
    let start = usize::try_from(from.0).unwrap_or(usize::MAX).min(bytes.len());
    Ok(String::from_utf8_lossy(&bytes[start..]).lines().any(|line| line.contains(marker)))
}

fn event(line: &str) -> Result<AuditEvent> {
    let value: Value = serde_json::from_str(line).map_err(Error::unreadable("a line of the audit log"))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(AuditEvent {
        verb: text(&value["verb"]),
        uri: text(&value["requestURI"]),
        user: text(&value["user"]["username"]),
        user_agent: text(&value["userAgent"]),
        code: value["responseStatus"]["code"].as_u64().and_then(|code| u16::try_from(code).ok()).unwrap_or(0),
        stage: text(&value["stage"]),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]
mod tests {
    use super::*;

    const LINE: &str = r#"{"stage":"ResponseComplete","requestURI":"/api/v1/namespaces","verb":"create",
        "user":{"username":"admin"},"userAgent":"afctl/0.1","responseStatus":{"code":201}}"#;

    #[test]
    fn half_a_line_is_left_for_later() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("audit.log");
        let line = LINE.replace('\n', "");
        fs::write(&log, format!("{line}\n{}", &line[..40])).unwrap();
        let events = read(&log, AuditMark::default()).unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!((events[0].code, events[0].user_agent.as_str()), (201, "afctl/0.1"));
        assert!(events[0].is_write());
        assert!(read(&log, AuditMark(u64::MAX)).unwrap().is_empty());
    }

    #[test]
    fn a_dry_run_and_a_question_are_no_writes() {
        let line = LINE.replace('\n', "");
        let dry = event(&line.replace("/namespaces", "/namespaces?dryRun=All")).unwrap();
        let question = event(&line.replace("/namespaces", "/selfsubjectaccessreviews")).unwrap();
        assert!(!dry.is_write() && !question.is_write());
    }
}
