//! Whether this run has a testbed, and one control plane that the tests of a process share.
//!
//! Guarantees that with `AFCTL_TESTBED=1` no test is skipped for want of a testbed, and that a test that is skipped says
//! so on standard error, where the test runner does not swallow it.

use std::io::Write;
use std::sync::OnceLock;

use crate::cache::Binaries;
use crate::control_plane::{ControlPlane, KUBECONFIG_VARIABLE};
use crate::options::{NodeGroup, Options};

/// `1`: the testbed must be there. `0`: leave out the tests that need it. Otherwise: use it if it is built.
pub const WANTED_VARIABLE: &str = "AFCTL_TESTBED";

/// Whether a test that needs the testbed is to run. Begin such a test with
/// `if !afctl_testbed::wanted("its name") { return; }`.
pub fn wanted(test: &str) -> bool {
    let set = std::env::var(WANTED_VARIABLE).unwrap_or_default();
    let why = match set.as_str() {
        "1" => return true,
        "0" => format!("{WANTED_VARIABLE}=0"),
        _ if std::env::var_os(KUBECONFIG_VARIABLE).is_some() => return true,
        _ => match Binaries::find() {
            Ok(_) => return true,
            Err(error) => error.to_string(),
        },
    };
    // Not eprintln!, which the test runner keeps to itself.
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {why}");
    false
}

/// A control plane that all tests of this process share, started at the first call: with Kueue's definitions, an audit
/// log, eight CPU nodes (`cpu-0` to `cpu-7`, label `pool=cpu`) and four GPU nodes (`gpu-0` to `gpu-3`, label `pool=gpu`,
/// four `nvidia.com/gpu` each). Tests keep apart by namespace, and leave its servers running.
///
/// # Panics
/// If it cannot be started: a test that got this far needs it.
pub fn shared() -> &'static ControlPlane {
    static SHARED: OnceLock<ControlPlane> = OnceLock::new();
    SHARED.get_or_init(|| {
        let given = std::env::var_os(KUBECONFIG_VARIABLE).is_some();
        let options =
            if given { Options { kueue_crds: true, ..Options::default() } } else { shared_options() };
        ControlPlane::start(&options).unwrap_or_else(|error| panic!("the shared control plane: {error}"))
    })
}

fn shared_options() -> Options {
    Options {
        nodes: vec![
            NodeGroup::new("cpu", 8, "64", "256Gi").label("pool", "cpu"),
            NodeGroup::new("gpu", 4, "64", "512Gi").label("pool", "gpu").extra("nvidia.com/gpu", "4"),
        ],
        kueue_crds: true,
        audit: true,
        ..Options::default()
    }
}
