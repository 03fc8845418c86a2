//! Which things a flag names: whole addresses, or the end of one.

use afctl_contract::Address;

/// Things that a flag names.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    patterns: Vec<String>,
}

/// A text that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address and no end of one; write KIND/NAME, KIND/NAMESPACE/NAME or the whole address")]
pub struct SelectionError(String);

impl Selection {
    /// Each text is an address, or its end from a `/` on, with a kind at least: `Namespace/higgs`.
    pub fn new(texts: &[String]) -> Result<Self, SelectionError> {
        for text in texts {
            let parts = text.split('/').count();
            if !(2..=5).contains(&parts) || text.split('/').any(str::is_empty) {
                return Err(SelectionError(text.clone()));
            }
        }
        Ok(Self { patterns: texts.to_vec() })
    }

    /// Whether it names this thing.
    pub fn names(&self, address: &Address) -> bool {
        let text = address.to_string();
        self.patterns.iter().any(|pattern| {
            text.strip_suffix(pattern.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    }

    /// Texts that name none of these.
    pub fn unused<'a>(&'a self, addresses: &[&Address]) -> Vec<&'a str> {
        self.patterns
            .iter()
            .filter(|pattern| {
                let one = Self { patterns: vec![(*pattern).clone()] };
                !addresses.iter().any(|address| one.names(address))
            })
            .map(String::as_str)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_nothing_is_known() {
        let address: Address = "s/kubernetes/Namespace/higgs".parse().unwrap_or_else(|e| panic!("{e}"));
        let selection = Selection::new(&["Namespace/higgs".to_owned(), "Namespace/hggs".to_owned()]);
        assert_eq!(selection.map(|s| s.unused(&[&address]).join(" ")), Ok("Namespace/hggs".to_owned()));
    }

    #[test]
    fn an_address_is_named_by_its_end() {
        let address: Address = "s/kubernetes/Namespace/higgs".parse().unwrap_or_else(|e| panic!("{e}"));
        let names = |text: &str| Selection::new(&[text.to_owned()]).map(|s| s.names(&address));
        assert_eq!(names("Namespace/higgs"), Ok(true));
        assert_eq!(names("s/kubernetes/Namespace/higgs"), Ok(true));
        assert_eq!(names("space/higgs"), Ok(false));
        assert!(names("higgs").is_err(), "a bare name is too little to delete data by");
    }
}
