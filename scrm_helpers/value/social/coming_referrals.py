"""The referral value of the coming twelve months: conversions expected of everybody, times what one brings in them."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, unknown
from scrm_helpers.stats.chance import beside_chance
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social.coming_year import MONTHS, ComingYear, Deeds, Seen, age_at, foretell
from scrm_helpers.value.social.referral_value import NO_REFERRALS, ReferralFlows, referral_components, referral_flows

COUNTS = ["Conversions", "At least", "At most"]
VALUES = ["Value in them", "Value from", "Value to"]


@dataclass(frozen=True)
class ReferralRecord:
    """What is on record about referrals, as of any day of the past as well."""

    referrals: pd.DataFrame
    orders: pd.DataFrame
    customers: pd.DataFrame
    seen: pd.DataFrame  # ``seen_on, is_customer`` by person
    p_type1: float
    made: dict[pd.Timestamp, ReferralFlows] = field(default_factory=dict)  # by day, once each

    def flows(self, day: pd.Timestamp) -> ReferralFlows:
        """Return the cash flows of every referral that had converted by a day."""
        if day not in self.made:
            rows = self.referrals[self.referrals["referred_on"] <= day]
            self.made[day] = referral_flows(rows, self.orders, self.customers, day, p_type1_default=self.p_type1)
        return self.made[day]

    def known(self, day: pd.Timestamp) -> pd.DataFrame:
        """Return the people who were known by a day."""
        return self.seen[~(self.seen["seen_on"] > day)]

    def coming(self, day: pd.Timestamp, terms: Terms) -> ComingYear:
        """Foretell the twelve months after a day from what was known on it."""
        flows, people = self.flows(day), self.known(day)
        if flows.unknown or not len(flows.rows):
            return ComingYear(reason=flows.unknown or "no referral has become a customer")
        person, age = age_at(people, flows.rows["referrer_id"], flows.rows["converted_on"])
        parts = referral_components(flows, terms.discount_rate).sum(axis=1)
        size = flows.rows["credit"].to_numpy(float) * (parts + flows.expected_rest.sum(axis=1))
        done = Deeds(person, age, worth_by_month(flows, terms.discount_rate), size)
        return foretell(Seen.between(people, self.referrals["referred_on"].min(), day), done, terms.seed)

    def came(self, day: pd.Timestamp, until: pd.Timestamp, rate: float) -> tuple[int, float]:
        """Count the conversions between two days of people known on the first, and what they brought by the second."""
        flows = self.flows(until).since(day)
        month = np.minimum((flows.rows["converted_on"] - day).dt.days.to_numpy() * MONTHS // 366, MONTHS - 1)
        theirs = flows.rows["referrer_id"].isin(self.known(day).index).to_numpy()
        return int(theirs.sum()), float(worth_by_month(flows, rate, month)[theirs].sum())


def worth_by_month(flows: ReferralFlows, rate: float, month: np.ndarray | None = None) -> np.ndarray:
    """Discount what a conversion brings until the year is over, had it come in each month; or in the month it came."""
    p, credit = flows.rows["p_type1"].to_numpy(float), flows.rows["credit"].to_numpy(float)
    at_once, later = flows.saved[:, 0] - p * flows.reward[:, 0], np.arange(MONTHS)
    factor = (1 + rate) ** (-np.arange(1, 2 * MONTHS) / 12)
    if month is not None:
        return credit * (at_once * factor[month] + p * (flows.monthly * factor[month[:, None] + later]).sum(axis=1))
    left = np.clip(MONTHS - 0.5 - later[:, None] - later, 0, 1)  # of each month of age, by the month it came in
    discounted = left * factor[later[:, None] + later]
    worth = credit[:, None] * (at_once[:, None] * factor[:MONTHS] + p[:, None] * (flows.monthly @ discounted.T))
    seen = flows.rows["exposure"].to_numpy(float) * MONTHS
    return np.where(seen[:, None] >= MONTHS - 0.5 - later, worth, np.nan)


class ComingReferrals(Answer):
    """What people will bring by referring, and what was foretold a year ago beside what came."""

    ABSENT = "What people will bring by referring in the coming twelve months cannot be foretold: {reason}."

    value: Measure = unknown("referral_value_next_12m", "EUR")
    count: Measure = unknown("conversions_next_12m", "count")
    ratio: Measure = unknown("referral_forecast_ratio", "ratio")  # foretold a year ago over what came
    again: Measure = unknown("referrers_again_share", "share")  # of those who brought somebody lately
    chance: Chance | None = None  # of the share that brought again
    by_person: pd.DataFrame = field(default_factory=lambda: ComingYear().people)
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)

    TESTED = "share of last year's referrers who had brought somebody before"
    HELD, SAME = "referral value foretold a year ago beside what came", "what came in the twelve months foretold"
    CLAIMS = (
        Claim(name="those_who_brought_bring_again", tested=TESTED, estimate=again),
        Claim(name="referral_forecast_misses", tested=HELD, estimate=ratio, chance=Chance(1.0, SAME)),
    )

    def _again(self) -> str:
        if self.chance is None or self.again.value is None:
            return ""
        among = f"chance among customers of one age would give {self.chance.written(numbers.percent)}"
        beyond = self.tested("those_who_brought_bring_again").direction > 0
        said = "the same people go on bringing" if beyond else "that the same people go on bringing is not shown"
        brought = f"Of {numbers.plural(self.again.n or 0, 'customer')} of a year ago who have brought somebody since"
        return f"{brought} {numbers.percent(self.again.value)} had done so before; {among}: {said}."

    def _held(self) -> str:
        if self.ratio.value is None:
            return f"Whether such a forecast would have been right cannot be said: {self.ratio.reason}."
        amounts = self.rows[VALUES].map(numbers.money, currency=self.value.unit)
        (said, *ends), (came, *_) = amounts.to_numpy().tolist()[:2]
        low, high = self.ratio.ends
        inside = "inside that range" if low <= 1 <= high else "outside that range, so the next may miss as well"
        return f"Foretold the same way a year ago: {said} ({' to '.join(ends)}); it became {came}, {inside}."

    def words(self) -> Words:
        money = partial(numbers.money, currency=self.value.unit)
        brought = bring(self.value.value or 0.0, self.value.unit)
        return Words(
            sentence=f"In the coming twelve months the {numbers.plural(self.value.n or 0, 'person', 'people')} known "
            f"are expected to win {numbers.plural(round(self.count.value or 0.0), 'customer')} "
            f"({numbers.span(self.count, numbers.count)}) who {brought} in these months ({self.value.level:.0%} range "
            f"{numbers.span(self.value, money)}). {self._held()} {self._again()}",
            parts={"those_who_brought_bring_again": self._again(), "referral_forecast_misses": self._held()},
            title=f"In the coming twelve months referrals are expected to {brought}",
            table=self.rows,
            formats=dict.fromkeys(COUNTS, "count") | dict.fromkeys(VALUES, "money"),
            caption="Conversions of twelve months and what they bring within them",
            note="gamma-Poisson counts with rates by time since joining; value: margin before marketing cost times the "
            "chance that the referral was needed, less reward, plus acquisition cost saved, within the twelve months, "
            "discounted monthly as lifetime value is; ranges: 95% of futures",
        )


def referrals_to_come(record: ReferralRecord | None, terms: Terms) -> ComingReferrals:
    """Foretell the coming twelve months, and the last twelve as of a year ago beside what came."""
    day = terms.as_of
    next_year = record.coming(day, terms) if record else ComingYear(reason=NO_REFERRALS)
    if record is None or next_year.reason:
        return ComingReferrals(reason=next_year.reason, value=unknown("referral_value_next_12m", terms.currency))
    before, n = day - pd.DateOffset(months=MONTHS), len(record.known(day))
    past, (count, value) = record.coming(before, terms), record.came(before, day, terms.discount_rate)
    ahead, foretold = _expected(next_year), _expected(past)
    why = f"a year ago {past.reason}" if past.reason else "those known a year ago have brought nothing since"
    again, by_chance = bringing_again(record.flows(day).rows, record.known(before), before)
    ratio = Estimate(reason=why, n=count) if past.reason or value <= 0 else foretold[1].times(1 / value)
    rows = {
        "the last twelve, as foretold before them": foretold,
        "the last twelve, as they came, by those known before": (Estimate(value=count), Estimate(value=value)),
        "the coming twelve": ahead,
    }
    who, when = "everybody known a year ago", "the last twelve months"
    table = [(name, *(end for one in both for end in (one.value, one.low, one.high))) for name, both in rows.items()]
    return ComingReferrals(
        value=ahead[1].measure("referral_value_next_12m", terms.currency, n=n, kind="attributed"),
        count=ahead[0].measure("conversions_next_12m", "count", n=n),
        ratio=ratio.measure("referral_forecast_ratio", "ratio", n=count, population=who, window=when),
        again=again,
        chance=by_chance,
        by_person=next_year.people,
        rows=pd.DataFrame(table, columns=["Twelve months", *COUNTS, *VALUES]),
        population="everybody known on the day of the report",
        window="the coming twelve months",
        window_from=(day + pd.Timedelta(days=1)).date(),
        window_to=(day + pd.DateOffset(months=MONTHS)).date(),
    )


def _expected(year: ComingYear) -> tuple[Estimate, ...]:
    """Return count and value that are expected, each with the range of futures."""
    if year.reason:
        return (Estimate(reason=year.reason),) * 2
    both = {"count": year.counts, "value": year.values}
    ends = (np.quantile(drawn, [0.025, 0.975]).tolist() for drawn in both.values())
    sums = year.people[[*both]].sum().tolist()
    return tuple(Estimate(value=one, low=low, high=high) for one, (low, high) in zip(sums, ends, strict=True))


def bringing_again(rows: pd.DataFrame, people: pd.DataFrame, before: pd.Timestamp) -> tuple[Measure, Chance | None]:
    """Return the share of last year's referrers who had brought somebody before, and what chance gives at one age."""
    name, people = "referrers_again_share", people[people["is_customer"].astype(bool)]
    lately = rows["converted_on"] > before
    late, early = (people.index.isin(rows.loc[part, "referrer_id"]) for part in (lately, ~lately))
    found = beside_chance(pd.Series(early), pd.Series(late.astype(float)), people["seen_on"].reset_index(drop=True))
    n = int(late.sum())
    if found is None or not early.any():
        return unknown(name, "share", "too few people brought somebody in both of two years", n), None
    part, chance = found
    who, when = "customers of a year ago who brought somebody since", "the last twelve months and all before"
    return counted(name, part, n, "share", "chance has the range", population=who, window=when), chance
