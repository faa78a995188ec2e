"""The last twelve months, like for like: who came by a referral in them beside what everybody bought in them."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.answers.answer import PLACE
from scrm_helpers.stats.chance import mean_bootstrap_t, ratio_bootstrap_t
from scrm_helpers.value.social.coming_year import MONTHS
from scrm_helpers.value.social.referral_value import NO_REFERRALS, ReferralFlows, referral_value_per_person

NOBODY_CAME = "nobody came"


class YearsMargin(Answer):
    """What everybody bought in the last twelve months."""

    margin: Measure = unknown("margin_12m", "EUR")
    word: str = "margin"  # or sales, where no margin is known

    def words(self) -> Words:
        who = numbers.plural(self.margin.n or 0, "person", "people")
        bought = numbers.money(self.margin.value, self.margin.unit)
        return Words(sentence=f"In the last twelve months the orders of {who} brought {bought} of {self.word}.")


class LastYear(YearsMargin):
    """Referral value and margin of the last twelve months, and the one as a share of the other."""

    value: Measure = unknown("referral_value_12m", "EUR")
    share: Measure = unknown("referral_share_of_margin_12m", "share")
    gross: float = 0.0  # referral value before marketing cost, as the margin is
    rest: float = 0.0  # of the referral value, not shown yet
    conversions: int = 0

    def words(self) -> Words:
        currency = self.value.unit
        bought = f"{numbers.money(self.margin.value, currency)} of {self.word}"
        if self.value.value is None:
            text = f"In the last twelve months everybody together brought {bought}; what referrals brought cannot be "
            text += f"said: {self.value.reason}."
        elif not self.conversions:
            text = f"No referral brought a customer in the last twelve months; everybody together brought {bought}."
        else:
            came = numbers.plural(self.conversions, "customer")
            ends = numbers.interval(*self.share.ends, numbers.percent)
            text = (
                f"{came} who came by a referral in the last twelve months are worth "
                f"{numbers.money(self.value.value, currency)} in their first year, of which "
                f"{numbers.money(self.rest, currency)} is not shown yet; before marketing cost that is "
                f"{numbers.money(self.gross, currency)}, or {numbers.percent(self.share.value)} ({ends}) of the "
                f"{bought} of the same months."
            )
        return Words(
            sentence=text,
            note=(
                "share: referral value of the conversions of twelve months, before marketing cost, over the "
                f"{self.word} of the same twelve months, before marketing cost; a part of the {self.word} is in both, "
                "so never add them"
            ),
        )


def like_for_like(flows: ReferralFlows | None, margin: pd.Series, terms: Terms, word: str = "margin") -> LastYear:
    """Set the referral value of the last twelve months' conversions beside the margin of the same months."""
    bought = years_margin(margin, terms, word)
    made = partial(LastYear, **{name: getattr(bought, name) for name in (*PLACE, "margin", "word")})
    n, since = len(margin), terms.as_of - pd.DateOffset(months=MONTHS)
    untold = NO_REFERRALS if flows is None else flows.unknown
    if flows is None or untold:
        value = unknown("referral_value_12m", terms.currency, untold)
        return made(value=value, share=unknown("referral_share_of_margin_12m", "share", untold))
    year = flows.since(since)
    if not len(year.rows):
        value = Measure(name="referral_value_12m", value=0.0, unit=terms.currency, n=n, no_range=NOBODY_CAME)
        share = unknown("referral_share_of_margin_12m", "share", "no referral brought a customer in these months")
        return made(value=value, share=share)
    rate, unmarketed = terms.discount_rate, replace(year, marketing=np.zeros_like(year.marketing))
    each, gross = (referral_value_per_person(one, rate) for one in (year, unmarketed))
    over = margin.index.union(each.index)
    brought, before = (one["crv"].reindex(over).fillna(0.0) for one in (each, gross))
    spread = mean_bootstrap_t(brought, terms.level, 999, terms.seed)
    found = ratio_bootstrap_t(before, margin.reindex(over).fillna(0.0), terms.level, 999, terms.seed)
    return made(
        value=spread.times(len(over)).measure("referral_value_12m", terms.currency, kind="attributed"),
        share=found.measure("referral_share_of_margin_12m", "share"),
        gross=float(before.sum()),
        rest=float(each["expected_rest"].sum()),
        conversions=len(year.rows),
    )


def years_margin(margin: pd.Series, terms: Terms, word: str = "margin") -> YearsMargin:
    """Sum the margin of the last twelve months over everybody."""
    total, counted = float(margin.sum()), "all orders, not a sample"
    return YearsMargin(
        word=word,
        population="everybody known on the day of the report",
        window="the last twelve months",
        window_from=(terms.as_of - pd.DateOffset(months=MONTHS) + pd.Timedelta(days=1)).date(),
        window_to=terms.as_of.date(),
        margin=Measure(
            name="margin_12m", value=total, unit=terms.currency, n=len(margin), kind="gross", no_range=counted
        ),
    )
