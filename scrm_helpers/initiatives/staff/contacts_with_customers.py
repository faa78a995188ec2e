"""The firm as a network: which staff are in contact with which customers, and what hangs on a few of them."""

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.initiatives.staff.teams import SMALLEST_TEAM, StaffAnswer, without_table
from scrm_helpers.stats.intervals import share_estimate

BUSIEST = 0.1  # the part of the staff in contact whose share of all contacts is told
MONTHS = 12
DRAWS = 400
WHAT = "which staff meet which customers"


class StaffNetwork(StaffAnswer):
    """The graph of two kinds, staff and customers: how far it reaches, and how evenly it is spread."""

    in_contact: Measure = unknown("staff_in_contact", "share")
    reached: Measure = unknown("customers_in_contact_with_staff", "share")
    busiest: Measure = unknown("contacts_of_busiest_tenth", "share")
    on_one: Measure = unknown("customers_who_know_one_of_us", "share")
    chance: Chance | None = None  # of the busiest tenth
    staff: int = 0  # who were in contact

    TESTED = "share of all contacts held by the busiest tenth beside contacts dealt out among the same staff by lot"
    CLAIMS = (Claim(name="contacts_hang_on_few", tested=TESTED, estimate=busiest),)

    def words(self) -> Words:
        share = numbers.percent
        spread = f"{('no more', 'more', 'less')[self.tested('contacts_hang_on_few').direction]} than chance gives"
        by_lot = share(self.chance.value) if self.chance else numbers.MISSING
        who = self.in_contact
        part = f"{share(who.value)} of the staff ({numbers.span(who, share)})"
        if who.value is None:
            part = f"{numbers.plural(self.staff, 'member')} of the staff"
        lines = {
            "Staff in contact with a customer": who,
            "Active customers in contact with staff": self.reached,
            "Contacts held by the busiest tenth": self.busiest,
            "Customers in contact who know one of us only": self.on_one,
        }
        rows = [(what, one.value, one.low, one.high) for what, one in lines.items()]
        heads = ["Share", "95% range low", "95% range high"]
        return Words(
            sentence=f"In the last {MONTHS} months {part} were in contact with {share(self.reached.value)} of the "
            f"active customers. The busiest tenth hold {share(self.busiest.value)} of the contacts, by lot it would "
            f"be {by_lot}: {spread}. Of all {numbers.count(self.on_one.n or 0)} customers in contact "
            f"{share(self.on_one.value)} "
            f"({numbers.span(self.on_one, share)}) know one of us only.",
            table=pd.DataFrame(rows, columns=["What", *heads]),
            formats=dict.fromkeys(heads, "percent"),
            title=f"The busiest tenth of the staff hold {share(self.busiest.value)} of the contacts with customers",
            caption="Staff and customers as a network of two kinds",
            note=f"n = {self.base}. A contact: a member of staff and a customer wrote in one conversation, or staff "
            f"wrote about the customer; teams of {SMALLEST_TEAM} or more, never a person; what was said aloud and not "
            "written down is not here.",
        )


def staff_network(
    interactions: pd.DataFrame | None, employees: pd.DataFrame, transactions: pd.DataFrame, terms: Terms
) -> StaffNetwork:
    """Measure the two-mode graph of staff and customers over the last twelve months.

    Parameters
    ----------
    interactions : messages with ``author_role`` and ``author_id``; ``customer_id`` or ``thread_id`` say with whom
    employees : teams by quarter with their size ``n``; below seven left out, of messages too where they name a team
    transactions, terms : orders, by which who bought in the twelve months is an active customer; day and seed

    Returns
    -------
    StaffNetwork

    Notes
    -----
    "The clerks who work the check-out line ... represent a Social Network" (post 002). Range of the busiest tenth:
    staff drawn anew; chance: as many contacts dealt out by lot among the same staff.
    """
    if interactions is None:
        return StaffNetwork(reason=without_table("interactions", WHAT))
    if gone := {"author_role", "author_id"} - set(interactions):
        return StaffNetwork(reason=f"The table interactions has no {' and no '.join(sorted(gone))}: {WHAT} is unknown")
    since = terms.as_of - pd.DateOffset(months=MONTHS)
    largest = employees.groupby("team")["n"].max()
    teams = set(largest.index[largest >= SMALLEST_TEAM].astype(str))
    pairs, bare = _pairs(interactions[interactions["occurred_on"] > since], teams)
    if bare or len(pairs) < 2:
        return StaffNetwork(reason=bare or f"No member of staff was seen with a customer in the last {MONTHS} months")
    held = pairs["staff"].value_counts().to_numpy()
    known_by = pairs["customer"].value_counts()
    sizes = employees.sort_values("quarter").groupby("team")["n"].last()
    people = int(sizes[sizes >= SMALLEST_TEAM].sum())
    bought = transactions[transactions["ordered_on"].between(since, terms.as_of) & (transactions["amount"] > 0)]
    active = pd.Index(bought["customer_id"].unique())
    low, high, chance = _spread(held, terms.seed)
    alone = share_estimate(int((known_by == 1).sum()), len(known_by))
    met = float(active.isin(known_by.index).mean()) if len(active) else None
    none, every = "nobody bought in the twelve months", "all active customers are counted"
    who = unknown("staff_in_contact", "share", "more people wrote than the teams of the table employees have", people)
    if people >= len(held):
        who = share_estimate(len(held), people).measure("staff_in_contact", "share")
    return StaffNetwork(
        population="staff of teams large enough to be shown, and active customers",
        window=f"twelve months to {terms.as_of:%Y-%m-%d}",
        in_contact=who,
        reached=replace(StaffNetwork.reached, value=met, n=len(active), reason=none, no_range=every),
        busiest=replace(StaffNetwork.busiest, value=_top(held), n=len(held), low=low, high=high),
        on_one=replace(alone.measure("customers_who_know_one_of_us", "share"), population="customers in contact"),
        chance=chance,
        staff=len(held),
        base=f"{len(held)} members of staff, {len(known_by)} customers, {len(pairs)} contacts",
    )


def _pairs(recent: pd.DataFrame, teams: set[str]) -> tuple[pd.DataFrame, str]:
    """Pairs of staff and customers who met, each once; or why none can be told."""
    staff = recent[recent["author_role"].eq("employee") & recent["author_id"].notna()]
    if "team" in staff:
        staff = staff[staff["team"].isna() | staff["team"].astype(str).isin(teams)]
    parts = []
    if "customer_id" in recent:
        parts.append(staff[["author_id", "customer_id"]].dropna())
        if "thread_id" in recent:
            wrote = recent.loc[recent["author_role"].eq("customer"), ["thread_id", "customer_id"]].dropna()
            parts.append(staff[["author_id", "thread_id"]].merge(wrote, on="thread_id")[["author_id", "customer_id"]])
    if not parts:
        return pd.DataFrame(), f"The table interactions has no customer_id: {WHAT} is unknown"
    nobody = "No message of the last twelve months is by a member of staff: who met is unknown"
    return pd.concat(parts).set_axis(["staff", "customer"], axis=1).drop_duplicates(), "" if len(staff) else nobody


def _top(held: np.ndarray) -> float:
    """Share of all contacts that the busiest tenth hold, at least one person."""
    return float(np.sort(held)[-max(round(BUSIEST * len(held)), 1) :].sum() / held.sum())


def _spread(held: np.ndarray, seed: int) -> tuple[float | None, float | None, Chance | None]:
    """Range of the share of the busiest tenth, and what dealing the same contacts out by lot gives."""
    if len(held) < 10:
        return None, None, None
    rng = np.random.default_rng(seed)
    again = [_top(drawn) for drawn in rng.choice(held, (DRAWS, len(held)))]
    by_lot = [_top(drawn) for drawn in rng.multinomial(held.sum(), np.full(len(held), 1 / len(held)), DRAWS)]
    low, high = np.quantile(again, [0.025, 0.975]).tolist()
    ends = np.quantile(by_lot, [0.025, 0.975]).tolist()
    return low, high, Chance(float(np.mean(by_lot)), "as many contacts dealt out among the same staff by lot", *ends)
