//! The control plane of these tests, and `afctl` on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use afctl::{check, source, survey};
use afctl_contract::Facility;
use afctl_testbed::{ControlPlane, NodeGroup, Options};
use serde_json::Value;
use tempfile::TempDir;

/// A facility of `examples/`, checked.
pub fn facility(name: &str) -> Facility {
    checked(&[example(name).to_str().unwrap()])
}

/// A facility of files that are merged, checked.
pub fn checked(paths: &[&str]) -> Facility {
    let reading = source::load(paths);
    let strawman = reading.strawman.unwrap_or_else(|| panic!("{paths:?}: {:?}", reading.diagnostics));
    let findings = check::check(&strawman, &reading.sources);
    Facility::admit(strawman, reading.sources, &findings).unwrap_or_else(|| panic!("{paths:?}: {findings:?}"))
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{name}.yaml"))
}

/// The nodes that a facility's Kubernetes sites have without afctl.
fn nodes(facility: &Facility) -> Vec<NodeGroup> {
    let mut groups = Vec::new();
    for site in survey::compile(facility, &[]).sites {
        for (address, node) in site.entry.backend.given(facility, &site.name) {
            let capacity = &node["status"]["capacity"];
            let mut group = NodeGroup {
                names: vec![address.name],
                cpu: capacity["cpu"].as_str().unwrap().to_owned(),
                memory: capacity["memory"].as_str().unwrap().to_owned(),
                ..NodeGroup::default()
            };
            for (resource, quantity) in capacity.as_object().unwrap() {
                if resource.contains('/') {
                    group.extra.insert(resource.clone(), quantity.as_str().unwrap().to_owned());
                }
            }
            groups.push(group);
        }
    }
    groups
}

/// A control plane with the nodes of a facility, a hundred others, Kueue's definitions and an audit log.
fn start(mut nodes: Vec<NodeGroup>) -> ControlPlane {
    nodes.push(NodeGroup::new("other", 100, "32", "128Gi").label("whose", "others"));
    let options = Options { nodes, kueue_crds: true, audit: true, ..Options::default() };
    ControlPlane::start(&options).unwrap_or_else(|error| panic!("{error}"))
}

/// `afctl` on one facility, on a control plane and in a folder of its own.
pub struct Bench {
    pub cluster: ControlPlane,
    pub folder: TempDir,
    strawman: PathBuf,
    overlay: PathBuf,
}

/// What `afctl` said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// What a program that has ended said.
pub fn read(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Said {
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

impl Bench {
    /// A facility of `examples/`; its sites lead to the cluster.
    pub fn new(name: &str) -> Self {
        let facility = facility(name);
        let sites: Vec<String> =
            survey::compile(&facility, &[]).sites.into_iter().map(|site| site.name).collect();
        Self::of(example(name), &sites, start(nodes(&facility)))
    }

    fn of(strawman: PathBuf, sites: &[String], cluster: ControlPlane) -> Self {
        let folder = TempDir::new().unwrap();
        let overlay = folder.path().join("here.yaml");
        let way = format!("{{context: null, kubeconfig: {}}}", cluster.kubeconfig().display());
        let text: Vec<String> =
            sites.iter().map(|site| format!("    {site}: {{scheduler: {{kubernetes: {way}}}}}\n")).collect();
        let text = text.concat();
        std::fs::write(&overlay, format!("spec:\n  sites:\n{text}")).unwrap();
        Self { cluster, folder, strawman, overlay }
    }

    /// Runs a command on the facility.
    pub fn afctl(&self, command: &str, arguments: &[&str]) -> Said {
        let overlay = self.overlay.to_str().unwrap();
        let strawman = self.strawman.to_str().unwrap();
        let mut all = vec![command, strawman, "--overlay", overlay];
        all.extend(arguments);
        self.run(&all)
    }

    /// Runs `afctl` with just these arguments.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_afctl"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        read(&output)
    }

    /// Writes a further overlay and gives its path.
    pub fn overlay(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn apply(&self) -> Said {
        self.afctl("apply", &["--yes", "--wait", "0s"])
    }

    /// The plan as JSON.
    pub fn plan(&self, arguments: &[&str]) -> Value {
        let mut all = vec!["--output", "json"];
        all.extend(arguments);
        self.afctl("plan", &all).json()
    }

    /// Addresses of a kind among the steps of a plan, as `[namespace, name]`.
    pub fn named(plan: &Value, kind: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for step in plan["steps"].as_array().unwrap() {
            let parts: Vec<&str> = step["address"].as_str().unwrap().split('/').collect();
            if parts[2] == kind {
                let namespace = if parts.len() == 5 { parts[3] } else { "" };
                found.push((namespace.to_owned(), parts[parts.len() - 1].to_owned()));
            }
        }
        found
    }
}
