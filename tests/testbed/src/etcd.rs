//! Where etcd comes from: the machine's own, else Debian's or Ubuntu's package, unpacked and not installed.
//!
//! Guarantees that no service is started and nothing outside the given folder is changed. Assumes that the package
//! `etcd-server` holds `usr/bin/etcd`, as it does in Debian 12 and Ubuntu 24.04.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::recipe::run;

/// Puts `etcd` into the folder.
pub(crate) fn provide(into: &Path, say: &dyn Fn(&str)) -> Result<()> {
    let target = into.join("etcd");
    if let Some(found) = on_path("etcd") {
        return fs::copy(&found, &target).map(drop).map_err(Error::io(format!("copy {}", found.display())));
    }
    let missing = |what: &str| Error::MissingTool {
        what: what.to_owned(),
        help: "install the package etcd-server, or put an etcd 3.4 or later on PATH".to_owned(),
    };
    if on_path("apt-get").is_none() || on_path("dpkg-deb").is_none() {
        return Err(missing("etcd"));
    }
    let work = into.join("etcd-package");
    for folder in ["lists/partial", "cache/archives/partial", "root"] {
        fs::create_dir_all(work.join(folder)).map_err(Error::io("create a folder for the etcd package"))?;
    }
    if download(&work, false).is_err() {
        say("the machine's package lists are missing or old: fetching them into the cache folder");
        run(&mut apt(&work, true, &["update"]), "fetch the package lists")?;
        download(&work, true)?;
    }
    let package = fs::read_dir(&work)
        .map_err(Error::io("list the etcd package"))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or_else(|| missing("the package etcd-server"))?;
    let root = work.join("root");
    run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&root), "unpack etcd-server")?;
    fs::copy(root.join("usr/bin/etcd"), &target).map_err(Error::io("take etcd out of its package"))?;
    fs::remove_dir_all(&work).map_err(Error::io("remove the unpacked package"))
}

fn download(work: &Path, own_lists: bool) -> Result<()> {
    run(&mut apt(work, own_lists, &["download", "etcd-server"]), "download etcd-server").map(drop)
}

/// apt-get in the work folder; with lists of its own it needs no root.
fn apt(work: &Path, own_lists: bool, args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.current_dir(work).env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    // As root, apt-get would switch to a user that may not write into the cache folder.
    command.args(["-o", "APT::Sandbox::User=root"]);
    if own_lists {
        command.arg("-o").arg(format!("Dir::State::Lists={}", work.join("lists").display()));
        command.arg("-o").arg(format!("Dir::Cache={}", work.join("cache").display()));
    }
    command.args(args);
    command
}

/// Where a program is, as a shell would find it.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| candidate.is_file())
}
