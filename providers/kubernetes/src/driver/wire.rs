//! One request and its answer.
//!
//! Guarantees: every request ends in bounded time, with an answer or with a [`Failure`] in words; few requests are in
//! flight at once, over connections that are kept; no message holds a credential. Nothing is tried again here.

use std::fmt::Write;
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use kube::client::{AuthError, Body, ClientBuilder};
use kube::core::response::Status;
use kube::{Client, Config};
use serde::de::DeserializeOwned;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, timeout};

/// How many requests may be in flight. More gain nothing (see docs), and take what others of the cluster need.
const IN_FLIGHT: usize = 32;
/// How long a credential plugin may take: it may have to ask a person.
const LOGIN_LIMIT: Duration = Duration::from_mins(1);
/// How long the server may think about a question.
pub(super) const READ_LIMIT: Duration = Duration::from_secs(8);
/// How long the server may think about a change: admission webhooks may take up to 30 s.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(35);
/// How long an answer may take to arrive once it has begun.
const BODY_LIMIT: Duration = Duration::from_secs(30);

/// Asks for whole objects.
pub(super) const WHOLE: &str = "application/json";
/// Asks for the metadata of one object.
pub(super) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
/// Asks for the metadata of many objects.
pub(super) const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Why there is no answer that can be used.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The server said no.
    Refused(Box<Refusal>),
    /// The server said nothing, or nothing that could be understood: the request may have been done.
    Silent(Silence),
}

/// What the server said when it said no.
#[derive(Debug, Clone, Default)]
pub(super) struct Refusal {
    /// The code of the answer.
    pub code: u16,
    /// What was said.
    pub status: Status,
    /// When to ask again.
    pub retry_after: Option<Duration>,
}

/// No answer.
#[derive(Debug, Clone)]
pub(super) struct Silence {
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Of what kind it is.
    pub why: Why,
}

/// Kinds of silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// No connection came about, or no answer over it in time.
    Unreachable,
    /// The connection was there and broke: asking again at once may help.
    Broke,
    /// There are no credentials to ask with.
    Login,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: Method,
    uri: String,
    accept: &'static str,
    content: Option<(&'static str, Vec<u8>)>,
    limit: Duration,
}

impl Call {
    /// Asks.
    pub fn get(path: &str) -> Self {
        let (method, limit) = (Method::GET, READ_LIMIT);
        Self { method, uri: path.to_owned(), accept: WHOLE, content: None, limit }
    }

    /// Changes, with a body of this type.
    pub fn write(method: Method, path: &str, content: &'static str, body: &serde_json::Value) -> Self {
        let content = Some((content, body.to_string().into_bytes()));
        // What comes back of a change is not needed, only that it was made.
        Self { method, uri: path.to_owned(), accept: METADATA, content, limit: WRITE_LIMIT }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.uri.push(if self.uri.contains('?') { '&' } else { '?' });
        self.uri.push_str(key);
        self.uri.push('=');
        self.uri.push_str(&escape(value));
        self
    }

    /// Asks for the answer in another form.
    #[must_use]
    pub const fn accept(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

/// `text` as one part of a path or one value of a query.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A way to a server.
pub(super) struct Wire {
    config: Config,
    client: Mutex<Option<Client>>,
    in_flight: Semaphore,
}

impl Wire {
    pub fn new(config: Config) -> Self {
        Self { config, client: Mutex::new(None), in_flight: Semaphore::new(IN_FLIGHT) }
    }

    /// The server, without what may be secret in its address.
    pub fn server(&self) -> String {
        let url = &self.config.cluster_url;
        let scheme = url.scheme_str().unwrap_or("https");
        let authority = url.authority().map_or("", |authority| authority.as_str());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{host}{}", url.path().trim_end_matches('/'))
    }

    /// Gets the credentials, once and again when they have run out. They may come of a program that takes its time.
    pub async fn client(&self) -> Result<Client, Failure> {
        let mut known = self.client.lock().await;
        let valid = |client: &&Client| client.valid_until().is_none_or(|end| jiff::Timestamp::now() < end);
        if let Some(client) = known.as_ref().filter(valid) {
            return Ok(client.clone());
        }
        let client = self.log_in().await?;
        *known = Some(client.clone());
        Ok(client)
    }

    async fn log_in(&self) -> Result<Client, Failure> {
        let config = self.config.clone();
        let built =
            tokio::task::spawn_blocking(move || ClientBuilder::try_from(config).map(ClientBuilder::build));
        let (message, help) = match timeout(LOGIN_LIMIT, built).await {
            Ok(Ok(Ok(client))) => return Ok(client),
            Ok(Ok(Err(error))) => return Err(self.silent(&error)),
            Ok(Err(_)) => ("the credentials could not be read", None),
            Err(_) => (
                "the credential plugin of the kubeconfig did not end in a minute",
                Some("run the command of `users[].user.exec` in the kubeconfig by hand".to_owned()),
            ),
        };
        let message = format!("{}: {message}", self.server());
        Err(Failure::Silent(Silence { message, help, why: Why::Login }))
    }

    /// Sends a request and reads the answer: its code and its text.
    pub async fn send(&self, call: &Call) -> Result<(u16, Vec<u8>), Failure> {
        let client = self.client().await?;
        // The semaphore is never closed.
        let _permit = self.in_flight.acquire().await;
        self.send_now(&client, call).await
    }

    /// Sends a request and reads the answer, waiting while the server throttles. Who waits keeps his place among those in
    /// flight, so that fewer requests are made by as many as were refused.
    pub async fn ask_patiently(&self, call: &Call, deadline: Instant) -> Result<Vec<u8>, Failure> {
        let client = self.client().await?;
        // The semaphore is never closed.
        let _permit = self.in_flight.acquire().await;
        let mut tried = 0;
        loop {
            tried += 1;
            let failure = match self.send_now(&client, call).await {
                Ok((_, body)) => return Ok(body),
                Err(failure) => failure,
            };
            let Some(wait) = super::list::wait(&failure, tried, deadline) else { return Err(failure) };
            sleep(wait).await;
        }
    }

    async fn send_now(&self, client: &Client, call: &Call) -> Result<(u16, Vec<u8>), Failure> {
        let mut request =
            Request::builder().method(call.method.clone()).uri(&call.uri).header(header::ACCEPT, call.accept);
        let mut body = Body::empty();
        if let Some((kind, bytes)) = &call.content {
            request = request.header(header::CONTENT_TYPE, *kind);
            body = Body::from(bytes.clone());
        }
        let request = request
            .body(body)
            .map_err(|error| self.no_answer(&format!("{} is no address: {error}", call.uri), None))?;
        let answer = match timeout(call.limit, client.send(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.silent(&error)),
            Err(_) => {
                return Err(self.no_answer(&format!("no answer within {} s", call.limit.as_secs()), None));
            }
        };
        let code = answer.status();
        let retry_after = retry_after(answer.headers());
        let body = match timeout(BODY_LIMIT, answer.into_body().collect_bytes()).await {
            Ok(Ok(bytes)) => Vec::from(bytes),
            Ok(Err(error)) => return Err(self.silent(&error)),
            Err(_) => return Err(self.no_answer("the answer did not end", None)),
        };
        if code.is_success() { Ok((code.as_u16(), body)) } else { Err(refused(code, retry_after, &body)) }
    }

    /// Sends a request and reads the answer as JSON.
    pub async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let (_, body) = self.send(call).await?;
        self.read(&body)
    }

    /// Reads JSON.
    pub fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Failure> {
        serde_json::from_slice(body).map_err(|error| {
            self.no_answer(&format!("the answer is not what a Kubernetes API gives: {error}"), None)
        })
    }

    fn no_answer(&self, what: &str, help: Option<&str>) -> Failure {
        let message = format!("{}: {what}", self.server());
        Failure::Silent(Silence { message, help: help.map(str::to_owned), why: Why::Unreachable })
    }

    fn silent(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        let plugin = self.config.auth_info.exec.as_ref().and_then(|exec| exec.command.as_deref());
        let silence = cause(error, plugin.unwrap_or("?"));
        let message = format!("{}: {}", self.server(), silence.message);
        Failure::Silent(Silence { message, ..silence })
    }
}

/// What is at the bottom of an error, in words.
fn cause(error: &(dyn std::error::Error + 'static), plugin: &str) -> Silence {
    let mut at = Some(error);
    let mut last = error.to_string();
    let mut connecting = false;
    while let Some(error) = at {
        if let Some(error) = error.downcast_ref::<AuthError>() {
            return login(error, plugin);
        }
        last = error.to_string();
        connecting |= last.contains("(Connect)");
        at = error.source();
    }
    let help = if last.contains("certificate") {
        Some(
            "the kubeconfig's certificate authority is not the one of this server; fetch a new kubeconfig"
                .to_owned(),
        )
    } else if connecting {
        Some(
            "see that the server runs and can be reached from here, perhaps through a VPN or a proxy"
                .to_owned(),
        )
    } else {
        None
    };
    let message = if connecting { format!("cannot be reached: {last}") } else { last };
    Silence { message, help, why: if connecting { Why::Unreachable } else { Why::Broke } }
}

/// A failed login. What a credential plugin prints on its standard output is a credential, and its arguments and
/// environment may have one, so they are left out.
fn login(error: &AuthError, plugin: &str) -> Silence {
    let by_hand =
        Some("run it by hand as the kubeconfig says, and log in again if it asks for that".to_owned());
    let (message, help) = match error {
        AuthError::AuthExecRun { out, .. } => {
            let said = String::from_utf8_lossy(&out.stderr);
            let said: String =
                said.trim().lines().next_back().unwrap_or_default().chars().take(200).collect();
            (
                format!("the credential plugin `{plugin}` of the kubeconfig failed ({}): {said}", out.status),
                by_hand,
            )
        }
        AuthError::AuthExecStart(error) => (
            format!("the credential plugin `{plugin}` of the kubeconfig cannot be started: {error}"),
            Some(format!("install {plugin}, or put it on PATH")),
        ),
        AuthError::AuthExecParse(_) | AuthError::ExecPluginFailed => {
            (format!("the credential plugin `{plugin}` of the kubeconfig gave no credential"), by_hand)
        }
        AuthError::ReadTokenFile(error, path) => {
            (format!("the token file {} cannot be read: {error}", path.display()), None)
        }
        _ => ("the credentials of the kubeconfig cannot be used".to_owned(), None),
    };
    Silence { message, help, why: Why::Login }
}

fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn refused(code: StatusCode, retry_after: Option<Duration>, body: &[u8]) -> Failure {
    let status = serde_json::from_slice::<Status>(body).ok().filter(|status| !status.message.is_empty());
    let status = status.unwrap_or_else(|| {
        // A proxy's page, or a path that no API serves.
        let text: String = String::from_utf8_lossy(body).trim().chars().take(200).collect();
        let text = if text.is_empty() { code.to_string() } else { text };
        Status::failure(&text, "").with_code(code.as_u16())
    });
    let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
    let retry_after = retry_after.or_else(|| (asked > 0).then(|| Duration::from_secs(asked.into())));
    Failure::Refused(Box::new(Refusal { code: code.as_u16(), status, retry_after }))
}

impl Failure {
    /// The refusal, if it is one with this code.
    pub fn refusal(&self, code: u16) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) if refusal.code == code => Some(refusal),
            _ => None,
        }
    }

    /// What happened.
    pub fn message(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.status.message,
            Self::Silent(silence) => &silence.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped() {
        let call = Call::get("/api").with("labelSelector", "a/b=c,d").with("limit", "5");
        assert_eq!(call.uri, "/api?labelSelector=a%2Fb%3Dc%2Cd&limit=5");
        assert_eq!(escape("system:node"), "system%3Anode");
    }

    #[test]
    fn secrets_of_the_address_are_not_told() {
        let url = "https://me:secret@af.example.org:6443/k8s/clusters/c-1/".parse().unwrap();
        assert_eq!(Wire::new(Config::new(url)).server(), "https://af.example.org:6443/k8s/clusters/c-1");
    }

    #[test]
    fn what_a_plugin_prints_is_not_told() {
        use std::os::unix::process::ExitStatusExt;
        let out = std::process::Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: b"{\"token\": \"secret\"}".to_vec(),
            stderr: b"trying\nsession expired\n".to_vec(),
        };
        let cause =
            login(&AuthError::AuthExecRun { cmd: "PASS=secret aws".into(), out: Box::new(out) }, "aws");
        let want = "the credential plugin `aws` of the kubeconfig failed (exit status: 1): session expired";
        assert_eq!(cause.message, want);
    }

    #[test]
    fn pages_that_are_no_status_are_kept_short() {
        let Failure::Refused(refusal) = refused(StatusCode::NOT_FOUND, None, b"404 page not found\n") else {
            panic!("refused");
        };
        assert_eq!(refusal.status.message, "404 page not found");
        assert!(refusal.status.details.is_none());
    }
}
