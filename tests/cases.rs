//! What people see: the real program, run as they run it, with what it prints and how it ends.
//!
//! `TRYCMD=overwrite cargo test --test cases` writes down what is printed now; read the difference before it is kept.

#[test]
fn the_console_shows_what_is_written_here() {
    let cases = trycmd::TestCases::new();
    cases
        .env("LC_ALL", "C.UTF-8")
        .env("NO_COLOR", "1")
        .env("KUBECONFIG", "/dev/null")
        .case("tests/cases/*.md");
}
