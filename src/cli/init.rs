//! `afctl init`: a commented strawman to start from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::context::Context;
use super::exit::{Exit, Failure};

/// Write a commented strawman to start from.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  afctl init my-facility && afctl validate my-facility/facility.yaml")]
pub struct Init {
    /// Folder to write to
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What to start from
    #[arg(long, value_enum, default_value_t = From::SingleSite)]
    from: From,
}

/// What to start from.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    /// One site with Kubernetes.
    SingleSite,
    /// Several sites.
    Distributed,
}

impl Init {
    /// A name for the facility after its folder: everything that is made bears it, so two should not share one.
    fn name(&self) -> String {
        let folder = self.folder.canonicalize().unwrap_or_else(|_| self.folder.clone());
        let folder = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let words: Vec<&str> =
            folder.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let name: String = words.join("-").chars().take(40).collect();
        if name.is_empty() { "my-facility".to_owned() } else { name.trim_matches('-').to_owned() }
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let text = match self.from {
            From::SingleSite => include_str!("../../examples/quickstart.yaml"),
            From::Distributed => include_str!("../../specs/example.yaml"),
        };
        let text =
            text.replacen("metadata: {name: quickstart", &format!("metadata: {{name: {}", self.name()), 1);
        let path = self.folder.join("facility.yaml");
        let shown = path.display();
        let failed = |error: std::io::Error| Failure::new(format!("{shown} cannot be written: {error}"));
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        // Made new or not at all: a strawman that is there is somebody's work.
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| {
                if error.kind() == std::io::ErrorKind::AlreadyExists {
                    Failure::refused(format!("{shown} is there already")).help("name another folder")
                } else {
                    failed(error)
                }
            })?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)?;
        context.print(&format!("{shown}\n"))?;
        context.say(&format!("next: afctl validate {shown}, then afctl apply --sandbox {shown}"));
        Ok(Exit::Done)
    }
}
