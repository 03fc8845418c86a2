//! A real API server takes the custom resource definition, every example and every valid case, and refuses what is
//! structurally wrong.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use afctl::source::{as_object, crd, load};
use afctl_contract::language::Spec;
use afctl_testbed::ControlPlane;
use serde_json::Value;

/// What is wrong in a way that a structural schema can say. (A field that may be bare or a mapping is open there.)
const REFUSED: &[&str] = &[
    "snake_case",
    "misspelt",
    "belongs_one_level_in",
    "missing_keys",
    "no_kind",
    "two_kinds",
    "setting_beside_kind",
    "unknown_word",
    "unknown_word_in_list",
    "unknown_kind",
    "kind_as_text",
    "list_for_names",
    "single_for_list",
    "yes_is_text",
    "out_of_range",
    "empty_list",
    "bad_address",
    "empty_reason",
    "number_for_text",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    files
}

/// The file as an object with a name of its own.
fn object(file: &Path, name: &str) -> Value {
    let reading = load(&[file.to_str().expect("paths here are UTF-8")]);
    let mut object = as_object(&reading.value);
    object["metadata"]["name"] = Value::from(name.replace('_', "-"));
    object
}

fn create(cluster: &ControlPlane, object: &Value) -> Result<String, afctl_testbed::Error> {
    let args = ["create", "--validate=strict", "--dry-run=server", "-n", "strawmen", "-f", "-"];
    cluster.kubectl_with_input(&args, &object.to_string())
}

fn has_strawman(object: &Value) -> bool {
    object["kind"] == "Strawman"
}

#[test]
fn real_crd_takes_strawmen_and_refuses_others() {
    if !afctl_testbed::wanted("real_crd") {
        return;
    }
    let cluster = afctl_testbed::shared();
    cluster.kubectl(&["create", "namespace", "strawmen"]).expect("a namespace can be made");
    let made = cluster.kubectl_with_input(&["create", "--validate=strict", "-f", "-"], &crd().to_string());
    made.expect("the API server takes the definition");
    let established = ["wait", "--for=condition=Established", "--timeout=30s", "crd/strawmen.afctl.dev"];
    cluster.kubectl(&established).expect("it is established");
    let problems =
        cluster.get(&["crd", "strawmen.afctl.dev"]).expect("it can be read")["status"]["conditions"].clone();
    let text = problems.to_string();
    assert!(!text.contains("NonStructuralSchema"), "{text}");

    let first = object(&root().join("examples/quickstart.yaml"), "first");
    let start = Instant::now();
    // The server publishes the new kind a moment after it is established.
    while let Err(error) = create(cluster, &first) {
        assert!(start.elapsed() < Duration::from_secs(30), "{error}");
        std::thread::sleep(Duration::from_millis(200));
    }

    let mut taken = 0;
    for folder in ["examples", "specs"] {
        for file in yaml_files(folder) {
            let object = object(&file, "example");
            if has_strawman(&object) {
                create(cluster, &object).unwrap_or_else(|e| panic!("{} is refused: {e}", file.display()));
                taken += 1;
            }
        }
    }
    assert!(taken >= 3, "only {taken} examples were found");
    // What afctl finds nothing wrong with, the server takes.
    for file in yaml_files("tests/diagnostics/structure") {
        let reading = load(&[file.to_str().expect("paths here are UTF-8")]);
        if !reading.diagnostics.has_errors() {
            let object = object(&file, "valid");
            create(cluster, &object).unwrap_or_else(|e| panic!("{} is refused: {e}", file.display()));
        }
    }
    for name in REFUSED {
        let file = root().join(format!("tests/diagnostics/structure/{name}.yaml"));
        assert!(file.exists(), "{name} is not there");
        let refused = create(cluster, &object(&file, name));
        assert!(refused.is_err(), "{name} should be refused: {refused:?}");
        let why = refused.err().map(|e| e.to_string()).unwrap_or_default();
        assert!(
            why.contains("Strawman") || why.contains("strawman") || why.contains("strict decoding"),
            "{name}: {why}"
        );
    }
    // It can serve as the parent of an apply set, and has a status of its own.
    cluster
        .kubectl_with_input(&["create", "-n", "strawmen", "-f", "-"], &first.to_string())
        .expect("it can be kept");
    let patch = r#"{"status": {"phase": "Applied", "sites": {"a": {"waiting": 1}}}}"#;
    let patched =
        ["patch", "straw", "first", "-n", "strawmen", "--subresource=status", "--type=merge", "-p", patch];
    cluster.kubectl(&patched).expect("status can be written");
    let kept = cluster.get(&["strawmen", "first", "-n", "strawmen"]).expect("it can be read");
    assert_eq!(kept["status"]["sites"]["a"]["waiting"], 1);
    let spec =
        |object: &Value| serde_json::from_value::<Spec>(object["spec"].clone()).expect("it is a strawman");
    assert_eq!(spec(&kept), spec(&first), "the server changes nothing in it");
}
