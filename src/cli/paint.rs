//! Colour, or none.

use owo_colors::{OwoColorize, Style};

/// Colours text when told to.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Whether to.
    pub on: bool,
}

impl Paint {
    fn with(self, text: &str, style: Style) -> String {
        if self.on { text.style(style).to_string() } else { text.to_owned() }
    }

    /// For what is added.
    pub fn green(self, text: &str) -> String {
        self.with(text, Style::new().green())
    }

    /// For what goes away and what fails.
    pub fn red(self, text: &str) -> String {
        self.with(text, Style::new().red())
    }

    /// For what changes and what waits.
    pub fn yellow(self, text: &str) -> String {
        self.with(text, Style::new().yellow())
    }

    /// For names.
    pub fn bold(self, text: &str) -> String {
        self.with(text, Style::new().bold())
    }

    /// For what matters less.
    pub fn dim(self, text: &str) -> String {
        self.with(text, Style::new().dimmed())
    }

    /// For hints.
    pub fn cyan(self, text: &str) -> String {
        self.with(text, Style::new().cyan())
    }
}
