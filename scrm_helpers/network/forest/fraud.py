"""Referrals that deserve a second look before they are rewarded: hints, never a verdict."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, counted, numbers, unknown
from scrm_helpers.network.forest.by_chance import RECORDED
from scrm_helpers.network.forest.referral_forest import FLAGS, LEFT_OUT, Forest, encode
from scrm_helpers.tables.values.identity import within_rings

HINTS = (
    "referred themselves",
    "referred one another in a ring",
    "share the mail address of who referred them, but for a number or a tag",
    "referred many people within a few days",
)
BURST_REFERRALS, BURST_DAYS = 8, 3


class FraudHints(Answer):
    """Referrals that carry a hint."""

    population: str = "people who referred somebody"
    window: str = RECORDED
    with_hints: Measure = unknown("referrals_with_hints", "count")
    rewards: Measure | None = None  # what was paid for them, where rewards are known
    by_hint: pd.DataFrame = field(default_factory=pd.DataFrame)
    mail: bool = True  # whether mail addresses are known

    def words(self) -> Words:
        count, rows = int(self.with_hints.value or 0), numbers.plural(self.with_hints.n or 0, "referral")
        verb, s = ("carries", "s") if count == 1 else ("carry", "")
        blind = "" if self.mail else " No mail addresses: shared ones cannot be seen."
        styles = {"Referrals": "count", "People": "count", "Rewards": "money"}
        return Words(
            sentence=f"{numbers.count(count)} of {rows} {verb} a hint and deserve{s} a look before a reward is paid; a "
            "hint is no proof."
            if count
            else f"None of {rows} carries a hint of abuse among those looked for.",
            table=self.by_hint,
            formats={name: style for name, style in styles.items() if name in self.by_hint},
            caption="Referrals that deserve a second look",
            note=f"n = {rows}. Burst: {BURST_REFERRALS} or more by one person within {BURST_DAYS} days.{blind}",
        )


def fraud_hints(referrals: pd.DataFrame, customers: pd.DataFrame | None, terms: Terms) -> FraudHints:
    """Look for self-referrals, rings, shared mail stems and bursts: eight or more by one person within three days.

    Parameters
    ----------
    referrals : pandas.DataFrame, ``referrer_id``, ``referred_id``, ``referred_on``; ``reward_cost`` where known
    customers : pandas.DataFrame or None, ``customer_id`` and ``email``; without mail addresses that hint is left out
    terms

    Returns
    -------
    FraudHints

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["A", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> fraud_hints(rows, None, Terms(pd.Timestamp("2026-09-30"))).sentence
    '1 of 2 referrals carries a hint and deserves a look before a reward is paid; a hint is no proof.'
    """
    rows = referrals[referrals["referrer_id"].notna() & referrals["referred_id"].notna()].reset_index(drop=True)
    mail, people = _shared_mail(rows, customers), rows["referrer_id"]
    everybody, _, source, target = encode(rows, None)
    among, ring = np.flatnonzero(source != target), np.zeros(len(rows), dtype=bool)
    ring[within_rings(among, target, source, len(everybody))[0]] = True  # each is, through others, above the other
    looks = (source == target, ring, mail, _bursts(rows))
    found = {hint: which for hint, which in zip(HINTS, looks, strict=True) if which is not None}
    told = [(hint, int(which.sum()), people[which].nunique()) for hint, which in found.items()]
    by_hint = pd.DataFrame(told, columns=["Hint", "Referrals", "People"])
    either = np.any(list(found.values()), axis=0)
    count, rewards = int(either.sum()), None
    if "reward_cost" in rows:
        paid = rows["reward_cost"].fillna(0.0).to_numpy()
        by_hint["Rewards"] = [float(paid[which].sum()) for which in found.values()]
        rewards = counted("rewards_with_hints", paid[either].sum(), count, terms.currency)
    return FraudHints(
        with_hints=counted("referrals_with_hints", count, len(rows)),
        rewards=rewards,
        by_hint=by_hint,
        mail=mail is not None,
    )


def _shared_mail(rows: pd.DataFrame, customers: pd.DataFrame | None) -> np.ndarray | None:
    """Mark referrals whose two ends have the same mail address once tags, digits and dots are dropped."""
    if customers is None or "email" not in customers or customers["email"].isna().all():
        return None
    mail = customers.set_index("customer_id")["email"].str.lower().str.strip()
    name, host = mail.str.rpartition("@")[0], mail.str.rpartition("@")[2]
    stem = name.str.replace(r"\+.*$", "", regex=True).str.replace(r"[0-9._\-]", "", regex=True)
    whole = (stem + "@" + host).where(stem.str.len() > 0)
    one, other = rows["referrer_id"].map(whole), rows["referred_id"].map(whole)
    return ((rows["referrer_id"] != rows["referred_id"]) & one.notna() & (one == other)).to_numpy(dtype=bool)


def _bursts(rows: pd.DataFrame) -> np.ndarray:
    """Mark referrals that lie among so many of the same person within so few days."""
    person = pd.factorize(rows["referrer_id"])[0]
    day = rows["referred_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((day, person))
    inside = np.zeros(len(rows), dtype=bool)
    first, last = order[: 1 - BURST_REFERRALS], order[BURST_REFERRALS - 1 :]
    starts = np.flatnonzero((person[first] == person[last]) & (day[last] - day[first] < BURST_DAYS))
    for shift in range(BURST_REFERRALS):
        inside[order[starts + shift]] = True
    return inside


# Not a fault: the referral was made, it just brought nobody.
HARMLESS = ("not_converted", "later")


class ReferralReceipt(Answer):
    """Rows read, credited in the forest, and left out because they cannot be right or cannot be credited."""

    population: str = "people who referred somebody"
    window: str = RECORDED
    read: Measure = unknown("referrals_read", "count")
    credited: Measure = unknown("referrals_credited", "count")
    faulty: Measure = unknown("referrals_faulty", "count")
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule: str = "first"  # who is credited of several referrers

    def words(self) -> Words:
        rows, faulty = numbers.plural(self.read.value or 0, "referral"), int(self.faulty.value or 0)
        them = "it" if faulty == 1 else "them"
        left = f"{numbers.plural(faulty, 'was', 'were')} left out because the forest cannot credit {them}."
        if not self.read.value:
            sentence = "The table of referrals is empty: nobody is known to have referred anybody."
        elif self.credited.value is None:
            sentence = f"How many of {rows} brought a customer is not known: {self.credited.reason}."
        else:
            sentence = f"{numbers.count(self.credited.value)} of {rows} brought a customer; "
            sentence += left if faulty else "every one of those could be credited."
        credit = {"first": "the first", "last": "the last", "split": "each in equal shares"}[self.rule]
        return Words(
            sentence=sentence,
            table=self.lines,
            formats={"Number": "count"},
            caption="What became of every referral",
            note=f"n = {rows}. Where several people referred the same person, credit goes to {credit}.",
        )


def referral_receipt(forest: Forest) -> ReferralReceipt:
    """Account for every row of the referrals: credited, brought nobody, or left out for a reason.

    Parameters
    ----------
    forest

    Returns
    -------
    ReferralReceipt

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["A", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> referral_receipt(build_forest(rows)).sentence
    '1 of 2 referrals brought a customer; 1 was left out because the forest cannot credit it.'
    """
    credited, rows = len(forest.child), forest.rows
    faulty = sum(count for reason, count in forest.left_out.items() if reason not in HARMLESS)
    lines = [("read", rows), ("credited: brought a customer", credited)]
    lines += [(f"left out: {words}", forest.left_out.get(reason, 0)) for reason, words in LEFT_OUT.items()]
    lines += [(f"kept, but note: {words}", forest.flags.get(reason, 0)) for reason, words in FLAGS.items()]
    table = pd.DataFrame(lines, columns=["Referrals", "Number"])
    return ReferralReceipt(
        read=counted("referrals_read", rows, rows),
        credited=counted("referrals_credited", None if forest.unseen else credited, rows, reason=forest.unseen),
        faulty=counted("referrals_faulty", faulty, rows),
        lines=table[(table["Number"] > 0) | (table.index < 2)].reset_index(drop=True),
        rule=forest.rule,
    )
