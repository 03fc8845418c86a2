//! A control plane of our own: five processes on loopback ports in a folder of their own.
//!
//! Guarantees: after `start` the API answers and the controllers work; when the value is dropped, or the test process
//! ends in any other way, the processes and the folder are gone (the folder stays with `AFCTL_TESTBED_KEEP=1`).
//! Assumes that what it starts is not exposed: everything listens on 127.0.0.1.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::audit;
use crate::cache::Binaries;
use crate::error::{Error, Result};
use crate::kubectl::Kubectl;
use crate::nodes;
use crate::options::Options;
use crate::pki::{Pki, write_private};
use crate::process::{Component, Reaper, RunDir, Server};
use crate::wait::{Look, until};

const START_LIMIT: Duration = Duration::from_mins(2);

/// The processes and their folder.
#[derive(Debug)]
pub(crate) struct Managed {
    servers: Mutex<BTreeMap<Component, Server>>,
    kubectl: Kubectl,
    pki: Pki,
    ports: Ports,
    audit: bool,
    run_dir: RunDir,
    // Last: its end removes the folder of all the others.
    _reaper: Reaper,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    etcd: u16,
    etcd_peer: u16,
    api: u16,
}

impl Managed {
    /// Starts all and waits for it. Another process may take a port between our choosing it and the server's binding
    /// it: then all is tried again.
    pub(crate) fn start(binaries: &Binaries, options: &Options) -> Result<Self> {
        for _ in 0..3 {
            match Self::start_once(binaries, options) {
                Err(Error::Server { log, .. }) if log.contains("address already in use") => {}
                result => return result,
            }
        }
        Self::start_once(binaries, options)
    }

    fn start_once(binaries: &Binaries, options: &Options) -> Result<Self> {
        let run_dir = RunDir::create()?;
        let keep = std::env::var_os("AFCTL_TESTBED_KEEP").is_some_and(|value| value == "1");
        if keep {
            let _ = writeln!(std::io::stderr(), "testbed: keeping {}", run_dir.root.display());
        }
        let reaper = Reaper::watch(&run_dir.root, keep)?;
        let pki = Pki::create(binaries.path("pki"), run_dir.path("pki"))?;
        let ports = Ports::free()?;
        let kubectl =
            Kubectl::new(binaries.path("kubectl"), run_dir.path("kubeconfig"), run_dir.path("kubectl-cache"));
        let managed = Self {
            servers: Mutex::default(),
            kubectl,
            pki,
            ports,
            audit: options.audit,
            run_dir,
            _reaper: reaper,
        };
        managed.write_files()?;
        managed.launch(Component::Etcd, binaries, managed.etcd_args())?;
        managed.wait_ready(Component::Etcd)?;
        managed.launch(Component::ApiServer, binaries, managed.apiserver_args(options))?;
        managed.wait_ready(Component::ApiServer)?;
        managed.launch(Component::ControllerManager, binaries, managed.controller_manager_args())?;
        managed.launch(Component::Scheduler, binaries, managed.scheduler_args())?;
        managed.launch(Component::Kwok, binaries, managed.kwok_args(binaries))?;
        until("the default service account", START_LIMIT, || {
            managed.check_alive(Component::ControllerManager)?;
            managed.check_alive(Component::Kwok)?;
            let found = managed.kubectl.run(&["get", "serviceaccount", "default", "-n", "default"]);
            Ok(found.map_or_else(|error| Look::NotYet(error.to_string()), |_| Look::Done(())))
        })?;
        Ok(managed)
    }

    pub(crate) fn kubectl(&self) -> &Kubectl {
        &self.kubectl
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.run_dir.path("kubeconfig")
    }

    pub(crate) fn audit_log(&self) -> Option<PathBuf> {
        self.audit.then(|| self.run_dir.path("audit.log"))
    }

    pub(crate) fn user_kubeconfig(&self, name: &str, groups: &[&str]) -> Result<PathBuf> {
        let path = self.run_dir.path(&format!("user-{name}.kubeconfig"));
        self.pki.kubeconfig(&self.url(), name, groups, &path)?;
        Ok(path)
    }

    pub(crate) fn kill(&self, component: Component) {
        if let Some(server) = self.servers().get_mut(&component) {
            server.kill();
        }
    }

    pub(crate) fn restart(&self, component: Component) -> Result<()> {
        if let Some(server) = self.servers().get_mut(&component) {
            server.kill();
            server.start()?;
        }
        self.wait_ready(component)
    }

    pub(crate) fn signal(&self, component: Component, signal: &str) -> Result<()> {
        self.servers().get_mut(&component).map_or(Ok(()), |server| server.signal(signal))
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<Component, Server>> {
        // A panic while it was held leaves whole entries: each is only started or killed.
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch(&self, component: Component, binaries: &Binaries, args: Vec<String>) -> Result<()> {
        let mut server = Server::new(component, binaries.path(component.program()), args, &self.run_dir);
        server.start()?;
        self.servers().insert(component, server);
        Ok(())
    }

    fn check_alive(&self, component: Component) -> Result<()> {
        let mut servers = self.servers();
        let Some(server) = servers.get_mut(&component) else { return Ok(()) };
        if server.is_running() { Ok(()) } else { Err(server.failure("ended by itself")) }
    }

    fn failure(&self, component: Component, why: &str) -> Error {
        self.servers().get_mut(&component).map_or_else(
            || Error::Timeout { what: component.program().to_owned(), last: why.to_owned() },
            |server| server.failure(why),
        )
    }

    fn wait_ready(&self, component: Component) -> Result<()> {
        let ready = until(&format!("{} to be ready", component.program()), START_LIMIT, || {
            self.check_alive(component)?;
            Ok(match component {
                Component::Etcd => etcd_health(self.ports.etcd),
                Component::ApiServer => self.apiserver_ready(),
                // They answer no one: that they live is all that can be asked.
                Component::ControllerManager | Component::Scheduler | Component::Kwok => Look::Done(()),
            })
        });
        ready.map_err(|error| match error {
            Error::Timeout { last, .. } => self.failure(component, &format!("was never ready: {last}")),
            other => other,
        })
    }

    fn apiserver_ready(&self) -> Look<()> {
        // Cheaper than kubectl while nothing listens yet.
        if let Err(error) = TcpStream::connect(("127.0.0.1", self.ports.api)) {
            return Look::NotYet(error.to_string());
        }
        match self.kubectl.run(&["get", "--raw", "/readyz", "--request-timeout=5s"]) {
            Ok(_) => Look::Done(()),
            Err(error) => Look::NotYet(error.to_string()),
        }
    }

    fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.api)
    }

    fn file(&self, name: &str) -> String {
        self.run_dir.path(name).display().to_string()
    }

    fn write_files(&self) -> Result<()> {
        let masters = ["system:masters"];
        for (name, groups, file) in [
            ("admin", &masters[..], "kubeconfig"),
            ("system:kube-controller-manager", &masters[..], "controller-manager.kubeconfig"),
            ("system:kube-scheduler", &[], "scheduler.kubeconfig"),
            ("kwok", &masters[..], "kwok.kubeconfig"),
        ] {
            self.pki.kubeconfig(&self.url(), name, groups, &self.run_dir.path(file))?;
        }
        write_private(&self.run_dir.path("audit-policy.json"), audit::POLICY)
    }

    fn etcd_args(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.ports.etcd);
        let peer = format!("http://127.0.0.1:{}", self.ports.etcd_peer);
        vec![
            format!("--data-dir={}", self.file("etcd")),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=default={peer}"),
            "--log-level=warn".to_owned(),
            // Nothing here must survive the machine.
            "--unsafe-no-fsync".to_owned(),
        ]
    }

    fn apiserver_args(&self, options: &Options) -> Vec<String> {
        let mut args = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.ports.etcd),
            format!("--secure-port={}", self.ports.api),
            format!("--client-ca-file={}", self.pki.path("ca.crt")),
            format!("--tls-cert-file={}", self.pki.path("server.crt")),
            format!("--tls-private-key-file={}", self.pki.path("server.key")),
            format!("--service-account-key-file={}", self.pki.path("sa.pub")),
            format!("--service-account-signing-key-file={}", self.pki.path("sa.key")),
        ];
        args.extend(
            [
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                // A loopback address may not become an endpoint of the service `kubernetes`.
                "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--allow-privileged=true",
                "--authorization-mode=Node,RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--v=1",
            ]
            .map(str::to_owned),
        );
        let (reading, writing) = options.priority_and_fairness.unwrap_or((0, 0));
        args.push(format!("--enable-priority-and-fairness={}", options.priority_and_fairness.is_some()));
        args.push(format!("--max-requests-inflight={reading}"));
        args.push(format!("--max-mutating-requests-inflight={writing}"));
        if let Some(log) = self.audit_log() {
            args.push(format!("--audit-log-path={}", log.display()));
            args.push(format!("--audit-policy-file={}", self.file("audit-policy.json")));
            args.push("--audit-log-mode=blocking".to_owned());
            // A log that is rotated away under its reader would lose events.
            args.push("--audit-log-maxsize=0".to_owned());
        }
        args.extend(options.apiserver_args.iter().cloned());
        args
    }

    fn controller_manager_args(&self) -> Vec<String> {
        vec![
            format!("--kubeconfig={}", self.file("controller-manager.kubeconfig")),
            format!("--root-ca-file={}", self.pki.path("ca.crt")),
            format!("--service-account-private-key-file={}", self.pki.path("sa.key")),
            format!("--cluster-signing-cert-file={}", self.pki.path("ca.crt")),
            format!("--cluster-signing-key-file={}", self.pki.path("ca.key")),
            "--secure-port=0".to_owned(),
            "--leader-elect=false".to_owned(),
            // Saves four seconds of the start.
            "--use-service-account-credentials=false".to_owned(),
            // kwok sends no heartbeats, so that an idle cluster makes no noise in the audit log.
            "--node-monitor-grace-period=24h".to_owned(),
            // At its default pace it takes a minute to untaint some hundred nodes.
            "--kube-api-qps=2000".to_owned(),
            "--kube-api-burst=2000".to_owned(),
            "--v=1".to_owned(),
        ]
    }

    fn scheduler_args(&self) -> Vec<String> {
        vec![
            format!("--kubeconfig={}", self.file("scheduler.kubeconfig")),
            "--secure-port=0".to_owned(),
            "--leader-elect=false".to_owned(),
            "--kube-api-qps=2000".to_owned(),
            "--kube-api-burst=2000".to_owned(),
            "--v=1".to_owned(),
        ]
    }

    fn kwok_args(&self, binaries: &Binaries) -> Vec<String> {
        vec![
            format!("--kubeconfig={}", self.file("kwok.kubeconfig")),
            format!("--config={}", binaries.path("kwok-stages.yaml").display()),
            format!("--manage-nodes-with-annotation-selector={}={}", nodes::FAKE.0, nodes::FAKE.1),
            "--node-lease-duration-seconds=0".to_owned(),
            "--node-ip=10.1.0.1".to_owned(),
            "--cidr=10.2.0.1/16".to_owned(),
        ]
    }
}

impl Ports {
    fn free() -> Result<Self> {
        let bind = || TcpListener::bind(("127.0.0.1", 0));
        // All are held until all are chosen, so that no two are the same.
        let choose = || -> std::io::Result<Self> {
            let (etcd, etcd_peer, api) = (bind()?, bind()?, bind()?);
            let port = |held: &TcpListener| held.local_addr().map(|address| address.port());
            Ok(Self { etcd: port(&etcd)?, etcd_peer: port(&etcd_peer)?, api: port(&api)? })
        };
        choose().map_err(Error::io("find free ports"))
    }
}

/// etcd's own word on its health, asked in plain HTTP.
fn etcd_health(port: u16) -> Look<()> {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        Ok(answer) if answer.contains(r#""health":"true""#) => Look::Done(()),
        Ok(answer) => Look::NotYet(answer),
        Err(error) => Look::NotYet(error.to_string()),
    }
}
