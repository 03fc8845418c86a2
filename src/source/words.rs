//! Words for messages: what was probably meant, and lists that stay short.

/// The key as it would be written in any case and with any separators: `node_pools`, `NodePools` and `node-pools` are
/// one.
pub fn bare(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric() || *c == '.').flat_map(char::to_lowercase).collect()
}

/// The candidate that `word` was probably meant to be, if one is near enough.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Beyond this length it is no misspelt name, and comparing would take long.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let plain = bare(word);
    let singular = |w: &str| {
        w.strip_suffix("ies").map_or_else(|| w.trim_end_matches('s').to_owned(), |s| format!("{s}y"))
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates.into_iter().take(1000) {
        let other = bare(candidate);
        let distance = if plain == other {
            0
        } else if singular(&plain) == singular(&other) {
            1
        } else {
            if other.len().abs_diff(plain.len()) > 4 {
                continue;
            }
            1 + strsim::damerau_levenshtein(&plain, &other)
        };
        let length = plain.chars().count().max(other.chars().count());
        let allowed = match length {
            0..=2 => 1,
            3..=4 => 2,
            5..=7 => 3,
            _ => 4,
        };
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `a, b and c`, with at most `most` of them named.
pub fn list<'w>(words: impl IntoIterator<Item = &'w str>, most: usize, joint: &str) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    let quoted: Vec<String> = words.iter().take(most).map(|w| format!("`{}`", cut(w, 60))).collect();
    match (quoted.as_slice(), words.len().saturating_sub(most)) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([init @ .., last], 0) => format!("{} {joint} {last}", init.join(", ")),
        (all, more) => format!("{} {joint} {more} more", all.join(", ")),
    }
}

/// The text, or its beginning where it is long; on one line.
pub fn cut(text: &str, most: usize) -> String {
    let one_line = text.split(['\n', '\r']).next().unwrap_or_default();
    if one_line.len() == text.len() && text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut short: String = one_line.chars().take(most).collect();
    short.push('…');
    short
}

/// `a` or `an`, as the word is spoken.
pub fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let keys =
            ["nodePools", "gpu", "cores", "memory", "maxWalltime", "site", "threadsPerCore", "quotaPerUser"];
        for (word, meant) in [
            ("node_pools", Some("nodePools")),
            ("nodepool", Some("nodePools")),
            ("gpus", Some("gpu")),
            ("GPU", Some("gpu")),
            ("memmory", Some("memory")),
            ("max-walltime", Some("maxWalltime")),
            ("threads-per-core", Some("threadsPerCore")),
            ("stie", Some("site")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
    }

    #[test]
    fn lists_stay_short() {
        assert_eq!(list(["a"], 3, "or"), "`a`");
        assert_eq!(list(["a", "b", "c"], 3, "or"), "`a`, `b` or `c`");
        assert_eq!(list(["a", "b", "c", "d"], 2, "and"), "`a`, `b` and 2 more");
    }
}
