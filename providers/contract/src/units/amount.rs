//! Cores, shares, and budgets of compute: so much at once, or so many hours over a time.

use std::fmt;
use std::str::FromStr;

use super::{Per, Unit, UnitError, number_and_unit, plain, unit_as_text};

/// Processor time at once, in thousandths of what the scheduler counts as one CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Cores {
    /// Thousandths of a CPU.
    pub milli: u64,
}

impl Cores {
    /// In whole CPUs.
    #[allow(clippy::cast_precision_loss)]
    pub fn count(self) -> f64 {
        self.milli as f64 / 1000.0
    }
}

impl Unit for Cores {
    const NAME: &'static str = "cores";
    const ABOUT: &'static str = "A number of CPUs as the site's scheduler counts them; parts as 0.5 or 500m.";
    const EXAMPLES: &'static [&'static str] = &["2", "0.5", "500m"];
    const BARE_NUMBER: bool = true;
}

impl FromStr for Cores {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || {
            UnitError::new(format!("`{text}` is not a number of CPUs"), "write 2, 0.5 or 500m (thousandths)")
        };
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let milli = match unit {
            "" | "core" | "cores" => number * 1000.0,
            "m" => number,
            _ => return Err(wrong()),
        };
        if milli > 1e15 || (milli - milli.round()).abs() > 1e-6 {
            return Err(wrong());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let milli = milli.round() as u64;
        Ok(Self { milli })
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.milli.is_multiple_of(1000) {
            write!(f, "{}", self.milli / 1000)
        } else {
            write!(f, "{}m", self.milli)
        }
    }
}
unit_as_text!(Cores);

/// A share or a rate of change, where 1 is the whole.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Fraction(pub f64);

impl Unit for Fraction {
    const NAME: &'static str = "fraction";
    const ABOUT: &'static str = "A share of the whole: 0.1 or 10%.";
    const EXAMPLES: &'static [&'static str] = &["0.1", "10%"];
    const BARE_NUMBER: bool = true;
}

impl FromStr for Fraction {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(format!("`{text}` is not a share"), "write 0.1 or 10%");
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        match unit {
            "" => Ok(Self(number)),
            "%" => Ok(Self(number / 100.0)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(self.0))
    }
}
unit_as_text!(Fraction);

macro_rules! budget {
    ($(#[$doc:meta])* $type:ident, $name:literal, $about:literal, $examples:expr, $one:literal, [$($alias:literal),*]) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum $type {
            /// So many at any moment.
            AtOnce(f64),
            /// So many hours; over a time, or once and for all.
            Hours {
                /// How many hours of one.
                hours: f64,
                /// Over which time they are granted.
                per: Option<Per>,
            },
        }

        impl $type {
            /// How many at any moment, where the budget says so.
            pub const fn at_once(self) -> Option<f64> {
                match self {
                    Self::AtOnce(count) => Some(count),
                    Self::Hours { .. } => None,
                }
            }
        }

        impl Unit for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const EXAMPLES: &'static [&'static str] = $examples;
            const BARE_NUMBER: bool = true;
        }

        impl FromStr for $type {
            type Err = UnitError;

            fn from_str(text: &str) -> Result<Self, UnitError> {
                let wrong = || {
                    UnitError::new(
                        format!("`{text}` is not an amount of {}s", $one),
                        format!("write 64 (at once) or 20000 {}-hours/year (a budget)", $one),
                    )
                };
                let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
                let (unit, per) = match unit.split_once('/') {
                    Some((unit, per)) => (unit.trim(), Some(per.trim().parse::<Per>().map_err(|_| wrong())?)),
                    None => (unit, None),
                };
                let unit = unit.to_ascii_lowercase();
                let hours = unit.strip_suffix("-hours").or_else(|| unit.strip_suffix("-hour")).or_else(|| unit.strip_suffix("-h"));
                match hours {
                    Some(of) if [$($alias),*].contains(&of) => {
                        if per.is_some_and(|per| !per.is_time()) {
                            return Err(wrong());
                        }
                        Ok(Self::Hours { hours: number, per })
                    }
                    None if per.is_none() && (unit.is_empty() || [$($alias),*].contains(&unit.trim_end_matches('s'))) => {
                        Ok(Self::AtOnce(number))
                    }
                    _ => Err(wrong()),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::AtOnce(count) => f.write_str(&plain(*count)),
                    Self::Hours { hours, per } => {
                        write!(f, "{} {}-hours", plain(*hours), $one)?;
                        per.map_or(Ok(()), |per| write!(f, "/{per}"))
                    }
                }
            }
        }
        unit_as_text!($type);
    };
}

budget!(
    /// How much processor an account may use.
    CpuBudget,
    "cpuBudget",
    "Cores at once (64), or core-hours over a time (2000000 core-hours/year).",
    &["64", "2000000 core-hours/year"],
    "core",
    ["core", "cpu"]
);
budget!(
    /// How many GPUs an account may use.
    GpuBudget,
    "gpuBudget",
    "GPUs at once (8), or GPU-hours over a time (20000 GPU-hours/year).",
    &["8", "20000 GPU-hours/year"],
    "GPU",
    ["gpu"]
);
