//! Every case under `tests/diagnostics/<family>/` says exactly what it should say, where it should say it.
//!
//! What a case expects stands in it, at the end of the line that the finding points at:
//!
//! ```yaml
//! nodePool: {}   #~ AF0102 "nodePool"
//! ```
//!
//! `#~ CODE "slice"` expects a finding on this line that points at exactly this slice (the first line of it, where a
//! place runs over several); several may follow each other. `#~^` points one line up, `#~^^` two, `#~v` one line down. `#~? CODE` expects a
//! finding without a place. Errors and warnings must be exactly those expected; notes count only where a case expects
//! one or has a line `#! notes`. Files `<name>.2.yaml`, `<name>.3.yaml` are laid over `<name>.yaml` in order. Cases in
//! `reading` and `structure` look at the codes of these two families only.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use afctl::check::check;
use afctl::cli::diagnostics::{Look, pointed_at, text};
use afctl::source::{Input, Reading, read};
use afctl_contract::{Level, codes};

/// Everything that `afctl validate` runs.
fn validate(inputs: &[Input]) -> Reading {
    let mut reading = read(inputs);
    if let Some(strawman) = &reading.strawman {
        reading.diagnostics.extend(check(strawman, &reading.sources));
        reading.diagnostics.sort(&reading.sources);
    }
    reading
}

/// A finding as a case writes it: file, line (0: no place), code, slice.
type Expected = (String, usize, String, String);

#[test]
fn every_case_says_what_it_expects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut failures = String::new();
    let mut count = 0;
    for family in sorted(&root).into_iter().filter(|p| p.is_dir()) {
        for case in sorted(&family).into_iter().filter(|p| is_case(p)) {
            count += 1;
            if let Err(why) = run(&case, &family) {
                let name = case.strip_prefix(&root).unwrap_or(&case).display().to_string();
                let _ = write!(failures, "\n=== {name}\n{why}");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count > 70, "only {count} cases were found");
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a folder can be listed").path())
        .collect();
    paths.sort();
    paths
}

/// `name.yaml`, but not `name.2.yaml`.
fn is_case(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix(".yaml")
        .is_some_and(|stem| !stem.ends_with(|c: char| c.is_ascii_digit()) || !stem.contains('.'))
}

fn run(case: &Path, family: &Path) -> Result<(), String> {
    let mut inputs = Vec::new();
    let mut expected = Vec::new();
    let mut notes = false;
    let mut next = Some(case.to_path_buf());
    while let Some(path) = next.take().filter(|p| p.exists()) {
        let bytes = fs::read(&path).map_err(|e| e.to_string())?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let source = String::from_utf8_lossy(&bytes).into_owned();
        notes |= source.lines().any(|line| line.trim() == "#! notes");
        expected.extend(expectations(&name, &source)?);
        inputs.push(Input::new(name, bytes));
        next = Some(case.with_extension(format!("{}.yaml", inputs.len() + 1)));
    }
    let reading = validate(&inputs);
    notes |= expected.iter().any(|(_, _, code, _)| codes::find(code).is_some_and(|c| c.level == Level::Note));
    let family = family.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let own = matches!(family.as_str(), "reading" | "structure");
    let mut found: Vec<Expected> = reading
        .diagnostics
        .iter()
        .filter(|d| notes || d.level > Level::Note)
        .filter(|d| !own || d.code.id < "AF0200")
        .map(|d| {
            let code = d.code.id.to_owned();
            match pointed_at(d, &reading.sources) {
                Some((file, line, slice)) => (file.to_owned(), line, code, slice.to_owned()),
                None => (String::new(), 0, code, String::new()),
            }
        })
        .collect();
    found.sort();
    expected.sort();
    if found == expected {
        return Ok(());
    }
    let mut counts: BTreeMap<&Expected, (i32, i32)> = BTreeMap::new();
    for f in &found {
        counts.entry(f).or_default().0 += 1;
    }
    for e in &expected {
        counts.entry(e).or_default().1 += 1;
    }
    let mut why = String::new();
    for ((file, line, code, slice), (found, expected)) in counts {
        let what = match found - expected {
            0 => continue,
            more if more > 0 => "found, not expected",
            _ => "expected, not found",
        };
        let _ = writeln!(why, "{what}: {file}:{line}: #~ {code} {}", serde_json::Value::from(slice.as_str()));
    }
    let _ =
        write!(why, "--- what was said:\n{}", text(&reading.diagnostics, &reading.sources, Look::default()));
    Err(why)
}

/// What the comments of a case expect.
fn expectations(file: &str, source: &str) -> Result<Vec<Expected>, String> {
    let mut expected = Vec::new();
    for (index, line) in source.lines().enumerate() {
        for part in line.split("#~").skip(1) {
            let up = part.bytes().take_while(|b| *b == b'^').count();
            let down = part.bytes().take_while(|b| *b == b'v').count();
            let nowhere = part.starts_with('?');
            let mut rest = part.trim_start_matches(['^', 'v', '?']).trim();
            while !rest.is_empty() {
                let (code, after) = rest.split_once(' ').unwrap_or((rest, ""));
                if codes::find(code).is_none() {
                    return Err(format!("{file}:{}: `{code}` is not a code", index + 1));
                }
                let after = after.trim_start();
                let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
                let slice = if after.starts_with('"') {
                    values.next().transpose().map_err(|e| e.to_string())?
                } else {
                    None
                };
                let used = if slice.is_some() { values.byte_offset() } else { 0 };
                rest = after[used..].trim_start();
                let place =
                    if nowhere { (String::new(), 0) } else { (file.to_owned(), index + 1 + down - up) };
                expected.push((place.0, place.1, code.to_owned(), slice.unwrap_or_default()));
            }
        }
    }
    Ok(expected)
}
