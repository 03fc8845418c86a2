//! Kubernetes' quantities: `1000m` is `1`, `1Gi` is `1073741824`, `1e3` is `1k`.
//!
//! Guarantees: exact arithmetic, in thousandths of a millionth as the server's own; what is not a quantity, or too
//! large for one, gives `None` and never a wrong number.

use serde_json::Value;

/// Parts of one that the server keeps: nano.
const SCALE: u32 = 9;

/// A quantity, in thousandths of a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i128);

impl Quantity {
    /// A whole number of something.
    pub const fn whole(count: u64) -> Self {
        // 2^64 * 10^9 is far below 2^127.
        Self(count as i128 * 1_000_000_000)
    }

    /// Reads a quantity as the server does.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let (factor, exponent): (i128, i32) = match suffix {
            "Ki" => (1 << 10, 0),
            "Mi" => (1 << 20, 0),
            "Gi" => (1 << 30, 0),
            "Ti" => (1 << 40, 0),
            "Pi" => (1 << 50, 0),
            "Ei" => (1 << 60, 0),
            "n" => (1, -9),
            "u" => (1, -6),
            "m" => (1, -3),
            "" => (1, 0),
            "k" => (1, 3),
            "M" => (1, 6),
            "G" => (1, 9),
            "T" => (1, 12),
            "P" => (1, 15),
            "E" => (1, 18),
            other => (1, other.strip_prefix(['e', 'E'])?.parse().ok().filter(|e: &i32| e.abs() < 64)?),
        };
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let mantissa: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let mantissa = mantissa.checked_mul(factor)?;
        let power = i32::try_from(SCALE).ok()? + exponent - i32::try_from(fraction.len()).ok()?;
        let value = if mantissa == 0 {
            0
        } else if power >= 0 {
            mantissa.checked_mul(10_i128.checked_pow(power.unsigned_abs())?)?
        } else {
            match 10_i128.checked_pow(power.unsigned_abs()) {
                // What is smaller than the smallest part counts as that part, as on the server.
                Some(divisor) => mantissa / divisor + i128::from(mantissa % divisor != 0),
                None => 1,
            }
        };
        Some(Self(if negative { -value } else { value }))
    }

    /// Reads one from a JSON text or number.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    /// In whole units, what is less than one left out; for people and for comparisons that allow for a margin.
    #[allow(clippy::cast_precision_loss)]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// Whether two values mean the same amount.
pub fn same(a: &Value, b: &Value) -> bool {
    matches!((Quantity::read(a), Quantity::read(b)), (Some(a), Some(b)) if a == b)
}

/// Thousandths of a CPU, in the server's own form.
pub fn milli(milli: u64) -> String {
    if milli.is_multiple_of(1000) { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// Bytes, in the largest unit that says them exactly.
pub fn bytes(bytes: u64) -> String {
    const BINARY: [(&str, u64); 6] = [
        ("Ei", 1 << 60),
        ("Pi", 1 << 50),
        ("Ti", 1 << 40),
        ("Gi", 1 << 30),
        ("Mi", 1 << 20),
        ("Ki", 1 << 10),
    ];
    const DECIMAL: [(&str, u64); 6] = [
        ("E", 1_000_000_000_000_000_000),
        ("P", 1_000_000_000_000_000),
        ("T", 1_000_000_000_000),
        ("G", 1_000_000_000),
        ("M", 1_000_000),
        ("k", 1_000),
    ];
    let fits = |units: &[(&'static str, u64)]| {
        units.iter().copied().find(|&(_, size)| bytes > 0 && bytes.is_multiple_of(size))
    };
    let shortest = [fits(&DECIMAL), fits(&BINARY)].into_iter().flatten().max_by_key(|&(_, size)| size);
    shortest.map_or_else(|| bytes.to_string(), |(unit, size)| format!("{}{unit}", bytes / size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn what_is_written_reads_back(count in any::<u64>()) {
            prop_assert_eq!(Quantity::parse(&bytes(count)), Some(Quantity::whole(count)));
            prop_assert_eq!(Quantity::parse(&count.to_string()), Some(Quantity::whole(count)));
        }

        #[test]
        fn a_thousand_thousandths_are_one(count in 0u64..1 << 50, part in 0u64..1000) {
            let thousandths = count * 1000 + part;
            prop_assert_eq!(Quantity::parse(&milli(thousandths)), Quantity::parse(&format!("{thousandths}m")));
            let decimal = format!("{count}.{part:03}");
            prop_assert_eq!(Quantity::parse(&decimal), Quantity::parse(&format!("{thousandths}m")));
        }

        #[test]
        fn binary_units_are_powers(count in 0u64..1 << 20) {
            for (unit, power) in [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40)] {
                let whole = Quantity::whole(count << power);
                prop_assert_eq!(Quantity::parse(&format!("{count}{unit}")), Some(whole));
                prop_assert_eq!(Quantity::parse(&(count << power).to_string()), Some(whole));
            }
        }

        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,12}|[-+]?[0-9.]{0,40}([eE][-+]?[0-9]{0,4}|[numkMGTPE]i?)?") {
            let _ = Quantity::parse(&text);
        }

        #[test]
        fn order_is_that_of_numbers(a in any::<u32>(), b in any::<u32>()) {
            let (x, y) = (Quantity::parse(&format!("{a}Mi")), Quantity::parse(&format!("{b}Mi")));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }

    #[test]
    fn ways_of_writing_are_the_same() {
        for (a, b) in [
            ("1000m", "1"),
            ("1Gi", "1073741824"),
            ("1e3", "1k"),
            ("1E3", "1000"),
            ("0.5", "500m"),
            ("1.5Gi", "1536Mi"),
            ("+1", "1"),
            ("1e-3", "1m"),
            ("1E", "1000000000000000000"),
            ("0.1n", "1n"),
            ("0", "0Gi"),
        ] {
            assert!(same(&json!(a), &json!(b)), "{a} and {b}");
        }
        assert!(same(&json!(1), &json!("1000m")));
        assert!(same(&json!(0.5), &json!("500m")));
        for (a, b) in [("1G", "1Gi"), ("1", "2"), ("1m", "1M"), ("-1", "1")] {
            assert!(!same(&json!(a), &json!(b)), "{a} and {b}");
        }
    }

    #[test]
    fn what_is_none_is_none() {
        for text in ["", ".", "-", "1x", "1.2.3", "Gi", "1 Gi", "1ki", "e3", "1e", "1e999", "a"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
        assert_eq!(Quantity::read(&json!(null)), None);
        assert_eq!(Quantity::read(&json!(["1"])), None);
    }

    #[test]
    fn forms_are_the_servers() {
        assert_eq!(milli(64_000), "64");
        assert_eq!(milli(1_500), "1500m");
        assert_eq!(bytes(512 << 30), "512Gi");
        assert_eq!(bytes(500_000_000_000_000), "500T");
        assert_eq!(bytes(0), "0");
        assert_eq!(bytes(1), "1");
    }
}
