//! What the server says when it says no, in afctl's terms.
//!
//! Guarantees: every refusal becomes an error of a kind that tells what can be done about it, with the server's own
//! words, the field where the server names one, and a line of help where there is something to do. Which of several
//! refusals share a code (409 has five meanings) is told by reason, causes and text as Kubernetes 1.36 gives them; what is
//! not known is [`ErrorKind::Other`] and never tried again.

use std::time::Duration;

use afctl_contract::place::Segment;
use afctl_contract::{Address, ApplyError, ErrorKind, Path};
use kube::core::response::StatusCause;

use super::wire::{Failure, Refusal, Why};
use crate::kinds::Kind;

/// What a request was about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The object.
    pub address: &'a Address,
}

/// A failed change as an error of the contract.
pub(super) fn explain(failure: &Failure, about: About<'_>) -> ApplyError {
    match failure {
        Failure::Silent(silence) => {
            let denied = silence.why == Why::Login;
            let kind = if denied { ErrorKind::Denied } else { ErrorKind::Unreachable };
            let error = ApplyError::new(kind, &silence.message);
            silence.help.iter().fold(error, ApplyError::help)
        }
        Failure::Refused(refusal) => {
            let error = judge(refusal, about);
            match error.field.is_none().then(|| field(refusal)).flatten() {
                Some(field) => error.field(field),
                None => error,
            }
        }
    }
}

fn judge(refusal: &Refusal, about: About<'_>) -> ApplyError {
    let message = &refusal.status.message;
    let error = |kind| ApplyError::new(kind, message);
    match refusal.code {
        400 | 413 | 415 | 422 => invalid(refusal, about),
        401 => {
            error(ErrorKind::Denied).help("the credentials of the kubeconfig are not accepted; log in again")
        }
        403 => forbidden(refusal),
        404 => missing(refusal, about),
        409 => conflict(refusal, about),
        429 => error(ErrorKind::Throttled(refusal.retry_after)),
        503 => error(ErrorKind::Throttled(refusal.retry_after.or(Some(Duration::from_secs(1))))),
        500 if message.starts_with("failed to create typed patch object") => invalid(refusal, about),
        500 if message.contains("failed calling webhook") => webhook_down(message),
        500 if refusal.retry_after.is_some() => error(ErrorKind::Throttled(refusal.retry_after)),
        // Lost leaders of etcd, gateways and the like; the same change may well pass the next time.
        408 | 500 | 502 | 504 => error(ErrorKind::Unreachable),
        _ => error(ErrorKind::Other),
    }
}

fn invalid(refusal: &Refusal, about: About<'_>) -> ApplyError {
    let message = &refusal.status.message;
    if causes(refusal).any(|cause| cause.field == "metadata.uid") || message.contains("metadata.uid") {
        return stale(about);
    }
    let error = ApplyError::new(ErrorKind::Invalid, message);
    denial(message).into_iter().fold(error, ApplyError::help)
}

/// The object is not the one that was seen.
pub(super) fn stale(about: About<'_>) -> ApplyError {
    let Address { name, .. } = about.address;
    ApplyError::new(
        ErrorKind::Stale,
        format!(
            "{} {name} is not the one that the plan saw: it was deleted, or deleted and made again",
            about.kind.kind
        ),
    )
    .help("plan again")
}

fn forbidden(refusal: &Refusal) -> ApplyError {
    let message = &refusal.status.message;
    let error = |kind| ApplyError::new(kind, message);
    if causes(refusal).any(|cause| cause.reason == "NamespaceTerminating")
        || message.contains("being terminated")
    {
        return error(ErrorKind::NotYet).help("the namespace is still being deleted; wait until it is gone");
    }
    if message.contains("exceeded quota") {
        return error(ErrorKind::Denied)
            .help("a ResourceQuota of the namespace is used up: raise it, or free what counts against it");
    }
    if message.contains("attempting to grant RBAC permissions not currently held") {
        return error(ErrorKind::Denied).help(
            "Kubernetes lets nobody give rights that he does not have: act as a cluster administrator, or get the verbs \
             `escalate` and `bind` on roles",
        );
    }
    if let Some(denied) = denial(message) {
        return error(ErrorKind::Invalid).help(denied);
    }
    match Right::read(message) {
        Some(right) => error(ErrorKind::Denied).help(right.help()),
        None => error(ErrorKind::Denied),
    }
}

/// A policy of the cluster that refused.
fn denial(message: &str) -> Option<String> {
    let quoted = |text: &str| text.split(['"', '\'']).nth(1).map(str::to_owned);
    if message.contains("denied the request") && message.contains("admission webhook") {
        let webhook = quoted(message.split_once("admission webhook")?.1)?;
        return Some(format!(
            "the cluster's admission webhook {webhook} refuses it; ask who runs that policy"
        ));
    }
    if message.contains("ValidatingAdmissionPolicy") {
        let policy = quoted(message.split_once("ValidatingAdmissionPolicy")?.1)?;
        return Some(format!(
            "the cluster's ValidatingAdmissionPolicy {policy} refuses it; ask who runs that policy"
        ));
    }
    None
}

fn webhook_down(message: &str) -> ApplyError {
    let name = message.split('"').nth(1).unwrap_or("?");
    ApplyError::new(ErrorKind::NotYet, message).help(format!(
        "the admission webhook {name} does not answer: see that the pods behind it run \
         (`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations`)"
    ))
}

fn missing(refusal: &Refusal, about: About<'_>) -> ApplyError {
    let details = refusal.status.details.as_ref();
    let kind = about.kind;
    match details {
        Some(details) if details.kind == "namespaces" && kind.namespaced => {
            ApplyError::new(ErrorKind::NotYet, &refusal.status.message)
                .help("its namespace is not there yet, or was deleted meanwhile")
        }
        Some(details) if !details.name.is_empty() => stale(about),
        _ => ApplyError::new(ErrorKind::NotYet, absent(kind)),
    }
}

/// Why the server does not know a kind.
pub(super) fn absent(kind: &Kind) -> String {
    match kind.brought_by {
        Some(what) => format!("the CRD {}.{} is not installed; install {what}", kind.plural, kind.group()),
        None => format!("the cluster does not serve {} of {}", kind.plural, kind.api_version),
    }
}

fn conflict(refusal: &Refusal, about: About<'_>) -> ApplyError {
    let message = &refusal.status.message;
    if causes(refusal).any(|cause| cause.reason == "FieldManagerConflict") {
        return ApplyError::new(ErrorKind::Conflict, contested(refusal))
            .help("have it removed there, or ask for another value in the strawman");
    }
    if refusal.status.reason == "AlreadyExists" {
        return ApplyError::new(ErrorKind::NotOurs, message);
    }
    let theirs = refusal.status.details.as_ref().map_or("", |details| details.kind.as_str());
    if !theirs.is_empty() && theirs != about.kind.plural && theirs != about.kind.kind {
        // Many objects made at once in a namespace with a quota contend for its count.
        return ApplyError::new(ErrorKind::Throttled(Some(Duration::from_millis(100))), message);
    }
    stale(about)
}

/// Who has which fields.
fn contested(refusal: &Refusal) -> String {
    let who = |cause: &StatusCause| cause.message.split('"').nth(1).unwrap_or("somebody").to_owned();
    let each: Vec<String> = causes(refusal)
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| format!("{} belongs to {}", cause.field.trim_start_matches('.'), who(cause)))
        .collect();
    each.join("; ")
}

fn causes(refusal: &Refusal) -> impl Iterator<Item = &StatusCause> {
    refusal.status.details.iter().flat_map(|details| &details.causes)
}

/// The first field that the server names.
fn field(refusal: &Refusal) -> Option<Path> {
    let named = causes(refusal).find_map(|cause| field_path(&cause.field));
    let message = &refusal.status.message;
    named.or_else(|| {
        // `failed to create typed patch object (…; v1, Kind=ResourceQuota): .spec.hardd: field not declared in schema`
        let after = message.strip_prefix("failed to create typed patch object")?.split_once("): .")?.1;
        field_path(after.split_once(": ")?.0)
    })
}

/// A field as Kubernetes writes it: `spec.limits[0].max[cpu]`, with a leading point or without.
pub(super) fn field_path(text: &str) -> Option<Path> {
    let mut rest = text.trim().trim_start_matches('.');
    let mut segments = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (key, tail) = after.split_once(']')?;
            let bare = key.trim_matches('"');
            segments.push(bare.parse::<usize>().map_or_else(|_| Segment::from(bare), Segment::from));
            rest = tail;
        } else {
            let body = rest.strip_prefix('.').unwrap_or(rest);
            let end = body.find(['.', '[']).unwrap_or(body.len());
            let key = &body[..end];
            if key.is_empty() || key.contains(['<', ' ']) {
                return None;
            }
            segments.push(Segment::from(key));
            rest = &body[end..];
        }
    }
    (!segments.is_empty()).then(|| segments.into_iter().collect())
}

/// A right that is wanting, as the server words it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Right<'a> {
    user: &'a str,
    verb: &'a str,
    resource: &'a str,
    group: &'a str,
}

impl<'a> Right<'a> {
    /// Reads `… User "alice" cannot patch resource "namespaces" in API group "" …`.
    pub fn read(message: &'a str) -> Option<Self> {
        let (_, rest) = message.split_once("User \"")?;
        let (user, rest) = rest.split_once("\" cannot ")?;
        let (verb, rest) = rest.split_once(" resource \"")?;
        let (resource, rest) = rest.split_once("\" in API group \"")?;
        let (group, _) = rest.split_once('"')?;
        Some(Self { user, verb, resource, group })
    }

    /// The rule that would give it.
    pub fn help(&self) -> String {
        let Self { user, verb, resource, group } = self;
        format!(
            "give {user} a ClusterRole with the rule {{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;
    use afctl_contract::path;
    use kube::core::response::Status;

    fn explained(code: u16, json: &str, kind: &'static Kind) -> ApplyError {
        let address: Address = "s/kubernetes/K/n/q".parse().unwrap();
        let status: Status =
            serde_json::from_str(json).unwrap_or_else(|_| Status::failure(json.trim(), "").with_code(code));
        let failure = Failure::Refused(Box::new(Refusal { code, status, retry_after: None }));
        explain(&failure, About { kind, address: &address })
    }

    macro_rules! answer {
        ($name:literal) => {
            include_str!(concat!("../../tests/answers/", $name))
        };
    }

    #[test]
    fn a_wrong_value_points_at_its_field() {
        let error = explained(422, answer!("invalid-quota.json"), &kinds::RESOURCE_QUOTA);
        assert_eq!(error.kind, ErrorKind::Invalid);
        assert_eq!(error.field, Some(path!["spec", "hard", "bad!res"]));
        let error = explained(422, answer!("invalid-cluster-queue.json"), &kinds::CLUSTER_QUEUE);
        let field =
            path!["spec", "resourceGroups", 0usize, "flavors", 0usize, "resources", 0usize, "nominalQuota"];
        assert_eq!(error.field, Some(field));
        for (name, field) in [
            (answer!("unknown-field.json"), path!["spec", "hardd"]),
            (answer!("wrong-type.json"), path!["spec", "hard"]),
        ] {
            let error = explained(500, name, &kinds::RESOURCE_QUOTA);
            assert_eq!((error.kind, error.field), (ErrorKind::Invalid, Some(field)));
        }
    }

    #[test]
    fn a_missing_right_is_named() {
        let error = explained(403, answer!("forbidden-patch.json"), &kinds::NAMESPACE);
        assert_eq!(error.kind, ErrorKind::Denied);
        assert_eq!(
            error.help.as_deref(),
            Some(
                "give alice a ClusterRole with the rule {apiGroups: [\"\"], resources: [namespaces], verbs: [patch]}"
            )
        );
    }

    #[test]
    fn refusals_with_one_code_are_told_apart() {
        let kind = &kinds::CONFIG_MAP;
        assert_eq!(explained(403, answer!("quota-exceeded.json"), kind).kind, ErrorKind::Denied);
        let terminating = explained(403, answer!("namespace-terminating.json"), kind);
        assert_eq!(terminating.kind, ErrorKind::NotYet);
        let contested = explained(409, answer!("field-conflict.json"), &kinds::NAMESPACE);
        assert_eq!(contested.kind, ErrorKind::Conflict);
        assert_eq!(
            contested.message,
            "metadata.annotations.a belongs to kubectl-annotate; metadata.labels.a belongs to kubectl-label"
        );
        assert_eq!(contested.field, Some(path!["metadata", "annotations", "a"]));
        for (code, answer) in [
            (409, answer!("uid-precondition.json")),
            (409, answer!("uid-of-nothing.json")),
            (422, answer!("uid-of-another.json")),
            (409, answer!("resource-version.json")),
        ] {
            assert_eq!(explained(code, answer, &kinds::NAMESPACE).kind, ErrorKind::Stale, "{answer}");
        }
        let message = "Operation cannot be fulfilled on resourcequotas \"q\": the object has been modified";
        let quota = format!(
            r#"{{"message": {message:?}, "reason": "Conflict", "details": {{"kind": "resourcequotas"}}}}"#
        );
        assert!(explained(409, &quota.replace("\\\"", "'"), kind).kind.is_transient());
    }

    #[test]
    fn policies_and_webhooks_are_named() {
        let denied = explained(422, answer!("policy-denied.json"), &kinds::PERSISTENT_VOLUME_CLAIM);
        assert_eq!(denied.kind, ErrorKind::Invalid);
        assert!(denied.help.unwrap().contains("ValidatingAdmissionPolicy no-quotas"));
        let down = explained(500, answer!("webhook-down.json"), &kinds::LIMIT_RANGE);
        assert_eq!(down.kind, ErrorKind::NotYet);
        assert!(down.help.unwrap().contains("webhook down.example.org does not answer"));
        let message = "admission webhook \"v.example.org\" denied the request: no";
        assert_eq!(
            denial(message).unwrap(),
            "the cluster's admission webhook v.example.org refuses it; ask who runs that policy"
        );
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        let error = explained(404, answer!("kind-not-served.txt"), &kinds::CLUSTER_QUEUE);
        assert_eq!(error.kind, ErrorKind::NotYet);
        assert!(
            error.message.starts_with("the CRD clusterqueues.kueue.x-k8s.io is not installed"),
            "{error}"
        );
        let error = explained(404, answer!("no-namespace.json"), &kinds::CONFIG_MAP);
        assert_eq!(error.kind, ErrorKind::NotYet);
        assert_eq!(error.message, "namespaces \"nope\" not found");
    }

    #[test]
    fn odd_fields_are_no_paths() {
        assert_eq!(field_path("<nil>"), None);
        assert_eq!(field_path(""), None);
        assert_eq!(field_path("metadata.labels"), Some(path!["metadata", "labels"]));
        assert_eq!(
            field_path(".spec.ports[containerPort=80]"),
            Some(path!["spec", "ports", "containerPort=80"])
        );
    }
}
