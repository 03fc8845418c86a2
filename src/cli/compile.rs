//! `afctl compile`: what each site would be given, as files. No network.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::exit::{Exit, Failure};
use super::{Files, Sites};

/// Write what each site would be given as files; no network.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl compile facility.yaml -o out    # out/SITE/kubernetes/*.yaml")]
pub struct Compile {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    sites: Sites,
    /// Folder to write to
    #[arg(short = 'o', long = "out", value_name = "DIR")]
    out: PathBuf,
}

impl Compile {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let loaded = context.load(&self.files)?;
        let compiled = context.compile(&loaded.facility, &self.sites.sites)?;
        let mut written = Vec::new();
        for site in &compiled.sites {
            let folder = self.out.join(&site.name);
            for file in site.entry.backend.render(&site.graph) {
                let path = folder.join(&file.path);
                write(&path, &file.text)?;
                written.push(path.display().to_string());
            }
        }
        if context.is_json() {
            context.print_json(&json!({
                "schemaVersion": "afctl.dev/compile/v1", "files": written, "unserved": compiled.unserved,
            }))?;
        } else {
            for path in &written {
                context.print(&format!("{path}\n"))?;
            }
        }
        for site in &compiled.unserved {
            context.say(&format!(
                "{} site {site}: nothing is compiled for it yet",
                context.paint().yellow("note:")
            ));
        }
        Ok(Exit::Done)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}
