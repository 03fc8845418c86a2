//! Numbers and lists as people read them.

use afctl_contract::units::Bytes;

/// A number: thousands apart, at most two digits after the point (more where it is small).
pub fn count(number: f64) -> String {
    let places = if number.abs() >= 100.0 { 0 } else { 2 };
    let text = format!("{number:.places$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

/// A number of things: `1 card`, `3 cards`.
pub fn so_many(number: f64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if (number - 1.0).abs() < 1e-9 { one } else { many })
}

/// Bytes of storage, decimal: `4.5PB`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn bytes(bytes: f64) -> String {
    Bytes(bytes.max(0.0).round() as u64).rounded()
}

/// Bytes of memory, binary: `480GiB`.
pub fn memory(bytes: f64) -> String {
    const GIB: f64 = 1_073_741_824.0;
    if bytes >= 10_240.0 * GIB {
        format!("{}TiB", count(bytes / GIB / 1024.0))
    } else if bytes >= GIB {
        format!("{}GiB", count(bytes / GIB))
    } else {
        format!("{}MiB", count(bytes / GIB * 1024.0))
    }
}

/// A length of time as people say it: `45 minutes`, `3.2 hours`.
pub fn time(seconds: f64) -> String {
    let (size, one, many) = match seconds {
        s if s < 120.0 => (1.0, "second", "seconds"),
        s if s < 7200.0 => (60.0, "minute", "minutes"),
        s if s < 172_800.0 => (3600.0, "hour", "hours"),
        _ => (86_400.0, "day", "days"),
    };
    let number = seconds / size;
    let number = if number >= 10.0 { number.round() } else { (number * 10.0).round() / 10.0 };
    so_many(number, one, many)
}

/// A rate of reading, in bytes a second: `16.8 GB/s`.
pub fn rate(bytes_per_second: f64) -> String {
    if bytes_per_second >= 1e9 {
        format!("{} GB/s", count((bytes_per_second / 1e8).round() / 10.0))
    } else {
        format!("{} MB/s", count((bytes_per_second / 1e5).round() / 10.0))
    }
}

/// Names in backticks, the first few of them: `` `a`, `b` and 3 more ``.
pub fn names<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const MOST: usize = 5;
    let all: Vec<&str> = names.into_iter().collect();
    let shown: Vec<String> = all
        .iter()
        .take(if all.len() == MOST + 1 { MOST + 1 } else { MOST })
        .map(|n| format!("`{n}`"))
        .collect();
    match (&shown[..], all.len() - shown.len()) {
        ([], _) => "none".to_owned(),
        ([one], 0) => one.clone(),
        ([most @ .., last], 0) => format!("{} and {last}", most.join(", ")),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_easily() {
        assert_eq!(count(1344.0), "1,344");
        assert_eq!(count(12.5), "12.5");
        assert_eq!(count(1_234_567.4), "1,234,567");
        assert_eq!(count(-1234.0), "-1,234");
        assert_eq!(bytes(4.5e15), "4.5PB");
        assert_eq!(memory(480.0 * 1_073_741_824.0), "480GiB");
        assert_eq!(time(2678.0), "45 minutes");
        assert_eq!(rate(16.8e9), "16.8 GB/s");
        assert_eq!(names(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(names(["a", "b", "c", "d", "e", "f", "g"]), "`a`, `b`, `c`, `d`, `e` and 2 more");
    }
}
