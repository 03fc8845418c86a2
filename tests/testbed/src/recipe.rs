//! How the control plane is built: everything with Go, from the modules in `tests/controlplane`.
//!
//! Guarantees: needs no root, installs nothing and starts no service; uses exactly the versions that the modules pin.
//! Assumes Go and its module proxy.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use serde_json::Value;

use crate::error::{Error, Result, tail};

/// Raise it when the same sources are to be built in another way.
const RECIPE: &str = "2";
const GO_MINOR: u32 = 26;
/// All that the build reads, under `tests/controlplane`.
const SOURCES: [&str; 9] = [
    "go.mod",
    "go.sum",
    "pki/main.go",
    "etcd/go.mod",
    "etcd/go.sum",
    "kwok/go.mod",
    "kwok/go.sum",
    "kueue/go.mod",
    "kueue/go.sum",
];

/// The folder name of what this recipe builds: the Kubernetes version, and a digest of everything that goes in.
pub(crate) fn name() -> Result<String> {
    let mut digest = Digest::new();
    digest.add(RECIPE.as_bytes());
    for file in SOURCES {
        let path = sources().join(file);
        digest.add(&fs::read(&path).map_err(Error::io(format!("read {}", path.display())))?);
    }
    Ok(format!("{}-{:08x}", kubernetes_version()?, digest.0 >> 32))
}

/// Builds all of `cache::FILES` into an empty folder.
pub(crate) fn build(into: &Path, say: &dyn Fn(&str)) -> Result<()> {
    check_go()?;
    let version = kubernetes_version()?;
    step(say, "fetch Kueue's definitions", || kueue(into))?;
    step(say, "build the certificate helper", || go_build(&sources(), into, "-s -w", &["./pki"]))?;
    step(say, "build etcd", || {
        go_build(&sources().join("etcd"), &into.join("etcd"), "-s -w", &["go.etcd.io/etcd/server/v3"])
    })?;
    step(say, "build kwok", || {
        go_build(&sources().join("kwok"), into, "-s -w", &["sigs.k8s.io/kwok/cmd/kwok"])?;
        kwok_stages(into)
    })?;
    step(say, &format!("build Kubernetes {version} (5 to 15 minutes the first time)"), || {
        let flags = format!("-s -w -X k8s.io/component-base/version.gitVersion={version}");
        go_build(
            &sources(),
            into,
            &flags,
            &[
                "k8s.io/kubernetes/cmd/kube-apiserver",
                "k8s.io/kubernetes/cmd/kube-controller-manager",
                "k8s.io/kubernetes/cmd/kube-scheduler",
                "k8s.io/kubernetes/cmd/kubectl",
            ],
        )
    })?;
    step(say, "read Kueue's definitions", || kueue_as_json(into))
}

fn step(say: &dyn Fn(&str), what: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    say(&format!("{what} …"));
    let begun = Instant::now();
    run()?;
    say(&format!("{what}: {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../controlplane")
}

fn kubernetes_version() -> Result<String> {
    let path = sources().join("go.mod");
    let text = fs::read_to_string(&path).map_err(Error::io(format!("read {}", path.display())))?;
    text.lines()
        .map(|line| line.trim_start_matches("require ").trim())
        .find_map(|line| line.strip_prefix("k8s.io/kubernetes "))
        .map(|version| version.split_whitespace().next().unwrap_or(version).to_owned())
        .ok_or_else(|| Error::Unreadable {
            what: path.display().to_string(),
            why: "it requires no k8s.io/kubernetes".to_owned(),
        })
}

fn check_go() -> Result<()> {
    let help = format!(
        "install Go 1.{GO_MINOR} or later and put it on PATH; the control plane that the tests run against is built with it"
    );
    let found = Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
    let version = match found {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => return Err(Error::MissingTool { what: "Go".to_owned(), help }),
    };
    if go_is_enough(&version) {
        Ok(())
    } else {
        Err(Error::MissingTool { what: format!("Go 1.{GO_MINOR} (found {version})"), help })
    }
}

fn go_is_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches("go").split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next().and_then(|part| part.parse::<u32>().ok()).unwrap_or(0);
    (next(), next()) >= (1, GO_MINOR)
}

fn go(module: &Path) -> Command {
    let mut command = Command::new("go");
    // What a person has set for their own projects must not change what is built here.
    command
        .current_dir(module)
        .env("GOFLAGS", "-mod=readonly")
        .env("GOWORK", "off")
        .env("GOTOOLCHAIN", "local");
    command.env("CGO_ENABLED", "0");
    command
}

fn go_build(module: &Path, into: &Path, ldflags: &str, packages: &[&str]) -> Result<()> {
    let mut command = go(module);
    command
        .args(["build", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o"])
        .arg(into)
        .args(packages);
    run(&mut command, &format!("build {}", packages.join(", "))).map(drop)
}

/// The folder of a module at the version that `module`'s go.mod requires.
fn module_dir(module: &Path, path: &str) -> Result<PathBuf> {
    let mut command = go(module);
    command.args(["mod", "download", "-json", path]);
    let output = run(&mut command, &format!("download {path}"))?;
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(Error::unreadable("Go's answer"))?;
    answer["Dir"].as_str().map(PathBuf::from).ok_or_else(|| Error::Build {
        step: format!("download {path}"),
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
    })
}

/// kwok's own fast stages as one file: nodes become Ready at once, pods run at once, deleted pods go.
fn kwok_stages(into: &Path) -> Result<()> {
    let stages = module_dir(&sources().join("kwok"), "sigs.k8s.io/kwok")?.join("kustomize/stage");
    let mut text = String::new();
    for file in
        ["node/fast/node-initialize", "pod/fast/pod-ready", "pod/fast/pod-complete", "pod/fast/pod-delete"]
    {
        let path = stages.join(file).with_extension("yaml");
        text.push_str("---\n");
        text.push_str(&fs::read_to_string(&path).map_err(Error::io(format!("read {}", path.display())))?);
        text.push('\n');
    }
    fs::write(into.join("kwok-stages.yaml"), text).map_err(Error::io("write kwok's stages"))
}

fn kueue(into: &Path) -> Result<()> {
    let bases =
        module_dir(&sources().join("kueue"), "sigs.k8s.io/kueue")?.join("config/components/crd/bases");
    let copy = into.join("kueue-crds");
    fs::create_dir_all(&copy).map_err(Error::io("create the folder of Kueue's definitions"))?;
    let entries = fs::read_dir(&bases).map_err(Error::io(format!("list {}", bases.display())))?;
    for entry in entries.flatten() {
        fs::copy(entry.path(), copy.join(entry.file_name()))
            .map_err(Error::io("copy Kueue's definitions"))?;
    }
    Ok(())
}

fn kueue_as_json(into: &Path) -> Result<()> {
    let definitions = crate::crds::read(&into.join("kubectl"), &into.join("kueue-crds"))?;
    let text = serde_json::to_vec(&definitions).map_err(Error::unreadable("Kueue's definitions"))?;
    fs::write(into.join("kueue-crds.json"), text).map_err(Error::io("write Kueue's definitions"))
}

/// Runs a command to its end; its output comes along if it fails.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<Output> {
    let output = command.output().map_err(Error::io(what.to_owned()))?;
    if output.status.success() {
        return Ok(output);
    }
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Error::Build { step: what.to_owned(), output: tail(&said) })
}

/// FNV-1a: tells recipes apart, the same in every build of this crate; nothing here is secret.
struct Digest(u64);

impl Digest {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]
mod tests {
    use super::*;

    #[test]
    fn go_versions_compare_by_number() {
        assert!(go_is_enough("go1.26.8"));
        assert!(go_is_enough("go1.100"));
        assert!(go_is_enough("go1.26rc1"));
        assert!(!go_is_enough("go1.9.7"));
        assert!(!go_is_enough("go1.25.9"));
        assert!(!go_is_enough("devel"));
    }

    #[test]
    fn the_folder_is_named_after_the_kubernetes_version() {
        let name = name().unwrap();
        assert!(name.starts_with("v1."), "{name}");
        assert_eq!(name, super::name().unwrap());
    }
}
