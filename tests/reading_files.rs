//! Files that cannot be read say why, and what was probably meant.

#![allow(clippy::format_collect)] // short texts of a test

use std::fs;

use afctl::source::load;

fn said(names: &[String]) -> String {
    let reading = load(names);
    assert!(reading.strawman.is_none());
    reading
        .diagnostics
        .iter()
        .map(|d| format!("{} {} ({})\n", d.code.id, d.message, d.help.as_deref().unwrap_or_default()))
        .collect()
}

#[test]
fn what_cannot_be_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(path("strawman.yaml"), "a: 1").expect("a file");
    let missing = said(&[path("strawmen.yaml")]);
    assert!(
        missing.contains("AF0001") && missing.contains("did you mean") && missing.contains("strawman.yaml"),
        "{missing}"
    );
    let extension = said(&[path("strawman.yml")]);
    assert!(extension.contains("did you mean") && extension.contains("strawman.yaml"), "{extension}");
    let directory = said(&[folder.path().display().to_string()]);
    assert!(directory.contains("is a directory") && directory.contains("strawman.yaml"), "{directory}");
    let nowhere = said(&[path("a/b/c.yaml")]);
    assert!(nowhere.contains("there is no directory"), "{nowhere}");
    let below = said(&[path("strawman.yaml/x")]);
    assert!(below.contains("AF0001"), "{below}");
    let long = said(&["x".repeat(5000)]);
    assert!(long.contains("AF0001"), "{}", &long[..80]);
    // All that is wrong is said at once.
    assert_eq!(said(&[path("one.yaml"), path("two.yaml")]).lines().count(), 2);
}

#[cfg(unix)]
#[test]
fn endless_files_are_not_read_to_their_end() {
    assert!(said(&["/dev/zero".into()]).contains("AF0002"));
    assert!(said(&["/dev/null".into()]).contains("AF0005"));
}

#[test]
fn a_large_file_is_read_only_as_far_as_it_may() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.yaml");
    // Sparse: 10 GB that take no room.
    fs::File::create(&path).and_then(|f| f.set_len(10_000_000_000)).expect("a file");
    assert!(said(&[path.display().to_string()]).contains("AF0002"));
}
