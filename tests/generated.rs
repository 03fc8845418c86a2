//! Files that are generated from the code stand in the repository as the code says. `UPDATE=1` writes them.

use std::path::Path;

fn holds(file: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{file} is out of date: run `UPDATE=1 cargo test --test generated`");
}

#[test]
fn the_reference_of_the_language() {
    holds("docs/language.md", &afctl::reference::markdown());
}

#[test]
fn the_list_of_codes() {
    holds("specs/codes.md", &afctl::reference::codes());
}
