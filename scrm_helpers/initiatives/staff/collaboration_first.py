"""Which comes first: do teams work together after social activity, or is it the other way round?"""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, Refusal, Words, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, slope_of
from scrm_helpers.initiatives.staff.collaboration import side_by_side
from scrm_helpers.initiatives.staff.teams import StaffAnswer, demeaned
from scrm_helpers.tables.values.periods import read_periods

FEWEST = 10  # units below which errors that are clustered by unit say nothing
NAMES = ("collaboration_as_result", "collaboration_as_cause")


class CollaborationOrder(StaffAnswer):
    """Slope of each on the other one period before, within units, in standard deviations."""

    effects: tuple[Measure, ...] = tuple(unknown(name, "ratio") for name in NAMES)
    p_values: tuple[float | None, ...] = (None, None)
    names: tuple[str, str] = ("", "")  # social activity, collaboration

    def claimed(self) -> tuple[Claim, ...]:
        tested = (
            "collaboration on social activity of the period before, beside its own past, within units",
            "social activity on collaboration of the period before, beside its own past, within units",
        )
        return tuple(
            Claim(
                tested=said,
                estimate=effect,
                chance=Chance(0.0, "no link with the period before"),
                p=p,
                family="collaboration_order",
                grade="D",
            )
            for effect, said, p in zip(self.effects, tested, self.p_values, strict=True)
        )

    def words(self) -> Words:
        social, together = self.names
        result, cause = (self.tested(name).direction for name in NAMES)
        side = {1: "more", -1: "less"}
        said = {
            (False, False): f"Neither comes before the other: no link of {together} with earlier {social}, or the "
            "other way round, can be shown",
            (True, False): f"After more {social} there is {side.get(result)} {together}; the other way round nothing "
            "can be shown: collaboration as a result",
            (False, True): f"After more {together} there is {side.get(cause)} {social}; the other way round nothing "
            "can be shown: collaboration as a cause",
            (True, True): f"Each follows the other: after more {social} there is {side.get(result)} {together}, after "
            f"more {together} {side.get(cause)} {social}",
        }[bool(result), bool(cause)]
        lines = zip((f"First {social}", f"First {together}"), self.effects, strict=True)
        heads = ["Slope", "95% range low", "95% range high"]
        return Words(
            sentence=f"{said} (within units, one period apart).",
            table=pd.DataFrame(
                [(what, one.value, one.low, one.high) for what, one in lines], columns=["Order", *heads]
            ),
            formats=dict.fromkeys(heads, "decimal"),
            caption="What comes first: social activity or working together",
            note=f"n = {self.base}; standard deviations within units; unit and period effects; errors clustered by "
            "unit; p corrected for both orders; what both follow is not ruled out, grade D.",
        )


def collaboration_order(panel: pd.DataFrame | None, *, social: str, together: str) -> CollaborationOrder:
    """Test whether collaboration follows social activity, and the other way round, within units.

    Parameters
    ----------
    panel : pandas.DataFrame or None, outcomes by unit and period
    social, together : str, outcomes of the panel: social activity, and collaboration

    Returns
    -------
    CollaborationOrder

    Notes
    -----
    Each on both of the period before, unit and period effects taken out (a panel vector autoregression of order one);
    own pasts are biased by 1/periods (Nickell 1981), the slope on the other hardly.
    """
    absent = "Which of social activity and collaboration comes first cannot be shown"
    try:
        wide = side_by_side(panel, social, together)
    except Refusal as refused:
        return CollaborationOrder(reason=f"{absent}. {refused}")
    places = read_periods(wide["period"].unique())
    wide = wide.assign(place=wide["period"].map(dict(zip(wide["period"].unique(), places.places, strict=True))))
    before = wide.assign(place=wide["place"] + 1)[["unit_id", "place", social, together]]
    rows = wide.merge(before, on=["unit_id", "place"], suffixes=("", " before"))
    units, ids = pd.factorize(rows["unit_id"])
    if len(ids) < FEWEST or rows["place"].nunique() < 3:
        why = f"it takes {FEWEST} units and three periods after each other, there are {len(ids)}"
        return CollaborationOrder(reason=f"{absent}: {why}")
    columns = [social, together, f"{social} before", f"{together} before"]
    within = [demeaned(rows[name].to_numpy(float), units, pd.factorize(rows["place"])[0]) for name in columns]
    spread = [part.std() for part in within]
    if min(spread) < 1e-12:
        return CollaborationOrder(reason=f"{absent}: one of them never varies")
    s, c, s_before, c_before = (part / size for part, size in zip(within, spread, strict=True))
    past = np.column_stack([s_before, c_before])
    found = [
        slope_of(name, "ratio", clustered(y, past, units), np.eye(2)[at], len(ids))
        for name, y, at in zip(NAMES, (c, s), (0, 1), strict=True)
    ]
    return CollaborationOrder(
        population="units of the panel",
        window=f"{wide['period'].min()} to {wide['period'].max()}",
        effects=tuple(effect for effect, _ in found),
        p_values=tuple(p for _, p in found),
        names=(social.replace("_", " "), together.replace("_", " ")),
        base=f"{len(ids)} units, {len(rows)} unit-periods",
    )
