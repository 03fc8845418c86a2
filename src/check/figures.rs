//! Figures and their sources: what disagrees, what is out of its own range, and what is old.
//!
//! The figures are found by walking the strawman as data, so that no field can be forgotten here when the language grows.

use std::str::FromStr;

use afctl_contract::codes::goals as codes;
use afctl_contract::units::{Bytes, Cores, Date, Duration, Fraction, Money, Rate};
use afctl_contract::{Diagnostic, Diagnostics, Path, path};
use serde_json::Value;

use super::context::Context;
use super::say;

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let Ok(Value::Object(spec)) = serde_json::to_value(cx.spec) else { return };
    for (section, value) in &spec {
        // What a variant says is checked when the variant is.
        if section != "variants" {
            walk(cx, &path!["spec", section], value, out);
        }
    }
    if let Some(costs) = spec.get("costs") {
        sources(&path!["spec", "costs"], costs, out);
    }
}

fn walk(cx: &Context<'_>, here: &Path, value: &Value, out: &mut Diagnostics) {
    match value {
        Value::Object(map) if is_figure(map) => figure(cx, here, map, out),
        Value::Object(map) => {
            for (key, value) in map {
                // The values of a chart are the chart's business.
                if key != "values" {
                    walk(cx, &here.join(key), value, out);
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
                walk(cx, &here.join(i), item, out);
            }
        }
        _ => {}
    }
}

fn is_figure(map: &serde_json::Map<String, Value>) -> bool {
    const KEYS: [&str; 7] = ["value", "low", "high", "source", "asOf", "note", "others"];
    map.contains_key("value") && map.keys().all(|key| KEYS.contains(&key.as_str()))
}

/// A quantity as a number, so that two of the same kind can be compared.
fn number(value: &Value) -> Option<(f64, &'static str)> {
    fn read<T: FromStr>(text: &str, to: impl Fn(T) -> f64) -> Option<f64> {
        text.parse().ok().map(to)
    }
    if let Some(number) = value.as_f64() {
        return Some((number, "number"));
    }
    let text = value.as_str()?;
    None.or_else(|| text.parse::<f64>().ok().map(|n| (n, "number")))
        .or_else(|| {
            read(text, super::storage::real).filter(|_| text.parse::<Bytes>().is_ok()).map(|n| (n, "bytes"))
        })
        .or_else(|| read(text, |rate: Rate| rate.0).map(|n| (n, "rate")))
        .or_else(|| read(text, |money: Money| money.amount).map(|n| (n, "money")))
        .or_else(|| {
            read(text, |duration: Duration| f64::from(u32::try_from(duration.0).unwrap_or(u32::MAX)))
                .map(|n| (n, "time"))
        })
        .or_else(|| read(text, |share: Fraction| share.0).map(|n| (n, "number")))
        .or_else(|| read(text, |cores: Cores| cores.count()).map(|n| (n, "number")))
}

fn date(value: Option<&Value>) -> Option<Date> {
    match value? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

fn figure(cx: &Context<'_>, here: &Path, map: &serde_json::Map<String, Value>, out: &mut Diagnostics) {
    dates(cx, here, map, out);
    let text = |place: &Path, value: &Value| {
        cx.written(place)
            .map_or_else(|| value.as_str().map_or_else(|| value.to_string(), str::to_owned), str::to_owned)
    };
    let of = |key: &str| map.get(key).and_then(number);
    if let (Some((low, _)), Some((high, _))) = (of("low"), of("high"))
        && low > high
    {
        out.push(
            Diagnostic::new(
                &codes::LOW_ABOVE_HIGH,
                format!(
                    "The lowest, {}, is above the highest, {}",
                    text(&here.join("low"), &map["low"]),
                    text(&here.join("high"), &map["high"])
                ),
            )
            .at(here.join("low"))
            .also(here.join("high"), "the highest")
            .help("exchange the two"),
        );
        return;
    }
    let Some((value, kind)) = of("value") else { return };
    let shown = text(&here.join("value"), &map["value"]);
    for (end, outside) in [
        ("low", of("low").is_some_and(|(low, _)| value < low)),
        ("high", of("high").is_some_and(|(high, _)| value > high)),
    ] {
        if outside {
            let (limit, beyond) = (
                text(&here.join(end), &map[end]),
                if end == "low" { "below the lowest" } else { "above the highest" },
            );
            out.push(
                Diagnostic::new(
                    &codes::OUTSIDE,
                    format!("{shown} is {beyond} that the source gives, {limit}"),
                )
                .at(here.join("value"))
                .also(here.join(end), format!("the {end} end of the range"))
                .help("correct the one that is wrong, perhaps in another unit"),
            );
        }
    }
    disagree(here, map, (value, kind), &shown, &text, out);
}

fn disagree(
    here: &Path,
    map: &serde_json::Map<String, Value>,
    (value, kind): (f64, &str),
    shown: &str,
    text: &impl Fn(&Path, &Value) -> String,
    out: &mut Diagnostics,
) {
    let by = |entry: &serde_json::Map<String, Value>| {
        let source = entry.get("source").and_then(Value::as_str).unwrap_or("no source");
        date(entry.get("asOf")).map_or_else(|| source.to_owned(), |date| format!("{source}, {date}"))
    };
    let others = map.get("others").and_then(Value::as_array).into_iter().flatten();
    let mut said = Vec::new();
    let mut most = 1.0_f64;
    for (i, claim) in others.enumerate() {
        let (Some(entry), Some((other, other_kind))) =
            (claim.as_object(), claim.get("value").and_then(number))
        else {
            continue;
        };
        if other_kind != kind || (other - value).abs() <= value.abs() * 1e-9 {
            continue;
        }
        let place = here.join("others").join(i).join("value");
        let ratio = if other > value { other / value } else { value / other };
        most = most.max(ratio);
        said.push((place.clone(), format!("{} ({})", text(&place, &entry["value"]), by(entry))));
    }
    if said.is_empty() {
        return;
    }
    let listed: Vec<&str> = said.iter().map(|(_, text)| text.as_str()).collect();
    let apart = if most.is_finite() {
        format!(", {} times apart", say::count((most * 100.0).round() / 100.0))
    } else {
        String::new()
    };
    let mut finding = Diagnostic::new(
        &codes::SOURCES_DISAGREE,
        format!("Sources disagree{apart}: {shown} ({}), and {}", by(map), listed.join(", ")),
    )
    .at(here.join("value"))
    .label("calculated with this");
    for (place, _) in said {
        finding = finding.also(place, "another source");
    }
    out.push(finding.help("find out which holds; or suppress this warning and say why this one is taken"));
}

/// First and last day that a date may mean, as days that can be compared.
fn days(date: Date) -> (i32, i32) {
    let day =
        |month: i8, day: i8| i32::from(date.year) * 372 + i32::from(month - 1) * 31 + i32::from(day - 1);
    match (date.month, date.day) {
        (Some(month), Some(exact)) => (day(month, exact), day(month, exact)),
        (Some(month), None) => (day(month, 1), day(month, 31)),
        _ => (day(1, 1), day(12, 31)),
    }
}

fn dates(cx: &Context<'_>, here: &Path, map: &serde_json::Map<String, Value>, out: &mut Diagnostics) {
    let Some(looked) = cx.strawman.metadata.as_of else { return };
    let others = map.get("others").and_then(Value::as_array).into_iter().flatten().enumerate();
    let claims =
        others.filter_map(|(i, claim)| Some((here.join("others").join(i), date(claim.get("asOf"))?)));
    for (place, when) in date(map.get("asOf")).map(|when| (here.clone(), when)).into_iter().chain(claims) {
        let (first, last) = days(when);
        let (since, until) = days(looked);
        if first > until {
            out.push(
                Diagnostic::new(
                    &codes::FUTURE,
                    format!("This figure is of {when}, and the figures were last looked at in {looked}"),
                )
                .at(place.join("asOf"))
                .also(path!["metadata", "asOf"], "when they were last looked at")
                .help("correct the date, or move `metadata.asOf` forward"),
            );
        } else if last + 5 * 372 < since {
            out.push(
                Diagnostic::new(
                    &codes::OLD,
                    format!("This figure is of {when}, more than five years before {looked}"),
                )
                .at(place.join("asOf"))
                .help("look whether there is a newer one"),
            );
        }
    }
}

/// Whether a price has a source, or is not known at all.
fn is_accounted_for(map: &serde_json::Map<String, Value>) -> bool {
    map.contains_key("source") || map.get("value").is_some_and(|value| value == "unknown")
}

fn sources(here: &Path, costs: &Value, out: &mut Diagnostics) {
    let Value::Object(costs) = costs else { return };
    for (key, value) in costs {
        let place = here.join(key);
        match value {
            Value::Object(map) if is_figure(map) && is_accounted_for(map) => continue,
            Value::Object(map) if is_figure(map) => {}
            Value::Object(_) => {
                sources(&place, value, out);
                continue;
            }
            value if value == "unknown" => continue,
            _ => {}
        }
        out.push(
            Diagnostic::new(&codes::NO_SOURCE, format!("Nothing says where `{key}` comes from"))
                .at_key(place)
                .help(format!("write `{key}: {{value: …, source: …, asOf: …}}`")),
        );
    }
}
