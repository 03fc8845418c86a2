//! A facility's things are an `ApplySet` (KEP-3659), so other tools that know the convention see them as one, and keep
//! their hands off what is ours.

use std::path::PathBuf;
use std::process::{Command, Output};

use crate::rig::Rig;
use afctl_testbed::{Binaries, shared, wanted};

const TOOLING: &str = "applyset.kubernetes.io/tooling";
const PART_OF: &str = "applyset.kubernetes.io/part-of";

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The files of `afctl compile` without the nodes, which are in no set.
fn compiled(rig: &Rig<'_>) -> Vec<PathBuf> {
    let out = rig.folder.path().join("out");
    rig.afctl("compile", &["-o", out.to_str().unwrap()]).expect(0);
    let (mut files, mut folders) = (Vec::new(), vec![out]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Kind and name of the things of which kubectl says this, sorted.
fn told(output: &str, what: &str) -> Vec<String> {
    let lines = output.lines().filter_map(|line| line.strip_suffix(&format!(" {what} (server dry run)")));
    let mut things: Vec<String> = lines
        .map(|thing| {
            let (kind, name) = thing.split_once('/').unwrap();
            format!("{}/{name}", kind.split('.').next().unwrap())
        })
        .collect();
    things.sort();
    things
}

#[test]
fn real_kubectl_sees_a_facility_as_one_set() {
    if !wanted("real_kubectl_sees_a_facility_as_one_set") {
        return;
    }
    let cluster = shared();
    let rig = Rig::new(cluster, "sets");
    rig.apply().expect(0);
    let system = "afctl-sets";
    let parents = cluster.get(&["configmaps", "-n", system, "-l", "applyset.kubernetes.io/id"]).unwrap();
    let parent = &parents["items"][0];
    let (name, id) = (
        parent["metadata"]["name"].as_str().unwrap(),
        parent["metadata"]["labels"]["applyset.kubernetes.io/id"].as_str().unwrap(),
    );

    // Its members are all that is ours, but for the parent itself and the nodes.
    let kinds =
        parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"].as_str().unwrap();
    let members = cluster.get(&[kinds, "-A", "-l", &format!("{PART_OF}={id}")]).unwrap();
    let mut members: Vec<String> =
        members["items"].as_array().unwrap().iter().map(|item| crate::rig::identity(item).0).collect();
    members.sort();
    let ours: Vec<String> = rig
        .wanted()
        .into_iter()
        .filter(|thing| !thing.starts_with("Node/") && *thing != format!("ConfigMap/{system}/{name}"))
        .collect();
    assert_eq!(members, ours);

    // kubectl is told that the set is ours: the convention at work. It gets what is in no account's namespace, because
    // with a parent in a namespace (`-n`) it takes objects of no other.
    let mut kubectl = Command::new(Binaries::find().unwrap().path("kubectl"));
    kubectl.env("KUBECONFIG", cluster.kubeconfig()).env("KUBECTL_APPLYSET", "true");
    kubectl.env("KUBECACHEDIR", rig.folder.path().join("cache"));
    kubectl.args([
        "apply",
        "--server-side",
        "--force-conflicts",
        "--prune",
        "--dry-run=server",
        "-n",
        system,
    ]);
    kubectl.arg(format!("--applyset=configmaps/{name}"));
    let files = compiled(&rig);
    assert!(
        files.iter().any(|file| file.ends_with("flatiron/kubernetes/accounts/sets-opendata.yaml")),
        "{files:?}"
    );
    for file in files.iter().filter(|file| !file.parent().unwrap().ends_with("accounts")) {
        // kubectl puts the members' label on by itself, and refuses files that have it.
        let text = std::fs::read_to_string(file).unwrap();
        let bare: Vec<&str> = text.lines().filter(|line| !line.contains(PART_OF)).collect();
        std::fs::write(file, bare.join("\n")).unwrap();
        kubectl.arg("-f").arg(file);
    }
    let there = rig.there();
    let refused = said(&kubectl.output().unwrap());
    assert!(refused.contains("is managed by tooling \"afctl\" instead of \"kubectl\""), "{refused}");

    // Once somebody gives it the set, it would prune what it did not get, and nothing else.
    let given = format!("{TOOLING}=kubectl/v1.36");
    cluster.kubectl(&["annotate", "configmap", name, "-n", system, "--overwrite", &given]).unwrap();
    let output = said(&kubectl.output().unwrap());
    let (applied, pruned) = (told(&output, "serverside-applied"), told(&output, "pruned"));
    let mut left_out: Vec<String> = members
        .iter()
        .map(|member| {
            let parts: Vec<&str> = member.split('/').collect();
            format!("{}/{}", parts[0].to_lowercase(), parts[2])
        })
        .collect();
    for thing in &applied {
        let at = left_out.iter().position(|member| member == thing);
        assert!(at.is_some() || thing.starts_with("configmap/"), "{thing} is no member");
        at.map(|at| left_out.swap_remove(at));
    }
    left_out.sort();
    assert!(applied.len() > 10 && left_out.len() > 10, "{output}");
    assert_eq!(pruned, left_out, "{output}");
    assert_eq!(rig.there(), there, "it was a trial");
    // What kubectl was given is drift to us, and is taken back.
    rig.apply().expect(0);
    let parent = cluster.get(&["configmap", name, "-n", system]).unwrap();
    assert!(parent["metadata"]["annotations"][TOOLING].as_str().unwrap().starts_with("afctl/"), "{parent}");
}
