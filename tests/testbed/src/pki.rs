//! Keys, certificates and kubeconfigs of one control plane.
//!
//! Guarantees that a kubeconfig is whole in itself (it can be copied anywhere) and that keys are readable by the owner
//! only. Assumes the certificate helper of `tests/controlplane/pki`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::error::{Error, Result};
use crate::recipe::run;

/// The authority of one control plane.
#[derive(Debug)]
pub(crate) struct Pki {
    helper: PathBuf,
    dir: PathBuf,
}

impl Pki {
    pub(crate) fn create(helper: PathBuf, dir: PathBuf) -> Result<Self> {
        run(Command::new(&helper).arg("init").arg(&dir), "make the control plane's certificates")?;
        Ok(Self { helper, dir })
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.dir.join(file).display().to_string()
    }

    /// A kubeconfig for a user in groups, by a client certificate.
    pub(crate) fn kubeconfig(&self, server: &str, name: &str, groups: &[&str], to: &Path) -> Result<()> {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:@".contains(c)) {
            return Err(Error::Unsupported {
                what: format!("a user called {name:?}"),
                why: "its certificate is a file of that name: letters, digits and -_.:@ only".to_owned(),
            });
        }
        let mut command = Command::new(&self.helper);
        command.arg("user").arg(&self.dir).arg(name).args(groups);
        run(&mut command, &format!("make a certificate for {name}"))?;
        let read = |file: String| -> Result<String> {
            let path = self.dir.join(file);
            let bytes = fs::read(&path).map_err(Error::io(format!("read {}", path.display())))?;
            Ok(STANDARD.encode(bytes))
        };
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "testbed", "cluster": {
                "server": server, "certificate-authority-data": read("ca.crt".to_owned())?}}],
            "users": [{"name": name, "user": {
                "client-certificate-data": read(format!("{name}.crt"))?,
                "client-key-data": read(format!("{name}.key"))?}}],
            "contexts": [{"name": "testbed", "context": {"cluster": "testbed", "user": name}}],
            "current-context": "testbed",
        });
        write_private(to, &format!("{config:#}\n"))
    }
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let doing = || format!("write {}", path.display());
    let mut options = fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(Error::io(doing()))?;
    file.write_all(text.as_bytes()).map_err(Error::io(doing()))
}
