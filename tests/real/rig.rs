//! A facility like `examples/coffea-casa.yaml` under a name of its own, so that many stand on one control plane, and an
//! `afctl` that can be watched, stopped and killed while it works.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use afctl::survey;
use afctl_contract::Management;
use afctl_kubernetes::kinds;
use afctl_testbed::{ControlPlane, NodeGroup};
use serde_json::Value;
use tempfile::TempDir;

use crate::bench::{Said, read};

/// Accounts of the facility that have a namespace.
pub const ACCOUNTS: [&str; 4] = ["cms-analysis", "cms-dev", "opendata", "operations"];

pub struct Rig<'c> {
    pub cluster: &'c ControlPlane,
    pub name: String,
    pub folder: TempDir,
    pub files: Vec<String>,
}

impl<'c> Rig<'c> {
    /// A facility of this name on this cluster, and the nodes that it names.
    pub fn new(cluster: &'c ControlPlane, name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/coffea-casa.yaml");
        let mut rig = Self { cluster, name: name.to_owned(), folder, files: vec![text_of(&example)] };
        let overlay = format!(
            "metadata: {{name: {name}}}\n\
             spec:\n  nodePools:\n    flatiron: {{nodes: {{names: \"{name}-c[01-11]\"}}}}\n    \
             flatiron-gpu: {{nodes: {{names: {name}-g}}}}\n    triton: {{nodes: {{names: \"{name}-t[01-02]\"}}}}\n"
        );
        rig.overlay("named.yaml", &overlay);
        rig.lead_to(cluster.kubeconfig());
        let group = |prefix: &str, names: Vec<String>, cpu: &str| NodeGroup {
            names: names.into_iter().map(|n| format!("{name}-{prefix}{n}")).collect(),
            cpu: cpu.to_owned(),
            memory: "512Gi".to_owned(),
            ..NodeGroup::default()
        };
        let numbers = |most: usize| (1..=most).map(|n| format!("{n:02}")).collect();
        let groups = [
            group("c", numbers(11), "112"),
            group("g", vec![String::new()], "112").extra("nvidia.com/gpu", "1"),
            group("t", numbers(2), "64").extra("nvidia.com/gpu", "1"),
        ];
        cluster.add_nodes(&groups).unwrap();
        rig
    }

    /// Writes a further overlay, which holds from now on.
    pub fn overlay(&mut self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        std::fs::write(&path, text).unwrap();
        let path = text_of(&path);
        if !self.files.contains(&path) {
            self.files.push(path);
        }
    }

    /// Has the site lead to the cluster of this kubeconfig from now on.
    pub fn lead_to(&mut self, kubeconfig: &Path) {
        let way =
            format!("context: null, namespacePrefix: {}-, kubeconfig: {}", self.name, kubeconfig.display());
        let overlay = format!("spec: {{sites: {{flatiron: {{scheduler: {{kubernetes: {{{way}}}}}}}}}}}\n");
        self.overlay("here.yaml", &overlay);
    }

    pub fn namespace(&self, account: &str) -> String {
        format!("{}-{account}", self.name)
    }

    fn command(&self, command: &str, arguments: &[&str]) -> Command {
        let mut afctl = Command::new(env!("CARGO_BIN_EXE_afctl"));
        afctl.arg(command).arg(&self.files[0]);
        self.files[1..].iter().for_each(|overlay| _ = afctl.args(["--overlay", overlay]));
        afctl.args(arguments).current_dir(self.folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
        afctl
    }

    /// Runs a command to its end.
    pub fn afctl(&self, command: &str, arguments: &[&str]) -> Said {
        read(&self.command(command, arguments).output().unwrap())
    }

    pub fn apply(&self) -> Said {
        self.afctl("apply", &["--yes", "--wait", "0s"])
    }

    /// The plan as JSON.
    pub fn plan(&self, arguments: &[&str]) -> Value {
        self.afctl("plan", &[&["--output", "json"], arguments].concat()).json()
    }

    /// Begins a command that tells its events.
    pub fn begin(&self, command: &str, arguments: &[&str]) -> Running {
        let errors = self.folder.path().join("stderr");
        let mut child = self
            .command(command, &[&["--output", "json"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines, errors, events: Vec::new() }
    }

    /// The arguments that let a destroy take all data.
    pub fn all_data(&self) -> Vec<String> {
        ACCOUNTS
            .iter()
            .map(|account| format!("--delete-data=Namespace/{}", self.namespace(account)))
            .collect()
    }

    /// What is there of the facility, by its marks: `Kind/namespace/name` and UID.
    pub fn there(&self) -> BTreeMap<String, String> {
        let served = self.cluster.kubectl(&["api-resources", "-o", "name", "--cached=false"]).unwrap();
        let plurals: Vec<String> = kinds::ALL
            .iter()
            .map(|kind| format!("{}.{}", kind.plural, kind.group()).trim_end_matches('.').to_owned())
            .filter(|plural| served.lines().any(|line| line == plural))
            .collect();
        let label = format!("afctl.dev/facility={}", self.name);
        let list = self.cluster.get(&[&plurals.join(","), "-A", "-l", &label]).unwrap();
        list["items"].as_array().unwrap().iter().map(identity).collect()
    }

    /// What is to be there of the facility, by the compiler.
    pub fn wanted(&self) -> BTreeSet<String> {
        let paths: Vec<&str> = self.files.iter().map(String::as_str).collect();
        let facility = crate::bench::checked(&paths);
        let sites = survey::compile(&facility, &[]).sites;
        let all = sites.iter().flat_map(|site| site.graph.iter());
        all.filter(|resource| kinds::find(&resource.address.kind).is_some())
            .filter(|r| r.management == Management::Whole || r.address.kind == kinds::NODE.name)
            .map(|resource| {
                let address = &resource.address;
                let kind = address.kind.split('.').next().unwrap();
                format!("{kind}/{}/{}", address.namespace.as_deref().unwrap_or_default(), address.name)
            })
            .collect()
    }

    /// Everything is there once, as it is wanted, and nothing is to be done.
    #[track_caller]
    pub fn is_whole(&self) {
        let there: BTreeSet<String> = self.there().into_keys().collect();
        assert_eq!(there, self.wanted());
        let plan = self.afctl("plan", &[]).expect(0);
        assert!(plan.out.contains("nothing to do"), "{}", plan.out);
    }
}

fn text_of(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

pub fn identity(item: &Value) -> (String, String) {
    let metadata = &item["metadata"];
    let namespace = metadata["namespace"].as_str().unwrap_or_default();
    let name =
        format!("{}/{namespace}/{}", item["kind"].as_str().unwrap(), metadata["name"].as_str().unwrap());
    (name, metadata["uid"].as_str().unwrap().to_owned())
}

/// An `afctl` at work.
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    errors: PathBuf,
    pub events: Vec<Value>,
}

impl Running {
    /// How often an event was told.
    pub fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|told| told["event"] == event).count()
    }

    /// Reads on until an event was told so often, or `afctl` ends; whether it was.
    pub fn read_until(&mut self, event: &str, times: usize) -> bool {
        while self.count(event) < times {
            let Some(line) = self.lines.next() else { return false };
            // Of a plan that is printed before the events, only these are of interest.
            self.events.extend(
                serde_json::from_str::<Value>(&line.unwrap()).ok().filter(|v| v["event"].is_string()),
            );
        }
        true
    }

    /// What it has said to people so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap()
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Ends it at once; what it did to the end is read nevertheless.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.read_until("never", 1);
        self.child.wait().unwrap();
    }

    /// Waits for its end and gives its exit code.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        self.read_until("never", 1);
        let mut code = None;
        eventually("its end", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind; one that is over already is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(90);
    while !done() {
        assert!(Instant::now() < end, "{what} did not come about");
        std::thread::sleep(Duration::from_millis(100));
    }
}
