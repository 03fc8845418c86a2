//! A Kubernetes control plane for tests: one of our own, or any cluster by its kubeconfig.
//!
//! Guarantees that what a given cluster cannot do (processes, audit log) is refused by name and never skipped. Assumes
//! that a cluster named in `AFCTL_TESTBED_KUBECONFIG` may be written to.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::audit::{self, AuditEvent, AuditMark};
use crate::cache::Binaries;
use crate::crds;
use crate::error::{Error, Result};
use crate::kubectl::{Kubectl, on_path};
use crate::managed::Managed;
use crate::nodes;
use crate::options::{NodeGroup, Options};
use crate::pki::write_private;
use crate::process::Component;
use crate::wait::{Look, until};

/// The variable that names a cluster to use instead of starting one.
pub const KUBECONFIG_VARIABLE: &str = "AFCTL_TESTBED_KUBECONFIG";

/// A control plane, there as long as this value is.
#[derive(Debug)]
pub struct ControlPlane {
    kubectl: Kubectl,
    kubeconfig: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Managed(Box<Managed>),
    Given { scratch: tempfile::TempDir },
}

impl ControlPlane {
    /// Starts a control plane (about 6 s), or takes the cluster in `AFCTL_TESTBED_KUBECONFIG`.
    pub fn start(options: &Options) -> Result<Self> {
        if let Some(kubeconfig) = std::env::var_os(KUBECONFIG_VARIABLE).filter(|value| !value.is_empty()) {
            return Self::given(PathBuf::from(kubeconfig), options);
        }
        let binaries = Binaries::find()?;
        let managed = Managed::start(&binaries, options)?;
        let kubectl = managed.kubectl().clone();
        if options.kueue_crds {
            let path = binaries.path("kueue-crds.json");
            let text = std::fs::read(&path).map_err(Error::io(format!("read {}", path.display())))?;
            let mut definitions: Vec<Value> =
                serde_json::from_slice(&text).map_err(Error::unreadable("Kueue's definitions"))?;
            crds::only_version(&mut definitions, options.kueue_api);
            crds::apply(&kubectl, &definitions)?;
        }
        nodes::add(&kubectl, &options.nodes)?;
        let kubeconfig = managed.kubeconfig();
        Ok(Self { kubectl, kubeconfig, kind: Kind::Managed(Box::new(managed)) })
    }

    fn given(kubeconfig: PathBuf, options: &Options) -> Result<Self> {
        let why = || format!("{KUBECONFIG_VARIABLE} names a cluster that was not started here");
        let refuse = |what: &str| Err(Error::Unsupported { what: what.to_owned(), why: why() });
        if !options.nodes.is_empty() {
            return refuse("fake nodes");
        }
        if options.audit {
            return refuse("an audit log");
        }
        if options.priority_and_fairness.is_some() || !options.apiserver_args.is_empty() {
            return refuse("an API server with settings of its own");
        }
        let program = Binaries::find()
            .map(|binaries| binaries.path("kubectl"))
            .ok()
            .or_else(|| on_path("kubectl"))
            .ok_or_else(|| Error::MissingTool {
                what: "kubectl".to_owned(),
                help: "put it on PATH, or run `cargo xtask testbed build`".to_owned(),
            })?;
        let scratch = tempfile::tempdir().map_err(Error::io("create a folder"))?;
        let kubectl = Kubectl::new(program, kubeconfig.clone(), scratch.path().join("kubectl-cache"));
        kubectl.run(&["get", "--raw", "/readyz"])?;
        if options.kueue_crds {
            let version = options.kueue_api.as_str();
            if let Err(error) = kubectl.run(&["get", "--raw", &format!("/apis/kueue.x-k8s.io/{version}")]) {
                return Err(Error::Unsupported {
                    what: format!("Kueue's {version}"),
                    why: format!("{}, and it does not serve that: {error}", why()),
                });
            }
        }
        Ok(Self { kubectl, kubeconfig, kind: Kind::Given { scratch } })
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl as the administrator and returns what it printed.
    pub fn kubectl(&self, args: &[&str]) -> Result<String> {
        self.kubectl.run(args)
    }

    /// Runs kubectl as the administrator with a text as standard input, for `-f -`.
    pub fn kubectl_with_input(&self, args: &[&str], input: &str) -> Result<String> {
        self.kubectl.run_with_input(args, input)
    }

    /// `kubectl get … -o json`, read.
    pub fn get(&self, what: &[&str]) -> Result<Value> {
        self.kubectl.get(what)
    }

    /// kubectl as whoever a kubeconfig says (see `user_kubeconfig`).
    pub fn kubectl_as(&self, kubeconfig: &Path) -> Kubectl {
        self.kubectl.with_kubeconfig(kubeconfig)
    }

    /// Adds fake nodes and waits until all are Ready.
    pub fn add_nodes(&self, groups: &[NodeGroup]) -> Result<()> {
        self.managed("fake nodes").and_then(|_| nodes::add(&self.kubectl, groups))
    }

    /// Applies the resource definitions in a folder and waits until they can be used. Conversion webhooks are left out.
    pub fn apply_crd_dir(&self, dir: &Path) -> Result<()> {
        let definitions = crds::read(self.kubectl.program(), dir)?;
        crds::apply(&self.kubectl, &definitions)
    }

    /// A kubeconfig for a user in groups: by a client certificate, or on a given cluster by impersonation.
    pub fn user_kubeconfig(&self, name: &str, groups: &[&str]) -> Result<PathBuf> {
        match &self.kind {
            Kind::Managed(managed) => managed.user_kubeconfig(name, groups),
            Kind::Given { scratch } => {
                let text =
                    self.kubectl.run(&["config", "view", "--raw", "--minify", "--flatten", "-o", "json"])?;
                let mut config: Value =
                    serde_json::from_str(&text).map_err(Error::unreadable("the kubeconfig"))?;
                config["users"][0]["user"]["as"] = json!(name);
                config["users"][0]["user"]["as-groups"] = json!(groups);
                let path = scratch.path().join(format!("user-{}.kubeconfig", name.replace('/', "_")));
                write_private(&path, &config.to_string())?;
                Ok(path)
            }
        }
    }

    /// Every request since the start, in the order in which they were answered.
    pub fn audit(&self) -> Result<Vec<AuditEvent>> {
        self.audit_since(AuditMark::default())
    }

    /// Every request that was answered after the mark was taken.
    pub fn audit_since(&self, mark: AuditMark) -> Result<Vec<AuditEvent>> {
        let log = self.settled_audit_log(mark)?;
        audit::read(&log, mark)
    }

    /// A position in the audit log: everything that was answered before now lies before it.
    pub fn audit_mark(&self) -> Result<AuditMark> {
        let log = self.settled_audit_log(AuditMark::default())?;
        let size = std::fs::metadata(&log).map_err(Error::io(format!("read {}", log.display())))?.len();
        Ok(AuditMark(size))
    }

    /// The writes since the mark by clients whose user agent has this in it.
    pub fn writes_by(&self, user_agent: &str, since: AuditMark) -> Result<Vec<AuditEvent>> {
        let mut events = self.audit_since(since)?;
        events.retain(|event| event.is_write() && event.user_agent.contains(user_agent));
        Ok(events)
    }

    /// Ends a server at once (`SIGKILL`), until it is restarted.
    pub fn kill(&self, component: Component) -> Result<()> {
        self.managed("a server that can be killed").map(|managed| managed.kill(component))
    }

    /// Starts a server again with the same arguments and waits for it; one that still runs is killed first.
    pub fn restart(&self, component: Component) -> Result<()> {
        self.managed("a server that can be restarted")?.restart(component)
    }

    /// Freezes a server (`SIGSTOP`): its connections stay open and nothing answers.
    pub fn pause(&self, component: Component) -> Result<()> {
        self.managed("a server that can be frozen")?.signal(component, "STOP")
    }

    /// Lets a frozen server go on (`SIGCONT`).
    pub fn resume(&self, component: Component) -> Result<()> {
        self.managed("a server that can be frozen")?.signal(component, "CONT")
    }

    /// Whether the processes are ours, so that they can be killed and the audit log read.
    pub fn is_managed(&self) -> bool {
        matches!(self.kind, Kind::Managed(_))
    }

    fn managed(&self, what: &str) -> Result<&Managed> {
        match &self.kind {
            Kind::Managed(managed) => Ok(managed),
            Kind::Given { .. } => Err(Error::Unsupported {
                what: what.to_owned(),
                why: format!("{KUBECONFIG_VARIABLE} names a cluster that was not started here"),
            }),
        }
    }

    /// The audit log, once a request made now has shown up in it.
    fn settled_audit_log(&self, from: AuditMark) -> Result<PathBuf> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let log = self.managed("an audit log")?.audit_log().ok_or_else(|| Error::Unsupported {
            what: "the audit log".to_owned(),
            why: "this control plane was started without `Options::audit`".to_owned(),
        })?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let marker = format!("{}={}-{number}-", audit::MARKER, std::process::id());
        self.kubectl.run(&["get", "--raw", &format!("/version?{marker}")])?;
        until("the audit log", Duration::from_secs(10), || {
            let found = audit::has_marker(&log, from, &marker)?;
            Ok(if found { Look::Done(()) } else { Look::NotYet(format!("no {marker}")) })
        })?;
        Ok(log)
    }
}
