//! Input that no person would write on purpose is answered with a diagnostic, quickly, in little memory, and never with
//! a panic.
//!
//! Each input is read in a process of its own (this test binary again), whose peak memory the kernel reports. The bounds
//! are those of a release build; without optimisation, and beside other tests, thirty times as long is let pass.

#![allow(clippy::format_collect)] // short texts of a test

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use afctl::cli::diagnostics::{Look, github, json, sarif, text};
use afctl::source::{Input, read};

const HEAD: &str =
    "apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nmetadata: {name: a}\nspec:\n  topology: cloud\n";
const MIB_500: u64 = 500 << 20;

/// Numbers that look random and are the same every time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "{}", line(i));
        text
    })
}

fn laughs() -> String {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = level - 1;
        let aliases = vec![format!("*a{before}"); 9].join(", ");
        let _ = writeln!(text, "a{level}: &a{level} [{aliases}]");
    }
    text
}

/// Every input with the code that must be among the answers.
#[allow(clippy::type_complexity)] // a table
fn inputs() -> Vec<(&'static str, &'static str, Box<dyn Fn() -> Vec<u8>>)> {
    fn text(make: impl Fn() -> String + 'static) -> Box<dyn Fn() -> Vec<u8>> {
        Box::new(move || make().into_bytes())
    }
    vec![
        ("empty", "AF0005", text(String::new)),
        ("blank", "AF0005", text(|| "\n \n".repeat(1000))),
        ("newlines", "AF0005", text(|| "\n".repeat(8_000_000))),
        ("noise", "AF0004", Box::new(|| noise(200_000))),
        ("gzip", "AF0004", Box::new(|| [vec![0x1f, 0x8b, 8], noise(2000)].concat())),
        ("zeros", "AF0004", Box::new(|| vec![0; 1_000_000])),
        ("a zero byte", "AF0004", Box::new(|| b"metadata:\n  name: a\0b\n".to_vec())),
        (
            "utf-16",
            "AF0003",
            Box::new(|| [0xff_u8, 0xfe].into_iter().chain(HEAD.bytes().flat_map(|b| [b, 0])).collect()),
        ),
        ("utf-16 without mark", "AF0003", Box::new(|| HEAD.bytes().flat_map(|b| [b, 0]).collect())),
        ("latin-1", "AF0003", Box::new(|| b"metadata:\n  name: a\n  description: Z\xfcrich\n".to_vec())),
        ("100 MB", "AF0002", text(|| "a: b\n".repeat(20_000_000))),
        ("100,000 brackets", "AF0030", text(|| format!("a: {}", "[".repeat(100_000)))),
        ("100,000 braces", "AF0030", text(|| format!("a: {}", "{a: ".repeat(100_000)))),
        ("100,000 dashes", "AF0030", text(|| format!("{}a", "- ".repeat(100_000)))),
        ("100,000 questions", "AF0030", text(|| "? ".repeat(100_000))),
        ("2,000 levels", "AF0030", text(|| lines(2000, |i| format!("{}a:", " ".repeat(i))))),
        ("a billion laughs", "AF0031", text(laughs)),
        ("4,000,000 items", "AF0031", text(|| format!("[{}]", "a,".repeat(4_000_000)))),
        (
            "wide and deep",
            "AF0101",
            text(|| format!("{}[{}]{}", "{a: ".repeat(110), "x,".repeat(450_000), "}".repeat(110))),
        ),
        (
            "nested anchors",
            "AF0101",
            text(|| {
                let open: String = (0..120).map(|i| format!("&a{i} [")).collect();
                format!("{open}{}{}", "x,".repeat(400_000), "]".repeat(120))
            }),
        ),
        (
            "200,000 unknown keys",
            "AF0032",
            text(|| format!("{HEAD}{}", lines(200_000, |i| format!("  key{i}: 1")))),
        ),
        ("400,000 unknown aliases", "AF0022", text(|| lines(400_000, |_| "- *a".into()))),
        (
            "25,000 unknown names",
            "AF0115",
            text(|| {
                let sites =
                    lines(30_000, |i| format!("    site{i}: {{scheduler: {{slurm: {{cluster: a}}}}}}"));
                let pools = lines(25_000, |i| format!("    p{i}: {{site: siet{i}, nodes: {{count: 1}}}}"));
                format!("{HEAD}  sites:\n{sites}  nodePools:\n{pools}")
            }),
        ),
        (
            "20,000 variants",
            "AF0031",
            text(|| {
                let sites =
                    lines(10_000, |i| format!("    site{i}: {{scheduler: {{slurm: {{cluster: a}}}}}}"));
                let variants = lines(20_000, |i| format!("    v{i}: {{patch: {{platform: common}}}}"));
                format!("{HEAD}  sites:\n{sites}  variants:\n{variants}")
            }),
        ),
        (
            "a line of 5 MB",
            "AF0102",
            text(|| {
                let keys: Vec<String> = (0..200_000).map(|i| format!("k{i}: 1")).collect();
                format!("apiVersion: afctl.dev/v1alpha1\nkind: Strawman\nspec: {{{}}}", keys.join(", "))
            }),
        ),
        ("an unclosed quote of 8 MB", "AF0012", text(|| format!("a: \"{}", "x".repeat(8_000_000)))),
        (
            "an unclosed bracket before 1,000,000 lines",
            "AF0012",
            text(|| format!("a: [\n{}", "  b: c\n".repeat(1_000_000))),
        ),
        ("1,000,000 percent signs", "AF0010", text(|| "%".repeat(1_000_000))),
        ("a key of 1 MB", "AF0102", text(|| format!("{HEAD}  ? {}\n  : 1\n", "k".repeat(1_000_000)))),
        (
            "a number of 1 MB",
            "AF0026",
            text(|| format!("{HEAD}  accounts: {{a: {{fairShare: {}}}}}\n", "9".repeat(1_000_000))),
        ),
        ("200,000 duplicates", "AF0020", text(|| "a: 1\n".repeat(200_000))),
    ]
}

/// Peak memory of this process, in bytes.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// Not a test of its own: the process that [`hostile_input_is_answered_quickly`] starts for each input.
#[test]
fn one_input() {
    let Ok(name) = std::env::var("AFCTL_HOSTILE") else { return };
    let all = inputs();
    let (_, code, make) = all.iter().find(|(n, ..)| *n == name).expect("the name comes from the same table");
    let input = Input::new("hostile.yaml", make());
    let before = peak();
    let start = Instant::now();
    let reading = read(std::slice::from_ref(&input));
    let look = Look { width: 100, ..Look::default() };
    let shown = text(&reading.diagnostics, &reading.sources, look);
    let taken = start.elapsed();
    let used = peak().zip(before).map_or(0, |(peak, before)| peak - before);
    assert!(shown.len() < 2 << 20, "{} bytes are too much to read", shown.len());
    assert!(reading.diagnostics.iter().any(|d| d.code.id == *code), "{code} was expected:\n{shown}");
    assert!(reading.strawman.is_none() || *code == "AF0031");
    let _ = (json(&reading.diagnostics, &reading.sources), sarif(&reading.diagnostics, &reading.sources));
    let _ = github(&reading.diagnostics, &reading.sources);
    println!("MEASURED {} {used}", taken.as_micros());
}

#[test]
fn hostile_input_is_answered_quickly() {
    let program = std::env::current_exe().expect("a test knows its program");
    let limit = if cfg!(debug_assertions) { Duration::from_secs(30) } else { Duration::from_secs(1) };
    let mut failures = String::new();
    for (name, ..) in inputs() {
        let output = Command::new(&program)
            .args(["one_input", "--exact", "--nocapture"])
            .env("AFCTL_HOSTILE", name)
            .output()
            .expect("the test's own program can be started");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words =
            said.lines().filter_map(|l| l.split_once("MEASURED ")).flat_map(|(_, m)| m.split(' '));
        let mut number = || words.next().and_then(|w| w.trim().parse::<u64>().ok());
        if let (true, Some(micros), Some(bytes)) = (output.status.success(), number(), number()) {
            let taken = Duration::from_micros(micros);
            println!("{name:45} {taken:>12.1?} {:>5} MiB", bytes >> 20);
            if taken > limit || bytes > MIB_500 {
                let _ = writeln!(failures, "{name}: {taken:?}, {} MiB", bytes >> 20);
            }
        } else {
            let error = String::from_utf8_lossy(&output.stderr);
            let _ = writeln!(failures, "{name}: {}\n{said}{error}", output.status);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
