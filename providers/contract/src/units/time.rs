//! Lengths of time, and dates that may be as coarse as a year.

use std::fmt;
use std::str::FromStr;

use super::{Unit, UnitError, number_and_unit, unit_as_text};

/// A length of time in whole seconds. A month counts 30 days and a year 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Duration(pub u64);

const UNITS: [(&str, u64); 6] =
    [("y", 31_536_000), ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Duration {
    /// In hours.
    #[allow(clippy::cast_precision_loss)]
    pub fn hours(self) -> f64 {
        self.0 as f64 / 3600.0
    }

    /// As the standard library's.
    pub fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }
}

impl Unit for Duration {
    const NAME: &'static str = "duration";
    const ABOUT: &'static str =
        "A length of time: s, m, h, d, w or y (365 days), largest first where several are joined.";
    const EXAMPLES: &'static [&'static str] = &["30m", "4h", "1d12h", "3d", "5y"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for Duration {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let help = "write a number and a unit: 90s, 30m, 4h, 3d, 2w, 5y, or joined: 1d12h";
        let wrong = || UnitError::new(format!("`{text}` is not a length of time"), help);
        let mut rest = text.trim();
        if !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
            return Err(UnitError::new(format!("`{text}` has no unit"), help));
        }
        let mut total = 0.0_f64;
        let mut last = u64::MAX;
        while !rest.is_empty() {
            let (number, tail) = number_and_unit(rest).ok_or_else(wrong)?;
            let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let size = match &tail[..end] {
                "s" | "sec" | "second" | "seconds" => 1,
                "m" | "min" | "minute" | "minutes" => 60,
                "h" | "hour" | "hours" => 3_600,
                "d" | "day" | "days" => 86_400,
                "w" | "week" | "weeks" => 604_800,
                "month" | "months" => 30 * 86_400,
                "y" | "year" | "years" => 31_536_000,
                _ => return Err(wrong()),
            };
            if size >= last {
                return Err(wrong());
            }
            last = size;
            #[allow(clippy::cast_precision_loss)]
            let seconds = number * size as f64;
            total += seconds;
            rest = tail[end..].trim_start();
        }
        if last == u64::MAX || total > 1e12 {
            return Err(wrong());
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let seconds = total.round() as u64;
        Ok(Self(seconds))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, size) =
            UNITS.iter().find(|(_, size)| self.0 > 0 && self.0.is_multiple_of(*size)).unwrap_or(&UNITS[5]);
        write!(f, "{}{name}", self.0 / size)
    }
}
unit_as_text!(Duration);

/// A date known to the year, the month or the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i16,
    /// Month, from 1, where known.
    pub month: Option<i8>,
    /// Day of the month, from 1, where known.
    pub day: Option<i8>,
}

impl Unit for Date {
    const NAME: &'static str = "date";
    const ABOUT: &'static str =
        "A date as far as it is known: a year, a month (2026-08) or a day (2026-08-31).";
    const EXAMPLES: &'static [&'static str] = &["2026-08-31", "2026-08", "2026"];
    const BARE_NUMBER: bool = true;
}

impl FromStr for Date {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::new(format!("`{text}` is not a date"), "write 2026-08-31, 2026-08 or 2026");
        let parts: Vec<&str> = text.trim().split('-').collect();
        let widths_fit =
            matches!(parts.iter().map(|p| p.len()).collect::<Vec<_>>()[..], [4] | [4, 2] | [4, 2, 2]);
        if !widths_fit || !parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(wrong());
        }
        let year: i16 = parts[0].parse().map_err(|_| wrong())?;
        let month: Option<i8> = parts.get(1).map(|p| p.parse()).transpose().map_err(|_| wrong())?;
        let day: Option<i8> = parts.get(2).map(|p| p.parse()).transpose().map_err(|_| wrong())?;
        jiff::civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).map_err(|_| wrong())?;
        Ok(Self { year, month, day })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}
unit_as_text!(Date);
