//! Prices: per what they are, and in which currency.

use afctl_contract::codes::goals as codes;
use afctl_contract::language::Figure;
use afctl_contract::units::{Money, Per};
use afctl_contract::{Diagnostic, Diagnostics, Path, path};

use super::context::Context;

/// A price: where it stands, how much it is, and what it is to be per, where its key says so.
struct Price<'a> {
    place: Path,
    money: &'a Money,
    per: Option<(&'static [Per], &'static str)>,
}

/// A key of `costs`, its figure, and what it may be per.
type Field<'a> = (&'static str, &'a Option<Figure<Money>>, &'static [Per], &'static str);

fn all_prices<'a>(cx: &Context<'a>) -> Vec<Price<'a>> {
    let mut all = Vec::new();
    if let Some(costs) = &cx.spec.costs {
        let here = path!["spec", "costs"];
        let fields: [Field<'_>; 6] = [
            ("cpuCoreHour", &costs.cpu_core_hour, &[Per::CoreHour, Per::Hour], "core-hour"),
            ("gpuHour", &costs.gpu_hour, &[Per::GpuHour, Per::Hour], "GPU-hour"),
            ("storageTbYear", &costs.storage_tb_year, &[Per::TbYear], "TB-year"),
            ("egressTb", &costs.egress_tb, &[Per::Tb], "TB"),
            ("fteYear", &costs.fte_year, &[Per::FteYear, Per::Year], "FTE-year"),
            ("powerKwh", &costs.power_kwh, &[Per::Kwh], "kWh"),
        ];
        for (field, figure, per, word) in fields {
            if let Some(money) = figure.as_ref().and_then(Figure::known) {
                all.push(Price { place: cx.value(&here.join(field)), money, per: Some((per, word)) });
            }
        }
        for (kind, prices) in &costs.instances {
            for (field, figure) in
                [("onDemand", &prices.on_demand), ("spot", &prices.spot), ("reserved", &prices.reserved)]
            {
                if let Some(money) = figure.as_ref().and_then(Figure::known) {
                    let place = here.join("instances").join(kind).join(field);
                    all.push(Price { place: cx.value(&place), money, per: Some((&[Per::Hour], "hour")) });
                }
            }
        }
    }
    for (name, pool) in &cx.spec.node_pools {
        if let Some(money) = pool.price.as_ref().and_then(Figure::known) {
            all.push(Price { place: cx.value(&path!["spec", "nodePools", name, "price"]), money, per: None });
        }
    }
    for (name, queue) in &cx.spec.queues {
        if let Some(cap) = queue.overflow.as_ref().and_then(|overflow| overflow.cap.as_ref()) {
            all.push(Price {
                place: path!["spec", "queues", name, "overflow", "cap"],
                money: cap,
                per: None,
            });
        }
    }
    if let Some(bound) = cx.spec.targets.as_ref().and_then(|targets| targets.cost_per_year.as_ref()) {
        all.push(Price {
            place: path!["spec", "targets", "costPerYear", "max"],
            money: &bound.max,
            per: None,
        });
    }
    all
}

pub fn check(cx: &Context<'_>, out: &mut Diagnostics) {
    let all = all_prices(cx);
    for price in &all {
        if let (Some(per), Some((allowed, word))) = (price.money.per, price.per)
            && !allowed.contains(&per)
        {
            out.push(
                Diagnostic::new(
                    &codes::PRICE_PER,
                    format!("This price is per {per}, and the key is per {word}"),
                )
                .at(price.place.clone())
                .help(format!("work it out per {word}, and write the amount and the currency only")),
            );
        }
    }
    let Some(first) = all.first() else { return };
    let currency = &first.money.currency;
    if let Some(other) = all.iter().find(|other| other.money.currency != *currency) {
        out.push(
            Diagnostic::new(
                &codes::CURRENCIES,
                format!("Prices are in {currency} and in {}, which cannot be added up", other.money.currency),
            )
            .at(other.place.clone())
            .also(first.place.clone(), format!("in {currency}"))
            .help(format!("write it in {currency}, and keep the original in its `note`")),
        );
    }
}
