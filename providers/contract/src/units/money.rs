//! Money, and what it is per.

use std::fmt;
use std::str::FromStr;

use super::{Unit, UnitError, number_and_unit, plain, unit_as_text};

/// What an amount is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Per {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A year.
    Year,
    /// One core for an hour.
    CoreHour,
    /// One GPU for an hour.
    GpuHour,
    /// One TB.
    Tb,
    /// One TB for a month.
    TbMonth,
    /// One TB for a year.
    TbYear,
    /// One kWh.
    Kwh,
    /// One full-time person for a year.
    FteYear,
    /// One user for a year.
    UserYear,
    /// One node.
    Node,
}

const NAMES: [(Per, &str, &[&str]); 14] = [
    (Per::Hour, "hour", &["h"]),
    (Per::Day, "day", &["d"]),
    (Per::Week, "week", &["w"]),
    (Per::Month, "month", &["mo"]),
    (Per::Year, "year", &["y", "a"]),
    (Per::CoreHour, "core-hour", &["core-h", "cpu-hour"]),
    (Per::GpuHour, "GPU-hour", &["gpu-h"]),
    (Per::Tb, "TB", &[]),
    (Per::TbMonth, "TB-month", &[]),
    (Per::TbYear, "TB-year", &[]),
    (Per::Kwh, "kWh", &[]),
    (Per::FteYear, "FTE-year", &["fte"]),
    (Per::UserYear, "user-year", &[]),
    (Per::Node, "node", &[]),
];

impl Per {
    /// Whether it is a length of time.
    pub const fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Day | Self::Week | Self::Month | Self::Year)
    }
}

impl FromStr for Per {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        NAMES
            .iter()
            .find(|(_, name, others)| {
                name.eq_ignore_ascii_case(text) || others.iter().any(|other| other.eq_ignore_ascii_case(text))
            })
            .map(|(per, ..)| *per)
            .ok_or(())
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(per, ..)| per == self).map_or("", |(_, name, _)| name);
        f.write_str(name)
    }
}

/// An amount of money, in a named currency, once or per something.
#[derive(Debug, Clone, PartialEq)]
pub struct Money {
    /// How much.
    pub amount: f64,
    /// ISO 4217, three capitals.
    pub currency: String,
    /// Per what, where said.
    pub per: Option<Per>,
}

impl Unit for Money {
    const NAME: &'static str = "money";
    const ABOUT: &'static str = "Money: an amount, a currency of three capitals, and per what: hour, month, year, \
                                 core-hour, GPU-hour, TB, TB-month, TB-year, kWh, FTE-year, node.";
    const EXAMPLES: &'static [&'static str] = &["0.0126 USD", "2000 USD/month", "100 EUR/TB-year"];
    const BARE_NUMBER: bool = false;
}

impl FromStr for Money {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let help = "write an amount, a currency, and per what: 2000 USD/month";
        let wrong = || UnitError::new(format!("`{text}` is not an amount of money"), help);
        let (amount, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let (currency, per) = match unit.split_once('/') {
            Some((currency, per)) => {
                let per = per.trim();
                let per = per.parse().map_err(|()| {
                    UnitError::new(
                        format!("`{per}` is nothing that afctl counts money per"),
                        "use hour, day, month, year, core-hour, GPU-hour, TB, TB-month, TB-year, kWh, FTE-year, \
                         user-year or node",
                    )
                })?;
                (currency.trim(), Some(per))
            }
            None => (unit, None),
        };
        if currency.is_empty() {
            return Err(UnitError::new(format!("`{text}` has no currency"), help));
        }
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(wrong());
        }
        Ok(Self { amount, currency: currency.to_owned(), per })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", plain(self.amount), self.currency)?;
        self.per.map_or(Ok(()), |per| write!(f, "/{per}"))
    }
}
unit_as_text!(Money);
