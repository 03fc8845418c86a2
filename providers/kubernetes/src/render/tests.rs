//! Files that read back to what was compiled.

use super::*;
use crate::testing::compiled;

const SPEC: &str = r#"
  sites: {here: {scheduler: {kubernetes: {kueue: true}}}}
  nodePools:
    n: {site: here, nodes: {names: "c[01-60]"}, cores: 4, memory: 8GiB, labels: {"yes": "no", zone: "on", code: "010"}, taints: ["a=1e3:NoSchedule"]}
    s: {site: here, nodes: {selector: {rack: "7"}, count: 2}, cores: 4, memory: 8GiB}
  accounts:
    "n": {members: {users: ["y", "null", "0x1F", "~", "it's: #1", "1:30", "=", "-"]}}
  queues: {q: {pools: [n, s]}}
  storage: {home: {role: home, site: here, system: {nfs: {server: s, export: /home}}}}
"#;

#[test]
fn every_object_reads_back_from_the_files() {
    let all = compiled(SPEC);
    let files = render(&all.graph);
    let mut read = 0;
    for file in files.iter().filter(|file| file.text.contains("---\n")) {
        for text in file.text.split("---\n").skip(1) {
            let object: Value = serde_yaml::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
            let found = all.graph.iter().find(|r| r.desired == object);
            assert!(found.is_some(), "{text}");
            read += 1;
        }
    }
    let objects = all.graph.iter().filter(|r| !matches!(&*r.address.kind, "Node" | "NodePool")).count();
    assert_eq!(read, objects);
}

#[test]
fn what_yaml_takes_for_something_else_is_quoted() {
    let files = render(&compiled(SPEC).graph);
    let account = files.iter().find(|f| f.path == "kubernetes/accounts/n.yaml").map(|f| f.text.as_str());
    let account = account.unwrap_or_default();
    for text in ["y", "null", "0x1F", "~", "1:30", "=", "-", "n"] {
        let bare =
            account.lines().find(|line| line.trim_start_matches([' ', '-']) == format!("name: {text}"));
        assert_eq!(bare, None, "{text} must be quoted");
    }
}

#[test]
fn files_follow_in_the_order_of_need() {
    let files = render(&compiled(SPEC).graph);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "kubernetes/00-system.yaml",
            "kubernetes/20-queues.yaml",
            "kubernetes/30-volumes.yaml",
            "kubernetes/accounts/n.yaml",
            "kubernetes/nodes.sh"
        ]
    );
    let kinds: Vec<&str> = files[3].text.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(kinds.first(), Some(&"Namespace"));
}

#[test]
fn nodes_are_commands() {
    let files = render(&compiled(SPEC).graph);
    let script =
        files.iter().find(|f| f.path.ends_with("nodes.sh")).map(|f| f.text.as_str()).unwrap_or_default();
    let lines: Vec<&str> = script.lines().filter(|line| line.starts_with("kubectl")).collect();
    // 60 nodes in two lots of labels, taints and the annotation; the selector's labels.
    assert_eq!(lines.len(), 7, "{script}");
    assert!(lines[0].starts_with("kubectl label nodes c01 c02 "));
    assert!(lines[0].ends_with(
        "--overwrite afctl.dev/facility=af afctl.dev/site=here afctl.dev/pool=n yes=no zone=on code=010"
    ));
    assert!(lines[1].ends_with(" --overwrite a=1e3:NoSchedule"));
    assert!(script.contains("kubectl label nodes -l rack=7 --overwrite"));
}

#[test]
fn odd_texts_are_quoted_for_the_shell() {
    assert_eq!(quoted("a=b"), "a=b");
    assert_eq!(quoted("it's"), r"'it'\''s'");
    assert_eq!(quoted(""), "''");
    assert_eq!(quoted("$(x)"), "'$(x)'");
}
