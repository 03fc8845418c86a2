//! Bytes, decimal and binary kept apart, and rates of transfer.

use std::fmt;
use std::str::FromStr;

use super::{Unit, UnitError, number_and_unit, plain, unit_as_text};

const BINARY: [(&str, u64); 7] = [
    ("EiB", 1 << 60),
    ("PiB", 1 << 50),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];
const DECIMAL: [(&str, u64); 6] = [
    ("EB", 1_000_000_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
];

/// A number of bytes. `1TB` is 10^12, `1TiB` is 2^40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Bytes(pub u64);

impl Bytes {
    /// In TB, for sums that people read.
    #[allow(clippy::cast_precision_loss)]
    pub fn terabytes(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// In GiB.
    #[allow(clippy::cast_precision_loss)]
    pub fn gibibytes(self) -> f64 {
        self.0 as f64 / f64::from(1 << 30)
    }

    /// For people: at most three digits after the point, in the decimal unit that fits.
    #[allow(clippy::cast_precision_loss)]
    pub fn rounded(self) -> String {
        let (name, size) = DECIMAL.iter().copied().find(|&(_, size)| self.0 >= size).unwrap_or(("B", 1));
        let text = format!("{:.1}", self.0 as f64 / size as f64);
        format!("{}{name}", text.trim_end_matches(".0"))
    }
}

impl Unit for Bytes {
    const NAME: &'static str = "bytes";
    const ABOUT: &'static str = "A size with its unit: decimal (kB, MB, GB, TB, PB, EB: powers of 1000) or binary \
                                 (KiB, MiB, GiB, TiB, PiB, EiB: powers of 1024).";
    const EXAMPLES: &'static [&'static str] = &["8GiB", "500TB", "4.5PB"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for Bytes {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let help = "write a number and a unit: 8GiB (powers of 1024) or 8GB (powers of 1000)";
        let (number, unit) = number_and_unit(text)
            .ok_or_else(|| UnitError::new(format!("`{text}` is not a size in bytes"), help))?;
        let Some(&(_, size)) = BINARY.iter().chain(&DECIMAL).find(|(name, _)| *name == unit) else {
            let (message, help) = match unit {
                "" => (
                    format!("`{text}` has no unit"),
                    format!("did you mean {text}GiB? A size is a number with its unit"),
                ),
                "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => {
                    (format!("`{unit}` is Kubernetes' short form"), format!("write {}{unit}B", plain(number)))
                }
                "Kb" | "Mb" | "Gb" | "Tb" | "kb" | "mb" | "gb" | "tb" | "pb" | "Pb" | "KB" | "K" | "k"
                | "M" | "G" | "T" | "P" | "g" | "m" | "t" => {
                    let letter = unit[..1].to_ascii_uppercase();
                    let decimal = if letter == "K" { "kB".to_owned() } else { format!("{letter}B") };
                    (
                        format!("`{unit}` is no unit of bytes"),
                        format!(
                            "write {0}{decimal} (powers of 1000) or {0}{letter}iB (powers of 1024)",
                            plain(number)
                        ),
                    )
                }
                other => (format!("`{other}` is no unit of bytes"), help.to_owned()),
            };
            return Err(UnitError { message, help });
        };
        #[allow(clippy::cast_precision_loss)]
        let bytes = number * size as f64;
        #[allow(clippy::cast_precision_loss)]
        if bytes >= u64::MAX as f64 {
            return Err(UnitError::new(format!("`{text}` is more than 16 EiB"), help));
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let bytes = bytes.round() as u64;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The exact form in the largest unit that divides it, decimal first where both do.
        if self.0 == 0 {
            return f.write_str("0B");
        }
        let best = DECIMAL.iter().chain(&BINARY).filter(|(_, size)| self.0.is_multiple_of(*size));
        let (name, size) = best.max_by_key(|(_, size)| *size).copied().unwrap_or(("B", 1));
        write!(f, "{}{name}", self.0 / size)
    }
}
unit_as_text!(Bytes);

/// A rate of transfer, in bits a second.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Rate(pub f64);

impl Rate {
    /// Bytes a second.
    pub fn bytes_per_second(self) -> f64 {
        self.0 / 8.0
    }
}

const RATES: [(&str, f64); 16] = [
    ("Tbps", 1e12),
    ("Gbps", 1e9),
    ("Mbps", 1e6),
    ("kbps", 1e3),
    ("bps", 1.0),
    ("Tb/s", 1e12),
    ("Gb/s", 1e9),
    ("Mb/s", 1e6),
    ("Tbit/s", 1e12),
    ("Gbit/s", 1e9),
    ("Mbit/s", 1e6),
    ("TB/s", 8e12),
    ("GB/s", 8e9),
    ("MB/s", 8e6),
    ("GiB/s", 8.0 * 1_073_741_824.0),
    ("MiB/s", 8.0 * 1_048_576.0),
];

impl Unit for Rate {
    const NAME: &'static str = "rate";
    const ABOUT: &'static str =
        "A rate of transfer with its unit: bits (Gbps, Gb/s) or bytes (GB/s) a second.";
    const EXAMPLES: &'static [&'static str] = &["200Gbps", "25GB/s"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let help = "write a number and a unit: 200Gbps (bits a second) or 25GB/s (bytes a second)";
        number_and_unit(text)
            .and_then(|(number, unit)| {
                RATES.iter().find(|(name, _)| *name == unit).map(|(_, scale)| Self(number * scale))
            })
            .ok_or_else(|| UnitError::new(format!("`{text}` is not a rate"), help))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, scale) = RATES[..5].iter().find(|(_, scale)| self.0 >= *scale).unwrap_or(&RATES[4]);
        let scaled = self.0 / scale;
        if (scaled * 1e6).fract() == 0.0
            && (scaled.to_string().parse::<f64>().map(|v| v * scale)) == Ok(self.0)
        {
            write!(f, "{scaled}{name}")
        } else {
            write!(f, "{}bps", self.0)
        }
    }
}
unit_as_text!(Rate);
