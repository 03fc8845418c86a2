//! Codes of people, funding, costs, targets, sources and variants. See the table in [`super`].

crate::codes! {
    SOURCES_DISAGREE = "AF0901" Warning "Sources disagree about a figure" "\
The figure has `others` that say something else. afctl calculates with `value` and never chooses silently: whoever reads the \
comparison should know by how much it might be off.\n\n    usable:\n      value: 4.5PB\n      source: facility summary\n      \
others: [{value: 1PB, source: site page}]\n\nFind out which holds and remove the other; or suppress this warning with the \
reason why this one is taken.";
    LOW_ABOVE_HIGH = "AF0902" Error "The lowest is above the highest" "\
`low` and `high` are the ends of the range that the source gives.\n\n    {value: 0.012 USD, low: 0.009 USD, high: 0.014 USD}";
    OUTSIDE = "AF0903" Warning "A figure is outside its own range" "\
`value` is what is calculated with and should lie between `low` and `high`. Mostly one of the three is in another \
unit.\n\nCorrect the one that is wrong.";
    NO_SOURCE = "AF0904" Note "A price has no source" "\
A comparison is worth as much as its prices. A figure with `source` and `asOf` can be looked up by whoever doubts it.\n\n    \
cpuCoreHour: {value: 0.0126 USD, source: Internet2, asOf: 2017-06-19}";
    OLD = "AF0905" Note "A figure is older than five years" "\
Prices and hardware change; a figure this old is mostly good for its order of magnitude. Its age is counted from \
`metadata.asOf`.\n\nLook whether there is a newer one.";
    FUTURE = "AF0906" Warning "A figure is newer than the strawman" "\
`asOf` is when the figure was so, and `metadata.asOf` when all figures were last looked at. Mostly a year is \
mistyped.\n\nCorrect the date, or move `metadata.asOf` forward.";
    TIME_TO_RESULT = "AF0907" Warning "The time to result cannot be met" "\
Even if every owned core that sees the data did nothing else, reading takes longer than the target allows. Counted are the \
physical cores of pools without GPUs at sites from which `data` storage is visible, 12.5 MB/s each unless `ratePerCore` says \
otherwise, and the rates of storage and network where known. Opportunistic and burst capacity are not promised, so they do not \
count.\n\nAdd cores, let more sites see the data, or allow more time.";
    SUPPORT_RATIO = "AF0908" Warning "There are too many users for those who help them" "\
Active users divided by the full-time equivalents of `support.userLevel` exceed `targets.usersPerSupportFte.max`. DevOps and \
embedded people are counted apart.\n\nAdd user support, or correct the target.";
    BOUND_MISSED = "AF0909" Warning "A target of capacity is missed" "\
Targets of cores and GPUs count what the facility owns, physical cores and physical cards. Opportunistic and burst capacity do \
not count.\n\nAdd nodes, or correct the target.";
    COST_MISSED = "AF0910" Warning "The cost is above its target" "\
What can be calculated from `costs` alone is already more than `targets.costPerYear.max`. What has no price is not counted, so \
the whole is more still.\n\nCorrect prices or target.";
    FTE_SUM = "AF0911" Warning "The people at the sites are not all the people" "\
`bySite` spreads `fte` over the sites, so its figures must add up to it.\n\n    userLevel: {fte: 1.5, bySite: {uchicago: 1.0, \
slac: 0.5}}";
    ALONE = "AF0912" Note "Less than one whole person helps at a site" "\
Part of a person cannot be away, and has nobody to ask. With less than one full-time equivalent, the help stops with every \
holiday.\n\nNothing must be done: comparisons show it as the number of sites with less than one.";
    FUNDING = "AF0913" Warning "The funding model and the accounts do not go together" "\
- `hpc`: agencies pay for everything and allocate it; nobody buys in or pays as they go\n- `cloud`: groups buy in or pay for \
what they use\n- `hybrid`: some buy in, small ones live on an allocation\n\nCorrect `funding.model`, or the accounts' \
`funding`.";
    BUY_IN = "AF0914" Note "Nothing says how groups buy in" "\
Accounts buy in, and `funding.buyIn` does not say at what overhead and for how long, so comparisons cannot count what they \
pay.\n\n    buyIn: {hardwareOverhead: 0.15, term: 5y}";
    NO_CHANGE = "AF0915" Warning "A variant changes nothing" "\
It has neither a `patch` nor a `splitBy` that would do anything, so it would be compared as the same facility again.\n\n    \
variants: {islands: {splitBy: site}, small: {patch: {nodePools: {roma: null}}}}";
    UNKNOWN_SUPPRESSED = "AF0916" Warning "There is no such code" "\
`suppress` names a code that afctl never says, so it suppresses nothing. `afctl explain` lists all of them.\n\nCorrect the \
code.";
    NOTHING_SUPPRESSED = "AF0917" Note "A suppression suppresses nothing" "\
Nothing of this code was found here. Perhaps what it was for has been mended, and the next one will be hidden \
unseen.\n\nRemove it.";
    ERROR_SUPPRESSED = "AF0918" Error "An error cannot be suppressed" "\
Errors are what afctl cannot go on with; only warnings and notes can be accepted.\n\nMend what the error says.";
    SUPPRESSED_NOWHERE = "AF0919" Warning "A suppression leads nowhere" "\
`at` is a path that the strawman does not have, so nothing is ever found there. Mostly something was renamed.\n\n    \
suppress: [{code: AF0503, at: spec.storage.home, reason: few users fill it}]";
    USERS = "AF0920" Warning "The numbers of users contradict each other" "\
Those at one time are part of those active in a month, who are part of those registered.\n\n    users: {registered: 400, active: \
150, concurrent: 40}";
    PRICE_PER = "AF0921" Warning "A price is per something else" "\
The key says what the price is per: a core-hour, a GPU-hour, a TB-year. afctl calculates with that and does not convert.\n\n    \
cpuCoreHour: 0.0126 USD\n    storageTbYear: 100 USD/TB-year";
    CURRENCIES = "AF0922" Warning "Prices are in several currencies" "\
afctl knows no rates of exchange, so it cannot add these up.\n\nWrite all prices in one currency; the `note` of a figure may keep \
the original.";
}
