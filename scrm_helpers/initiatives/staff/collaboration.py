"""Can the value of Social CRM be realised without a collaborative organisation, and what comes first?"""

from dataclasses import field
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, Refusal, Words, numbers, style, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, in_step, slope_of
from scrm_helpers.initiatives.ledger.flows import as_quarter
from scrm_helpers.initiatives.staff.teams import StaffAnswer, demeaned, large_teams


class Moderation(StaffAnswer):
    """Slope of an outcome on social activity, from little to much collaboration."""

    WHAT = "Collaboration as a condition"
    OFFERS = ("figure", "table")

    effects: tuple[Measure, ...] = ()  # the interaction, where it could be tested
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # collaboration, slope there, ends of its range
    names: tuple[str, str, str] = ("", "", "")  # social activity, collaboration, outcome
    shares: bool = False
    unit: str = ""  # of social activity: how much one standard deviation of it is

    def claimed(self) -> tuple[Claim, ...]:
        found = (*self.effects, unknown("collaboration_interaction", "ratio", self.reason or "it was not computed"))[0]
        none = Chance(0.0, "the same slope wherever teams work together")
        tested = "slope of the outcome on social activity beside collaboration, within units"
        return (Claim(tested=tested, estimate=found, chance=none, grade="D"),)

    def words(self) -> Words:
        social, together, outcome = self.names
        (little, *few_ends), (lots, *much_ends) = self.curve.iloc[[0, -1]].to_numpy().tolist()
        least, most = (numbers.percent(at) if 0 <= at <= 1 else numbers.decimal(at) for at in (little, lots))
        grows = self.tested(self.effects[0].name).direction
        title = f"{self.WHAT} cannot be shown"
        text = (
            f"That {social} depends on collaboration cannot be shown: the slopes at little and much collaboration do "
            "not differ by more than chance."
        )
        seen = f"with {together} from {least} to {most}; what lies beyond is not said"
        link = f"The link of {social} with {outcome}"
        if grows < 0:
            title = "The link shrinks with collaboration"
            text = f"{link} shrinks the more teams work together ({seen})."
        elif grows and (few_ends[1] > 0 or few_ends[2] < 0 or much_ends[1] <= 0):
            title = "The link grows with collaboration"
            text = f"{link} grows the more teams work together ({seen})."
        elif grows:
            title = f"Where teams seldom work together, no gain from {social} can be shown"
            text = (
                f"At {least} of {together}, which one in ten stays below, no gain in {outcome} from {social} can be "
                f"shown; at {most} there is one ({seen})."
            )
        heads, points = ["Slope on social activity", "95% range low", "95% range high"], 100 if self.shares else 1
        return Words(
            sentence=text,
            table=pd.DataFrame(
                [
                    (f"Little collaboration, {least} (1 in 10 has less)", *(points * x for x in few_ends)),
                    (f"Much collaboration, {most} (1 in 10 has more)", *(points * x for x in much_ends)),
                ],
                columns=["Where", *heads],
            ),
            formats=dict.fromkeys(heads, "decimal" if self.shares else "decimal4"),
            title=title,
            caption="What social activity goes with at little and at much collaboration",
            note=f"n = {self.base}; slopes in {self.unit}; unit and period effects; errors clustered by unit; a "
            "relation within units, grade D.",
            alt=f"A line: the slope of {outcome} on {social} over {together}, from {numbers.decimal(few_ends[0], 4)} "
            f"at little to {numbers.decimal(much_ends[0], 4)} at much collaboration, with a grey 95% range.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        _, together, outcome = self.names
        ax.fill_between(self.curve["together"], self.curve["low"], self.curve["high"], color=style.PALE_GREY)
        ax.plot(self.curve["together"], self.curve["slope"], color=style.BLUE, linewidth=2)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ends = self.curve.iloc[[0, -1]]
        ax.plot(ends["together"], ends["slope"], "o", color=style.BLUE, markersize=6)
        if self.shares:
            ax.yaxis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
        if (self.curve["together"].between(0, 1)).all():
            ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        label = f"{outcome[:1].upper() + outcome[1:]},\n{self.unit}"
        return style.labelled(ax, f"{together[:1].upper() + together[1:]}; grey: 95% range", label)


def moderation(frame: pd.DataFrame, social: str, together: str, outcome: str) -> Moderation:
    """Test whether social activity pays only where teams work together."""
    codes, units = pd.factorize(frame["unit_id"])
    if len(units) < 10:
        raise Refusal(f"Collaboration as a condition needs ten or more units; there are {len(units)}. Add units.")
    s, c, y = (frame[name].to_numpy(dtype=float) for name in (social, together, outcome))
    spread = float(s.std(ddof=1)) or 1.0
    s = (s - s.mean()) / spread
    periods = pd.factorize(frame["period"])[0]
    design = np.column_stack([demeaned(part, codes, periods) for part in (s, c, s * c)])
    if np.linalg.matrix_rank(design / (np.abs(design).max(axis=0) + 1e-300)) < 3:
        raise Refusal(
            f"Collaboration as a condition needs {social} and {together} to vary within units over time, and each "
            "apart from the other; here they do not. Measure them over more periods."
        )
    fitted = fit, covariance = clustered(demeaned(y, codes, periods), design, codes)
    seen = np.linspace(np.quantile(c, 0.1), np.quantile(c, 0.9), 41)
    slopes = fit.t_test(np.column_stack([np.ones(41), np.zeros(41), seen]), cov_p=covariance)
    curve = np.column_stack([seen, slopes.effect, slopes.conf_int()])
    shares = bool(frame[outcome].between(0, 1).all())
    measured = "percentage points" if shares else "units of the outcome"
    return Moderation(
        population="units of the panel",
        window=f"{frame['period'].min()} to {frame['period'].max()}",
        unit=f"{measured} per {numbers.decimal(spread)} more of {social.replace('_', ' ')} (a standard deviation)",
        effects=(slope_of("collaboration_interaction", "ratio", fitted, [0, 0, 1], len(units)),),
        curve=pd.DataFrame(curve, columns=["together", "slope", "low", "high"]),
        names=(social.replace("_", " "), together.replace("_", " "), outcome.replace("_", " ")),
        shares=shares,
        base=f"{len(units)} units, {len(frame)} unit-periods",
    )


def side_by_side(panel: pd.DataFrame | None, *outcomes: str) -> pd.DataFrame:
    """Outcomes of the panel by unit and period (its quarter, where it has one)."""
    if panel is None or not set(outcomes) <= set(panel["outcome"].astype(str)):
        raise Refusal(f"This company has no table initiative_panel with {', '.join(outcomes[:-1])} and {outcomes[-1]}.")
    rows = panel[panel["outcome"].isin(outcomes)].astype({"unit_id": str, "period": str})
    quarter = as_quarter(rows["period"])
    rows["period"] = quarter.astype(str) if quarter.notna().all() else rows["period"]
    return rows.pivot_table(index=["unit_id", "period"], columns="outcome", values="value").dropna().reset_index()


def staff_by_store(employees: pd.DataFrame, panel: pd.DataFrame | None, *outcomes: str) -> pd.DataFrame:
    """Engagement of the staff of each store and quarter beside outcomes of the panel."""
    wide = side_by_side(panel, *outcomes)
    kept, _ = large_teams(employees, "store", "engagement_mean")
    kept = kept.assign(unit_id=kept["store"].astype(str), sum=kept["n"] * kept["engagement_mean"])
    sums = kept.groupby(["unit_id", "quarter"])[["sum", "n"]].sum()
    staff = (sums["sum"] / sums["n"]).rename("engagement").reset_index().rename(columns={"quarter": "period"})
    return wide.merge(staff, on=["unit_id", "period"])


@Moderation.or_why
def collaboration_condition(panel: pd.DataFrame | None, *, social: str, together: str, outcome: str) -> Moderation:
    """Test collaboration as a condition for social activity to pay, or say what is missing.

    Parameters
    ----------
    panel : pandas.DataFrame or None
    social, together, outcome : str, outcomes of the panel: social activity, collaboration, and what both are for

    Returns
    -------
    Moderation
    """
    return moderation(side_by_side(panel, social, together, outcome), social, together, outcome)


NAMES = ("collaboration_as_result", "collaboration_as_cause")


class CollaborationOrder(StaffAnswer):
    """Slope of each on the other one period before, within units, in standard deviations."""

    WHAT = "Which of social activity and collaboration comes first"

    effects: tuple[Measure, ...] = tuple(unknown(name, "ratio") for name in NAMES)
    names: tuple[str, str] = ("", "")  # social activity, collaboration
    ONE = partial(Claim, chance=Chance(0.0, "no link with the period before"), family="collaboration_order", grade="D")
    TESTED = "{} of the period before, beside its own past, within units"
    CLAIMS = (
        ONE(tested=TESTED.format("collaboration on social activity"), estimate=effects[0]),
        ONE(tested=TESTED.format("social activity on collaboration"), estimate=effects[1]),
    )

    def words(self) -> Words:
        social, together = self.names
        result, cause = (self.tested(name).direction for name in NAMES)
        side, alone = {1: "more", -1: "less"}, "the other way round nothing can be shown: collaboration as a"
        said = {
            (False, False): f"Which comes first cannot be shown: no link of {together} with earlier {social}, or the "
            "other way round, is beyond chance",
            (True, False): f"After more {social} there is {side.get(result)} {together}; {alone} result",
            (False, True): f"After more {together} there is {side.get(cause)} {social}; {alone} cause",
            (True, True): f"Each follows the other: after more {social} there is {side.get(result)} {together}, after "
            f"more {together} {side.get(cause)} {social}",
        }[bool(result), bool(cause)]
        lines = zip((f"First {social}", f"First {together}"), self.effects, strict=True)
        heads = ["Slope", "95% range low", "95% range high"]
        return Words(
            sentence=f"{said} (within units, one period apart).",
            table=pd.DataFrame([(way, one.value, one.low, one.high) for way, one in lines], columns=["Order", *heads]),
            formats=dict.fromkeys(heads, "decimal"),
            caption="What comes first: social activity or working together",
            note=f"n = {self.base}; standard deviations within units; unit and period effects; errors clustered by "
            "unit; p corrected for both orders; what both follow is not ruled out, grade D.",
        )


@CollaborationOrder.or_why
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
    absent, wide = f"{CollaborationOrder.WHAT} cannot be shown", side_by_side(panel, social, together)
    try:
        both = in_step(panel, (social, together), 1, 3)  # by outcome, unit, period and lag
    except Refusal as refused:
        return CollaborationOrder(reason=f"{absent}: {refused}".rstrip("."))
    spread = both.std(axis=(1, 2), keepdims=True)
    if spread.min() < 1e-12:
        return CollaborationOrder(reason=f"{absent}: one of them never varies")
    (s, c), past = (part.reshape(2, -1) for part in np.moveaxis(both / spread, -1, 0))
    n, units = both.shape[1], np.repeat(np.arange(both.shape[1]), both.shape[2])
    return CollaborationOrder(
        population="units of the panel",
        window=f"{wide['period'].min()} to {wide['period'].max()}",
        effects=tuple(
            slope_of(name, "ratio", clustered(y, past.T, units), other, n)
            for name, y, other in zip(NAMES, (c, s), np.eye(2), strict=True)
        ),
        names=(social.replace("_", " "), together.replace("_", " ")),
        base=f"{n} units, {len(units)} unit-periods",
    )
