//! The servers as processes: start, stop, freeze, and be gone when the test is.
//!
//! Guarantees: only processes that this crate started are signalled. A `Reaper` outlives the test process by a moment,
//! however that ends, and kills what it left. Assumes Linux: the reaper finds its processes by their working folder in
//! `/proc`, a folder that nobody else has.

use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::error::{Error, Result, tail};

/// A server of the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The database under the API server.
    Etcd,
    /// The API server.
    ApiServer,
    /// The controllers: garbage collection, quota, service accounts and so on.
    ControllerManager,
    /// The scheduler.
    Scheduler,
    /// Plays the kubelets.
    Kwok,
}

impl Component {
    /// The name of its program.
    pub fn program(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Kwok => "kwok",
        }
    }
}

/// The folders of one control plane.
#[derive(Debug, Clone)]
pub(crate) struct RunDir {
    pub(crate) root: PathBuf,
}

impl RunDir {
    pub(crate) fn create() -> Result<Self> {
        let root = tempfile::Builder::new()
            .prefix("afctl-testbed-")
            .tempdir()
            .map_err(Error::io("create a folder for the control plane"))?
            .keep();
        for folder in ["cwd", "log", "pki", "etcd", "kubectl-cache"] {
            fs::create_dir(root.join(folder))
                .map_err(Error::io(format!("create {folder} in {}", root.display())))?;
        }
        Ok(Self { root })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn log(&self, component: Component) -> PathBuf {
        self.root.join("log").join(format!("{}.log", component.program()))
    }
}

/// A server, running or not, that can be started again in the same way.
#[derive(Debug)]
pub(crate) struct Server {
    component: Component,
    program: PathBuf,
    args: Vec<String>,
    run_dir: RunDir,
    child: Option<Child>,
}

impl Server {
    pub(crate) fn new(component: Component, program: PathBuf, args: Vec<String>, run_dir: &RunDir) -> Self {
        Self { component, program, args, run_dir: run_dir.clone(), child: None }
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        if self.is_running() {
            return Ok(());
        }
        let path = self.run_dir.log(self.component);
        let open = || OpenOptions::new().create(true).append(true).open(&path);
        let log: File = open().map_err(Error::io(format!("open {}", path.display())))?;
        let errors = log.try_clone().map_err(Error::io(format!("open {}", path.display())))?;
        let child = Command::new(&self.program)
            .args(&self.args)
            .current_dir(self.run_dir.path("cwd"))
            .env_clear()
            .env("HOME", self.run_dir.path("cwd"))
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            // Away from the terminal's Ctrl-C: the reaper ends them, all at once.
            .process_group(0)
            .spawn()
            .map_err(Error::io(format!("start {}", self.program.display())))?;
        self.child = Some(child);
        Ok(())
    }

    /// Whether the process is there (a frozen one is).
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends it at once, without a chance to say goodbye.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Sends `STOP` or `CONT`.
    pub(crate) fn signal(&mut self, signal: &str) -> Result<()> {
        let running = self.is_running();
        let Some(pid) = self.child.as_ref().filter(|_| running).map(|child| child.id().to_string()) else {
            return Err(self.failure("is not running"));
        };
        let doing = format!("send {signal} to {}", self.component.program());
        let status = Command::new("sh")
            .args(["-c", "kill -\"$1\" \"$2\"", "sh", signal, &pid])
            .status()
            .map_err(Error::io(doing.clone()))?;
        if status.success() { Ok(()) } else { Err(self.failure(&format!("could not {doing}"))) }
    }

    /// An error with the end of the server's log.
    pub(crate) fn failure(&self, why: &str) -> Error {
        let log = fs::read(self.run_dir.log(self.component)).unwrap_or_default();
        Error::Server {
            component: self.component.program().to_owned(),
            why: why.to_owned(),
            log: tail(&String::from_utf8_lossy(&log)),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A shell that waits for the end of its standard input, then kills what still runs in the folder and removes it.
#[derive(Debug)]
pub(crate) struct Reaper {
    child: Child,
}

const REAPER: &str = r#"
trap '' INT TERM HUP
read -r _
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/cwd" 2>/dev/null)" = "$1/cwd" ] && kill -9 "${process#/proc/}" 2>/dev/null
done
[ -n "$2" ] && exit 0
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" 2>/dev/null && break; sleep 0.1; done
"#;

impl Reaper {
    pub(crate) fn watch(run_dir: &Path, keep: bool) -> Result<Self> {
        let child = Command::new("sh")
            .args(["-c", REAPER, "afctl-testbed-reaper"])
            .arg(run_dir)
            .arg(if keep { "keep" } else { "" })
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(Error::io("start the shell that cleans up after the control plane"))?;
        Ok(Self { child })
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
