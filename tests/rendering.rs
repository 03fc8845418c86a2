//! What is found is shown the same way everywhere: to people, and to machines in the form that their tools demand.

#![allow(clippy::format_collect)] // short texts of a test

use std::time::{Duration, Instant};

use afctl::cli::diagnostics::{Look, github, json, sarif, summary, text};
use afctl::source::{Input, Reading, read};
use serde_json::Value;

const HEAD: &str =
    "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {name: test}\nspec:\n  topology: cloud\n";

fn reading(body: &str) -> Reading {
    read(&[Input::new("strawman.yaml", format!("{HEAD}{body}"))])
}

fn shown(reading: &Reading) -> String {
    text(&reading.diagnostics, &reading.sources, Look::default())
}

const SITES: &str = "  sites: {here: {scheduler: {slurm: {cluster: c}}}}\n";

#[test]
fn people_see_the_line_the_label_and_the_help() {
    let reading =
        reading(&format!("{SITES}  nodePools: {{cpu: {{site: here, nodes: {{count: 1}}, memory: 512}}}}\n"));
    let expected = "
  × error[AF0109]: `memory` has no unit
   ╭─[strawman.yaml:7:60]
 6 │   sites: {here: {scheduler: {slurm: {cluster: c}}}}
 7 │   nodePools: {cpu: {site: here, nodes: {count: 1}, memory: 512}}
   ·                                                            ─┬─
   ·                                                             ╰── only a number
   ╰────
  help: did you mean 512GiB? A size is a number with its unit

1 error
";
    let shown = shown(&reading);
    assert_eq!(shown.trim_end(), expected.trim_matches('\n'), "{shown}");
}

#[test]
fn colours_only_when_told() {
    let reading = reading("  colour: red\n");
    assert!(!shown(&reading).contains('\x1b'));
    let look = Look { colour: true, ..Look::default() };
    assert!(text(&reading.diagnostics, &reading.sources, look).contains('\x1b'));
    let ascii = text(&reading.diagnostics, &reading.sources, Look { unicode: false, ..Look::default() });
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn nothing_found_is_nothing_said() {
    let reading = reading(SITES);
    assert!(shown(&reading).is_empty());
    assert_eq!(summary(&reading.diagnostics), "no findings");
    assert!(github(&reading.diagnostics, &reading.sources).is_empty());
    assert_eq!(json(&reading.diagnostics, &reading.sources)["counts"]["errors"], 0);
}

#[test]
fn places_in_two_files_are_both_shown() {
    let base = format!("{HEAD}{SITES}  nodePools: {{cpu: {{site: here, nodes: {{count: 1}}}}}}\n");
    let overlay = "spec:\n  nodePools:\n    cpu: {site: there}\n";
    let reading = read(&[Input::new("base.yaml", base), Input::new("overlay.yaml", overlay)]);
    let shown = shown(&reading);
    assert!(shown.contains("overlay.yaml:3:17"), "{shown}");
    let aliased =
        "a: &x {b: 1}\nspec: *x\nkind: Strawman\napiVersion: afctl.dev/v1alpha1\nmetadata: {name: t}\n";
    let reading = read(&[Input::new("a.yaml", aliased)]);
    let shown = self::shown(&reading);
    assert!(shown.contains("and is used here") && shown.contains("a.yaml:1:8"), "{shown}");
}

#[test]
fn long_lines_are_cut_around_the_place() {
    let many: Vec<String> = (0..500).map(|i| format!("l{i}: x")).collect();
    let body = format!(
        "{SITES}  variants: {{v: {{description: \"{}\", colour: red, x: {{{}}}}}}}\n",
        "é".repeat(3000),
        many.join(", ")
    );
    let shown = shown(&reading(&body));
    assert!(shown.contains("colour: red"), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() < 320), "{shown}");
    // The column is that of the file, in characters.
    let column = body.lines().nth(1).map_or(0, |l| l[..l.find("colour").unwrap_or(0)].chars().count() + 1);
    assert!(shown.contains(&format!("strawman.yaml:7:{column}]")), "{column}: {shown}");
}

#[test]
fn many_findings_are_cut_short_and_fast() {
    let keys: String = (0..5000).map(|i| format!("  key{i}: 1\n")).collect();
    let reading = reading(&format!("{SITES}{keys}"));
    let start = Instant::now();
    let shown = shown(&reading);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(shown.contains("… and 801 more"), "{}", &shown[shown.len() - 200..]);
    assert!(shown.trim_end().ends_with("1000 errors, 1 note"), "{}", &shown[shown.len() - 200..]);
}

#[test]
fn json_has_places_paths_and_counts() {
    let found = reading(
        "  sites: {hëre: {scheduler: {slurm: {cluster: c}}}}\n  controlSite: there\n  platform: menu\n  platform: byo\n",
    );
    let json = json(&found.diagnostics, &found.sources);
    assert_eq!(json["schemaVersion"], "afctl.dev/diagnostics/v1");
    assert_eq!(json["counts"], serde_json::json!({"errors": 2, "warnings": 0, "notes": 0}));
    let name = &json["diagnostics"][0];
    assert_eq!((&name["code"], &name["level"]), (&Value::from("AF0115"), &Value::from("error")));
    assert_eq!(name["path"], "spec.controlSite");
    assert_eq!(
        (&name["line"], &name["column"], &name["endColumn"]),
        (&Value::from(7), &Value::from(16), &Value::from(21))
    );
    assert!(name["help"].as_str().is_some_and(|h| h.contains("hëre")));
    let twice = &json["diagnostics"][1];
    assert_eq!(twice["related"][0]["line"], 8);
    assert!(twice["path"].is_null(), "a syntax finding has a place in the text only");
}

#[test]
fn sarif_is_what_code_scanning_takes() {
    let found = reading("  sites: {}\n  controlSite: there\n  colour: 1\n");
    let sarif = sarif(&found.diagnostics, &found.sources);
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let (start, end) = (region["startColumn"].as_u64(), region["endColumn"].as_u64());
        assert!(start < end || region["startLine"] != region["endLine"], "{region}");
    }
    let file = |name: &str| {
        let found = read(&[Input::new(name, "a: [\n")]);
        super_uri(&sarif_of(&found))
    };
    assert_eq!(file("a b/ü.yaml"), "a%20b/%C3%BC.yaml");
    assert_eq!(file("/x/y.yaml"), "file:///x/y.yaml");
    assert_eq!(file("-"), "stdin");
}

fn sarif_of(found: &Reading) -> Value {
    sarif(&found.diagnostics, &found.sources)
}

fn super_uri(sarif: &Value) -> String {
    let location = &sarif["runs"][0]["results"][0]["locations"][0];
    location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn github_annotations_are_escaped() {
    let found = read(&[Input::new("a,b:c%.yaml", format!("{HEAD}{SITES}  \"100%,\\n: x\": 1\n"))]);
    let lines = github(&found.diagnostics, &found.sources);
    assert_eq!(lines.lines().count(), 1, "one finding, one line: {lines}");
    assert!(lines.starts_with("::error file=a%2Cb%3Ac%25.yaml,line=7,endLine=7,col=3,endColumn="), "{lines}");
    assert!(lines.contains(",title=AF0102 A key is not known here::`100%25,"), "{lines}");
    assert!(lines.contains("%0Ahelp: "), "{lines}");
}
