//! Where the built control plane lies, and the lock under which it is built.
//!
//! Guarantees: a folder under its final name is whole, because it is built under another name and renamed; a folder
//! built from other versions or another recipe has another name and is never taken for this one; two builds at once
//! wait for each other. Assumes that nobody edits the cache by hand.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::recipe;

/// The programs of a built control plane.
#[derive(Debug, Clone)]
pub struct Binaries {
    dir: PathBuf,
}

/// Every file that a whole cache folder has.
pub(crate) const FILES: [&str; 9] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "kwok-stages.yaml",
    "kueue-crds.json",
    "pki",
];

impl Binaries {
    /// The built control plane, or `Error::NotBuilt`; builds nothing.
    pub fn find() -> Result<Self> {
        let dir = root()?.join(recipe::name()?);
        if is_whole(&dir) { Ok(Self { dir }) } else { Err(Error::NotBuilt { looked_in: dir }) }
    }

    /// The built control plane; builds it first if it is not there, which takes minutes. `say` hears each step.
    pub fn ensure(say: &dyn Fn(&str)) -> Result<Self> {
        if let Ok(found) = Self::find() {
            return Ok(found);
        }
        let root = root()?;
        fs::create_dir_all(&root).map_err(Error::io(format!("create {}", root.display())))?;
        let lock_path = root.join("lock");
        let lock = File::create(&lock_path).map_err(Error::io(format!("create {}", lock_path.display())))?;
        if lock.try_lock().is_err() {
            say("waiting for another build of the control plane to end");
            lock.lock().map_err(Error::io(format!("lock {}", lock_path.display())))?;
        }
        if let Ok(found) = Self::find() {
            return Ok(found);
        }
        remove_leftovers(&root);
        let building = root.join(format!("building-{}", std::process::id()));
        fs::create_dir_all(&building).map_err(Error::io(format!("create {}", building.display())))?;
        recipe::build(&building, say)?;
        let dir = root.join(recipe::name()?);
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(Error::io(format!("remove the damaged {}", dir.display())))?;
        }
        fs::rename(&building, &dir).map_err(Error::io(format!("move the build to {}", dir.display())))?;
        Self::find()
    }

    /// Where a file of it lies.
    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// The folder of all.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

fn root() -> Result<PathBuf> {
    let home = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    home("AFCTL_TESTBED_CACHE")
        .or_else(|| home("XDG_CACHE_HOME").map(|cache| cache.join("afctl-testbed")))
        .or_else(|| home("HOME").map(|home| home.join(".cache/afctl-testbed")))
        .ok_or_else(|| Error::MissingTool {
            what: "a cache folder".to_owned(),
            help: "set AFCTL_TESTBED_CACHE or HOME".to_owned(),
        })
}

fn is_whole(dir: &Path) -> bool {
    FILES.iter().all(|file| fs::metadata(dir.join(file)).is_ok_and(|found| found.len() > 0))
}

/// Builds that were interrupted; safe under the lock, as no other build is running.
fn remove_leftovers(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with("building-") {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should say where it stopped")]
mod tests {
    use super::*;

    #[test]
    fn a_partial_folder_is_never_whole() {
        let dir = tempfile::tempdir().unwrap();
        for file in FILES {
            assert!(!is_whole(dir.path()), "whole without {file}");
            fs::write(dir.path().join(file), "").unwrap();
        }
        assert!(!is_whole(dir.path()), "empty files count as built");
        for file in FILES {
            fs::write(dir.path().join(file), "x").unwrap();
        }
        assert!(is_whole(dir.path()));
    }

    #[test]
    fn leftovers_go_and_builds_stay() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("building-1")).unwrap();
        fs::create_dir(root.path().join("v1.36.3-0")).unwrap();
        remove_leftovers(root.path());
        assert!(!root.path().join("building-1").exists());
        assert!(root.path().join("v1.36.3-0").exists());
    }
}
