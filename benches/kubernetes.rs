//! How long `afctl` takes over a thousand objects, beside what `kubectl` takes for less or the same on the same cluster.
//!
//! `cargo bench --bench kubernetes` starts control planes of its own and prints a table. Each figure is the median of
//! its runs; what changes the cluster is run once on each of several fresh control planes. With `AFCTL` set to the path of
//! another `afctl`, that one is measured.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should say where it stopped")]

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use afctl_testbed::{Binaries, ControlPlane, NodeGroup, Options};
use tempfile::TempDir;

const ACCOUNTS: usize = 100;
/// Runs of what leaves the cluster as it is.
const LOOKS: usize = 7;
/// Fresh control planes for what fills one.
const FILLS: usize = 3;
const LABEL: &str = "afctl.dev/facility=thousand";
const KINDS: &str = "namespaces,resourcequotas,limitranges,roles,rolebindings,networkpolicies,priorityclasses,\
    storageclasses,persistentvolumes,persistentvolumeclaims,configmaps,resourceflavors.kueue.x-k8s.io,\
    cohorts.kueue.x-k8s.io,clusterqueues.kueue.x-k8s.io,localqueues.kueue.x-k8s.io,\
    workloadpriorityclasses.kueue.x-k8s.io";

/// A facility of many small accounts.
fn strawman(kubeconfig: &Path) -> String {
    let mut text = format!(
        "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {{name: thousand, asOf: 2026-11}}\nspec:\n  \
         topology: single-site\n  sites:\n    here: {{scheduler: {{kubernetes: {{kueue: true, kubeconfig: {}}}}}}}\n  \
         nodePools:\n    cpu: {{site: here, nodes: {{selector: {{pool: cpu}}, count: 4}}, cores: 64, memory: 256GiB}}\n  \
         queues:\n    batch: {{pools: [cpu], default: true}}\n  accounts:\n",
        kubeconfig.display()
    );
    for n in 0..ACCOUNTS {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "    group-{n:03}: {{fairShare: 1, members: {{idpGroup: group-{n:03}}}, quota: {{cpu: 16, memory: 64GiB}}}}"
        );
    }
    text
}

struct Measured {
    cluster: ControlPlane,
    folder: TempDir,
}

impl Measured {
    fn new() -> Self {
        let nodes = vec![NodeGroup::new("cpu", 4, "64", "256Gi").label("pool", "cpu")];
        let options = Options { nodes, kueue_crds: true, ..Options::default() };
        let cluster = ControlPlane::start(&options).unwrap();
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("thousand.yaml"), strawman(cluster.kubeconfig())).unwrap();
        let measured = Self { cluster, folder };
        measured.run(afctl(&["compile", "thousand.yaml", "-o", "out"]), &[0]);
        measured
    }

    fn kubectl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(Binaries::find().unwrap().path("kubectl"));
        let cache = self.folder.path().join("cache");
        command.args(arguments).env("KUBECONFIG", self.cluster.kubeconfig()).env("KUBECACHEDIR", cache);
        command
    }

    /// Runs a program to its end, which must be one of these, and gives the time it took.
    fn run(&self, mut command: Command, codes: &[i32]) -> Duration {
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begun = Instant::now();
        let output = command.output().unwrap();
        let took = begun.elapsed();
        let code = output.status.code().unwrap_or(-1);
        assert!(codes.contains(&code), "{command:?}: {code}\n{}", String::from_utf8_lossy(&output.stderr));
        eprintln!("{:8.2} s  {command:?}", took.as_secs_f64());
        took
    }

    fn objects(&self) -> usize {
        let list = self.cluster.get(&[KINDS, "-A", "-l", LABEL]).unwrap();
        list["items"].as_array().unwrap().len()
    }
}

fn afctl(arguments: &[&str]) -> Command {
    let program = std::env::var("AFCTL").unwrap_or_else(|_| env!("CARGO_BIN_EXE_afctl").to_owned());
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn several(times: usize, mut run: impl FnMut() -> Duration) -> Duration {
    median((0..times).map(|_| run()).collect())
}

fn row(what: &str, took: Duration, floors: &[(&str, Duration)]) {
    let ratios: Vec<String> = floors
        .iter()
        .map(|(name, floor)| format!("{:.2} of {name}", took.as_secs_f64() / floor.as_secs_f64()))
        .collect();
    println!("| {what} | {:.2} s | {} |", took.as_secs_f64(), ratios.join(", "));
}

fn main() {
    if !afctl_testbed::wanted("the benchmark kubernetes") {
        return;
    }
    let server_side = ["apply", "--server-side", "--field-manager=afctl", "-R", "-f", "out"];
    let (mut by_afctl, mut by_kubectl) = (Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..FILLS {
        drop(last.take());
        let measured = Measured::new();
        by_kubectl.push(measured.run(measured.kubectl(&server_side), &[0]));
        drop(measured);
        let measured = Measured::new();
        let apply = afctl(&["apply", "thousand.yaml", "--yes", "--wait", "0s"]);
        by_afctl.push(measured.run(apply, &[0]));
        last = Some(measured);
    }
    let measured = last.unwrap();
    let objects = measured.objects();
    assert!(objects >= 1000, "{objects} objects");

    let plan = several(LOOKS, || measured.run(afctl(&["plan", "thousand.yaml"]), &[0]));
    let again =
        several(LOOKS, || measured.run(afctl(&["apply", "thousand.yaml", "--yes", "--wait", "0s"]), &[0]));
    let get = several(LOOKS, || {
        measured.run(measured.kubectl(&["get", KINDS, "-A", "-l", LABEL, "-o", "json"]), &[0])
    });
    let diff = several(3, || {
        let diff = ["diff", "--server-side", "--field-manager=afctl", "-R", "-f", "out"];
        measured.run(measured.kubectl(&diff), &[0])
    });
    let apply_again = several(3, || measured.run(measured.kubectl(&server_side), &[0]));
    let (fill, floor) = (median(by_afctl), median(by_kubectl));

    println!("{objects} objects in {} namespaces\n", ACCOUNTS + 1);
    println!("| what | time | beside |\n|---|---|---|");
    row("`kubectl get` of the same kinds by label", get, &[]);
    row("`kubectl diff --server-side`, nothing to do", diff, &[]);
    row("`kubectl apply --server-side`, nothing to do", apply_again, &[]);
    row("`afctl plan`, nothing to do", plan, &[("get", get), ("diff", diff)]);
    row("`afctl apply`, nothing to do", again, &[("get", get), ("kubectl apply", apply_again)]);
    row("`kubectl apply --server-side` from empty", floor, &[]);
    row("`afctl apply` from empty", fill, &[("kubectl apply", floor)]);
}
