"""The case on the calendar: when its units opened and what was booked since, by panel and ledger."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.initiatives.ledger.flows import DIRECT, Ledger, as_quarter, last_quarter
from scrm_helpers.initiatives.plan.case_schema import CaseInitiative, Effect
from scrm_helpers.initiatives.plan.streams import AT_ONCE, Booked


@dataclass(frozen=True)
class OnCalendar:
    """One initiative on the clock of its case, whose quarter 0 is the one in which it starts."""

    openings: tuple[tuple[int, float], ...] = AT_ONCE  # quarter, and share of the units that open in it
    opened: str = "all units open in quarter 1, as nothing says otherwise"
    booked: Booked | None = None
    doubts: tuple[str, ...] = ()  # where the case contradicts the panel or the ledger


def on_calendar(one: CaseInitiative, panel: pd.DataFrame | None, ledger: Ledger | None) -> OnCalendar:
    """Put an initiative of a case on the calendar: units by panel, else by ledger, else as the case plans them."""
    start = pd.Period(one.start, "Q")
    planned = Counter({str(quarter): count for quarter, count in one.units.opens.items()})
    seen, shift = _opened(one, panel), _shift(one, ledger)
    booked = None if ledger is None or shift is None else _booked(ledger, one.id, shift)
    doubts = []
    if planned and seen and planned != seen:
        doubts.append(f"the panel (the case plans that {_listed(planned)}; in the panel {_listed(seen)})")
    if seen and min(seen) < str(start):
        doubts.append(f"the panel (it opens units in {min(seen)}, before the case starts in {start})")
    if shift:
        doubts.append(f"the ledger (the case starts {one.name} in {start}, the table initiatives in {start + shift})")
    counts, source = (seen, "by the panel") if seen else (planned, "as the case plans it")
    if counts:
        total = sum(counts.values())
        openings = [(max((pd.Period(q, "Q") - start).n, 0), n / total) for q, n in sorted(counts.items())]
        return OnCalendar(tuple(openings), f"{_listed(counts)}, {source}", booked, tuple(doubts))
    if booked is not None and booked.streams:
        first = int(np.flatnonzero(sum(np.abs(path) for path in booked.streams.values()))[0])
        said = f"all units open in {start + first}, when the ledger first books a benefit"
        return OnCalendar(((first, 1.0),), said, booked, tuple(doubts))
    return OnCalendar(booked=booked, doubts=tuple(doubts))


def _listed(counts: Counter[str]) -> str:
    units = numbers.plural(sum(counts.values()), "unit")
    return f"{units} open: " + ", ".join(f"{count} in {quarter}" for quarter, count in sorted(counts.items()))


def _opened(one: CaseInitiative, panel: pd.DataFrame | None) -> Counter[str]:
    """Count the units that the panel opens by quarter; a roll-out that never came about is refused."""
    if panel is None or "first_period" not in panel:
        return Counter()
    outcomes = {b.effect.outcome for b in one.benefits if isinstance(b.effect, Effect) and b.effect.outcome}
    mine = panel["outcome"].isin(outcomes)
    if "initiative_id" in panel and panel["initiative_id"].notna().any():
        mine = panel["initiative_id"].astype("string").eq(one.id).fillna(False)
    rows = panel[mine.to_numpy(dtype=bool)]
    first = as_quarter(rows["first_period"]).groupby(rows["unit_id"].astype(str)).min()
    last = as_quarter(rows["period"]).max()
    if len(first) and first.isna().all() and last is not pd.NaT and last > pd.Period(one.start, "Q"):
        raise Refusal(
            f"The roll-out of {one.name} never happened: up to {last} the panel opens none of "
            f"{numbers.plural(len(first), 'unit')}, so there is no effect to value. Enter first_period for those that "
            "opened, or stop the case."
        )
    return Counter(str(quarter) for quarter in first.dropna())


def _shift(one: CaseInitiative, ledger: Ledger | None) -> int | None:
    """Quarters from the start of the case to the start in the ledger; None where the ledger does not know it."""
    if ledger is None or one.id not in ledger.ids:
        return None
    over = int(ledger.booked_until[ledger.ids.index(one.id)])
    return int(last_quarter(ledger.terms.as_of).ordinal - over - pd.Period(one.start, "Q").ordinal)


def _booked(ledger: Ledger, name: str, shift: int) -> Booked | None:
    """What is booked for the quarters that are over, laid on the clock of the case."""
    place = ledger.ids.index(name)
    streams = {kind: grid for kind, grid in ledger.streams.items() if kind not in DIRECT}
    streams["direct"] = ledger.benefit(DIRECT)
    end = max(int(ledger.booked_until[place]) + 1, 0)
    kept = {kind: grid[place, :end] for kind, grid in (streams | dict(ledger.costs)).items()}
    flown = np.flatnonzero(np.sum([np.abs(path) for path in kept.values()], axis=0))
    if not len(flown) or flown[-1] + shift < 1:
        return None
    quarter = np.maximum(np.arange(flown[-1] + 1) + shift, 0)  # what came before the case starts counts in quarter 0
    laid = {kind: np.bincount(quarter, path[: flown[-1] + 1], quarter[-1] + 1) for kind, path in kept.items()}
    return Booked(
        {kind: path for kind, path in laid.items() if kind in streams and path.any()},
        {kind: laid[kind] for kind in ledger.costs},
        compared=ledger.compared == 1,
    )
