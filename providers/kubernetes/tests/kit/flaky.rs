//! A way to an API server on which things go wrong when they are told to.
//!
//! The driver speaks plain HTTP to this, this to `kubectl proxy`, and that to the server. Each connection carries one
//! request, so a connection that is cut is one request that is cut.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use afctl_contract::conformance::Fault;
use afctl_kubernetes::kinds;
use afctl_testbed::{Binaries, ControlPlane};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A fault, and how many requests that it is about it lets pass.
type Armed = Arc<Mutex<Option<(Fault, usize)>>>;

/// The way.
pub struct Flaky {
    kubectl: Child,
    fault: Armed,
    folder: PathBuf,
}

impl Drop for Flaky {
    fn drop(&mut self) {
        let _ = self.kubectl.kill();
        let _ = self.kubectl.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Flaky {
    /// A way to this cluster.
    pub async fn to(cluster: &ControlPlane) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("afctl-flaky-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let kubectl =
            Binaries::find().map_or_else(|_| PathBuf::from("kubectl"), |found| found.path("kubectl"));
        let mut kubectl = Command::new(kubectl)
            .args(["proxy", "--port=0"])
            .env("KUBECONFIG", cluster.kubeconfig())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(kubectl.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let upstream = line.trim().rsplit(' ').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "flaky",
            "clusters": [{"name": "flaky", "cluster": {"server": server}}],
            "contexts": [{"name": "flaky", "context": {"cluster": "flaky"}}],
        });
        std::fs::write(folder.join("kubeconfig"), config.to_string()).unwrap();
        let fault = Arc::new(Mutex::new(None));
        let ours = fault.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, fault) = (upstream.clone(), ours.clone());
                // A client that went away is no concern of the others.
                tokio::spawn(async move { serve(client, &upstream, &fault).await.ok() });
            }
        });
        Self { kubectl, fault, folder }
    }

    /// The kubeconfig that leads this way.
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// Has a fault strike once, when this many requests that it is about have passed.
    pub fn fail_after(&self, passed: usize, fault: Fault) {
        *self.fault.lock().unwrap() = Some((fault, passed));
    }

    /// Takes back a fault that has not struck; says whether there was one.
    pub fn relent(&self) -> bool {
        self.fault.lock().unwrap().take().is_some()
    }
}

/// The fault, if it is about this request.
fn strike(line: &str, fault: &Armed) -> Option<Fault> {
    let mut armed = fault.lock().unwrap();
    let (fault, passes) = armed.as_mut()?;
    let is_about = match fault {
        Fault::Hidden(kind) => {
            let path = kinds::find(kind).map(|kind| kind.path(None)).unwrap_or_default();
            line.starts_with(&format!("GET {path}?"))
        }
        _ => !line.starts_with("GET ") && !line.contains("dryRun"),
    };
    if is_about && *passes > 0 {
        *passes -= 1;
        return None;
    }
    if is_about { armed.take().map(|(fault, _)| fault) } else { None }
}

async fn serve(mut client: TcpStream, upstream: &str, fault: &Armed) -> std::io::Result<()> {
    let mut request = Vec::new();
    let head = loop {
        if let Some(at) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).into_owned();
    let length = text
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    while request.len() < head + length.unwrap_or(0) {
        client.read_buf(&mut request).await?;
    }
    let (line, rest) = text.split_once("\r\n").unwrap();
    let struck = strike(line, fault);
    let refusal = |status: &str, code: u16| {
        let body =
            json!({"kind": "Status", "status": "Failure", "message": "so the test wants it", "code": code});
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nRetry-After: 0\r\nContent-Length: {}",
            body.len()
        );
        format!("{head}\r\n\r\n{body}")
    };
    match struck {
        Some(Fault::Throttled) => {
            return client.write_all(refusal("429 Too Many Requests", 429).as_bytes()).await;
        }
        Some(Fault::Hidden(_)) => return client.write_all(refusal("403 Forbidden", 403).as_bytes()).await,
        Some(Fault::CutBefore) => return Ok(()),
        Some(Fault::CutAfter) | None => {}
    }
    let mut server = TcpStream::connect(upstream).await?;
    server.write_all(format!("{line}\r\nConnection: close\r\n{rest}").as_bytes()).await?;
    server.write_all(&request[head..]).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if struck.is_none() {
        client.write_all(&answer).await?;
    }
    Ok(())
}
