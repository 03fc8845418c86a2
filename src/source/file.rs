//! Reading files: every way in which that can fail becomes a diagnostic, and never more is read than may be.

use std::fs;
use std::io::{self, Read};
use std::path::Path as FilePath;

use afctl_contract::codes::reading;
use afctl_contract::{Diagnostic, SourceFile, SourceMap};

use super::text::{MAX_BYTES, shown};
use super::{Input, Reading, places, read, words};

/// Reads these files (`-` is standard input) and lays them over each other in order.
///
/// Waits for standard input to end; otherwise only regular files are opened.
pub fn load<P: AsRef<str>>(names: &[P]) -> Reading {
    let mut inputs = Vec::new();
    let mut failed = Vec::new();
    for name in names {
        let name = name.as_ref();
        match bytes(name) {
            Ok(bytes) => inputs.push(Input::new(name, bytes)),
            Err(diagnostic) => failed.push(diagnostic),
        }
    }
    if failed.is_empty() {
        return read(&inputs);
    }
    let files: Vec<SourceFile> = names.iter().map(|name| places::file(name.as_ref(), "")).collect();
    let mut reading = Reading { sources: SourceMap::new(files), ..Reading::default() };
    reading.diagnostics.extend(failed);
    reading
}

#[allow(clippy::result_large_err)] // once a file
fn bytes(name: &str) -> Result<Vec<u8>, Diagnostic> {
    let cannot = |error: &io::Error| {
        Diagnostic::new(&reading::CANNOT_OPEN, format!("{} cannot be read: {}", shown(name), said(error)))
    };
    let mut bytes = Vec::new();
    let limit = MAX_BYTES as u64 + 1;
    if name == "-" {
        io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
        return Ok(bytes);
    }
    let path = FilePath::new(name);
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => not_found(name, path),
        _ => cannot(&error).help("check who may read it: ls -l"),
    })?;
    if metadata.is_dir() {
        return Err(directory(name, path));
    }
    if !metadata.is_file() {
        // A pipe (`<(…)`) ends by itself; a device such as /dev/zero does not, and the limit stops it.
        let file = fs::File::open(path).map_err(|e| cannot(&e))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
        return Ok(bytes);
    }
    let file = fs::File::open(path)
        .map_err(|e| cannot(&e).help("check who may read it: ls -l; nothing was read"))?;
    file.take(limit).read_to_end(&mut bytes).map_err(|e| cannot(&e))?;
    Ok(bytes)
}

fn said(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied",
        io::ErrorKind::NotADirectory => "a part of its path is not a directory",
        io::ErrorKind::InvalidFilename => "its name is too long",
        io::ErrorKind::IsADirectory => "it is a directory",
        _ => "the system reports an error",
    }
}

fn not_found(name: &str, path: &FilePath) -> Diagnostic {
    let missing = Diagnostic::new(&reading::CANNOT_OPEN, format!("there is no file {}", shown(name)));
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(FilePath::new("."));
    if !parent.is_dir() {
        return missing.help(format!("there is no directory `{}` either", parent.display()));
    }
    let wanted = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let files = yaml_files(parent);
    let stem = |n: &str| n.rsplit_once('.').map_or(n, |(stem, _)| stem).to_owned();
    let near = files.iter().find(|f| stem(f) == stem(&wanted)).map(String::as_str);
    match near.or_else(|| words::nearest(&wanted, files.iter().map(String::as_str))) {
        Some(near) => {
            let near = if path.parent().is_some_and(|p| !p.as_os_str().is_empty()) {
                parent.join(near).display().to_string()
            } else {
                near.to_owned()
            };
            missing.help(format!("did you mean `{near}`?"))
        }
        None if files.is_empty() => missing.help("start from a commented strawman: afctl init"),
        None => missing
            .help(format!("the folder has {}", words::list(files.iter().map(String::as_str), 5, "and"))),
    }
}

fn directory(name: &str, path: &FilePath) -> Diagnostic {
    let said = Diagnostic::new(&reading::CANNOT_OPEN, format!("{} is a directory, not a file", shown(name)));
    let files = yaml_files(path);
    match files.first() {
        Some(first) => said.help(format!(
            "name the files, in the order in which they apply: {}",
            path.join(first).display()
        )),
        None => said.help("name a file; there is no YAML file in the directory"),
    }
}

fn yaml_files(directory: &FilePath) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .take(10_000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            let end = FilePath::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
            ["yaml", "yml", "json"].iter().any(|e| e.eq_ignore_ascii_case(end))
        })
        .collect();
    names.sort();
    names
}
