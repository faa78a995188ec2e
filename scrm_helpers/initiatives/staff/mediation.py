"""Happy employees, happy customers? The chain within units, lagged, both ways; and what one level would have said."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, Refusal, Words, measure_name, numbers, style, unknown
from scrm_helpers.initiatives.attribution.panel import calendar_places
from scrm_helpers.initiatives.staff.collaboration import staff_by_store
from scrm_helpers.initiatives.staff.teams import StaffAnswer, icc, mean_of

Links = tuple[str, str, str]  # cause, mediator, outcome
DRAWS = 300  # bootstrap samples of the chain on one level
SERVICE_PROFIT_CHAIN = (
    "For: at Sears 5 units of attitude went with 1.3 of customer impression and 0.5% of revenue growth (Rucci 1998).",
    "For: over 7,939 business units engagement went with customer ratings, r = .33 (Harter, Schmidt and Hayes 2002).",
    "Against: in bank branches the mediation was too small to be of practical importance (Gelade and Young 2005).",
    "Against: in 206 shops profit also raised satisfaction, so the chain runs both ways (Yee and others).",
)
"""Sentences with their sources; correlations over units, not effects."""
_PARTS = {"acme": "Through the mediator (ACME)", "ade": "Direct (ADE)", "total": "Total"}
_RANGES = ("Estimate", "95% range low", "95% range high")


def mediated_effect(
    frame: pd.DataFrame, links: Links, *, controls: Sequence[str] = (), draws: int = DRAWS
) -> tuple[Measure, ...]:
    """Split the effect of a treatment into what runs through a mediator and what does not: in the order of `_PARTS`."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import Probit
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.mediation import Mediation
    from statsmodels.tools import add_constant

    cause, mediator, outcome = links
    rows = frame[[*links, *controls]].dropna()
    held = pd.get_dummies(rows[list(controls)], drop_first=True, dtype=float) if controls else rows[[]]
    before = add_constant(pd.concat([rows[[cause]], held], axis=1).astype(float), has_constant="add")
    obstacle = _obstacle(rows, before, links)
    if obstacle:
        return tuple(unknown(f"mediation_{name}", "outcome", obstacle) for name in _PARTS)
    after = before.assign(**{mediator: rows[mediator].astype(float)})
    y = rows[outcome].to_numpy(dtype=float)
    if np.isin(y, (0, 1)).all():
        last = GLM(y, after.to_numpy(), family=Binomial(link=Probit()))
    else:
        last = OLS(y, after.to_numpy())
    first = OLS(rows[mediator].to_numpy(dtype=float), before.to_numpy())
    model, rng = Mediation(last, first, [1, 1], after.shape[1] - 1), np.random.default_rng(0)
    fitted = model.fit(method="bootstrap", n_rep=draws, rng=rng)
    effects = []
    for part, drawn in zip(_PARTS, (fitted.ACME_avg, fitted.ADE_avg, fitted.total_effect), strict=True):
        name, value, n = f"mediation_{part}", float(drawn.mean()), len(rows)
        low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
        effects.append(Measure(name=name, value=value, unit="outcome", n=n, low=low, high=high))
    return tuple(effects)


def _obstacle(rows: pd.DataFrame, before: pd.DataFrame, links: Links) -> str:
    """Why the models cannot be fitted, or an empty text."""
    cause, mediator, outcome = links
    least = 10 * (before.shape[1] + 1)
    if len(rows) < least or rows[cause].sum() < 10 or (1 - rows[cause]).sum() < 10:
        return f"it takes {least} or more persons and ten on each side of {cause}; there are {len(rows)} without gaps."
    still = [name for name in (mediator, outcome) if rows[name].nunique() < 2]
    if still:
        return f"{' and '.join(still)} never varies, so there is nothing to explain."
    middle = rows[mediator].astype(float)
    after = np.column_stack([before, (middle - middle.mean()) / middle.std()])
    if np.linalg.matrix_rank(after) < after.shape[1]:
        return f"{cause}, {mediator} and the controls repeat one another, so their effects cannot be told apart."
    return ""


def within_unit_path(line: pd.DataFrame, name: str = "through") -> tuple[Measure, ...]:
    """Means over units: X to M, M to Y given X, carried by both, direct, total, and the correlation that undoes it."""
    grids = [rows[["x", "m", "y"]].to_numpy() for _, rows in line.groupby("unit", sort=False) if len(rows) >= 5]
    fitted = np.array([_slopes(*grid.T) for grid in grids if (np.ptp(grid[:, :2], axis=0) > 0).all()])
    if len(fitted) < 10:
        raise Refusal(
            f"The chain needs ten or more units with five or more periods; there are {len(fitted)}. With fewer, "
            "single units decide."
        )
    parts = np.column_stack([fitted[:, :2], fitted[:, 0] * fitted[:, 1], fitted[:, 2:]])
    names = ("a", "b", name, "direct", "total", "correlation_that_undoes_the_chain")
    a, b, carried, *rest = (mean_of(own, "ratio", part) for own, part in zip(names, parts.T, strict=True))
    weakest = max(1.0 if link.p is None else link.p for link in (a, b, carried))  # both links must be there too
    return a, b, replace(carried, p=weakest), *rest


def _slopes(x: np.ndarray, m: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float, float]:
    """a, b, direct, total, and the correlation of m and y given x, of one unit."""
    x, m, y = x - x.mean(), m - m.mean(), y - y.mean()
    a, total = (float(x @ part / (x @ x)) for part in (m, y))
    m_rest, y_rest = m - a * x, y - total * x  # what x leaves of both (Frisch and Waugh 1933)
    if m_rest @ m_rest <= 1e-12 * (m @ m):
        return a, 0.0, total, total, 0.0
    both, spread = float(m_rest @ y_rest), float(m_rest @ m_rest * (y_rest @ y_rest))
    b = both / float(m_rest @ m_rest)
    return a, b, total - a * b, total, both / spread**0.5 if spread > 0 else 0.0


def lagged(frame: pd.DataFrame, links: Links) -> pd.DataFrame:
    """Line up a cause two periods back and a mediator one period back with the outcome, free of common trends."""
    cause, mediator, outcome = links
    rows = frame.assign(_place=calendar_places(frame["period"])).sort_values(["unit_id", "_place"], kind="stable")
    rows = rows.reset_index(drop=True)
    values = rows[list(links)].astype(float)
    values = values - values.groupby(rows["period"]).transform("mean")
    by = values.groupby(rows["unit_id"])
    chain = pd.DataFrame({"unit": rows["unit_id"], "x": by[cause].shift(2), "m": by[mediator].shift(1)})
    chain["y"] = values[outcome]
    return chain[rows["_place"] - rows.groupby("unit_id")["_place"].shift(2) == 2].dropna().reset_index(drop=True)


class Chain(StaffAnswer):
    """The chain from staff to outcome, and the same chain backwards."""

    WHAT = "The chain from staff to customers"
    OFFERS = ("figure", "table")

    effects: tuple[Measure, ...] = ()  # what the mediator carries, the same backwards, what correlation undoes it
    ways: tuple[tuple[Measure, ...], ...] = ()  # all coefficients, as claimed and backwards
    names: Links = ("", "", "")

    def claimed(self) -> tuple[Claim, ...]:
        nothing = unknown("chain", "ratio", self.reason or "it was not computed")
        forward, backward = self.effects[:2] or (nothing, replace(nothing, name="chain_backwards"))
        tested = "what runs within units from cause through mediator to outcome, one period each"
        none = Chance(0.0, "no link between them within units")
        claim = Claim(name="chain", tested=tested, estimate=forward, chance=none, family="staff_chain", grade="C")
        tested, p = f"{tested}, backwards", backward.p
        return claim, replace(claim, name="chain_backwards", tested=tested, estimate=backward, p=p)

    def words(self) -> Words:
        cause, mediator, outcome = self.names
        through, against, erased = self.effects
        carried, back = numbers.decimal(through.value), numbers.decimal(against.value)
        ends = numbers.span(through, numbers.decimal)
        title = f"No chain from {cause} to {outcome} can be shown"
        text = f"Within units no chain from {cause} through {mediator} to {outcome} can be shown "
        text += f"({carried} standard deviations, 95% range {ends})."
        if self.tested("chain").direction:
            title = f"{cause[:1].upper() + cause[1:]} goes with later {outcome}, by way of {mediator}"
            both = f"the chain also runs backwards ({back}), so the direction stays open."
            also = both if self.tested("chain_backwards").direction else "backwards nothing can be shown."
            size, side = through.value or 0.0, "more" if (through.value or 0.0) > 0 else "less"
            text = (
                f"Within units one standard deviation more {cause} goes with {numbers.decimal(abs(size))} standard "
                f"deviations {side} {outcome} two periods later, by way of {mediator} (95% range {ends}); {also} An "
                f"unseen common cause that ties the errors of {mediator} and {outcome} together by a correlation of "
                f"{numbers.decimal(erased.value)} would explain it away."
            )
        rows = []
        ways = zip(("As claimed", "Backwards"), (self.names, self.names[::-1]), self.ways, strict=True)
        for way, links, found in ways:
            labels = (" to ".join(links[:2]), " to ".join(links[1:]), "carried by the mediator", "direct", "total")
            rows += [(f"{way}: {what}", one.value or 0.0, *one.ends) for what, one in zip(labels, found, strict=False)]
        return Words(
            sentence=text,
            table=pd.DataFrame(rows, columns=["Path", *_RANGES]),
            formats=dict.fromkeys(_RANGES, "decimal3"),
            title=title,
            caption=f"The chain from {cause} to {outcome}",
            note=f"n = {through.n} units; lags of two and one periods; slopes within units in standard deviations, "
            "means over units with t ranges; p corrected for both directions; grade C.",
            alt=f"Two estimates with 95% lines: carried by {mediator} as claimed {carried}, backwards {back}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.0)
        for place, (colour, mark) in enumerate(((style.BLUE, "D"), (style.ORANGE, "s"))):
            found = self.effects[place].value or 0.0, *self.effects[place].ends
            style.estimates(ax, place, found, mark, across=True, color=colour, markersize=8)
        style.name_rows(ax, ["as claimed", "backwards"], zero=True, down=True)
        ax.margins(x=0.1, y=0.5)
        label = "Effect carried by the mediator, standard deviations of the outcome per one of the cause"
        return style.labelled(ax, label)


def service_chain(frame: pd.DataFrame, links: Links) -> Chain:
    """Test whether a cause moves an outcome through a mediator, two periods later, and whether it runs backwards."""
    scaled = frame.copy()
    for column in links:
        values = scaled[column].astype(float)
        spread = (values - values.groupby(scaled["unit_id"]).transform("mean")).std()
        scaled[column] = values / (spread if spread > 0 else 1.0)
    cause, mediator, outcome = (" ".join(text.split("_")).removesuffix(" mean") for text in links)
    forward = within_unit_path(lagged(scaled, links), measure_name("chain", cause))
    backward = within_unit_path(lagged(scaled, links[::-1]), "chain_backwards")
    return Chain(
        population="units of the panel with their staff",
        window=f"{frame['period'].min()} to {frame['period'].max()}",
        effects=(forward[2], backward[2], forward[5]),
        ways=(forward, backward),
        names=(cause, mediator, outcome),
    )


@Chain.or_why
def staff_chain(employees: pd.DataFrame, panel: pd.DataFrame | None, *, mediator: str, outcome: str) -> Chain:
    """Test the chain from engagement of a store's staff through one outcome to another.

    Parameters
    ----------
    employees, panel : table ``employees`` with ``store``; table ``initiative_panel`` or None
    mediator, outcome : str, outcomes of the panel

    Returns
    -------
    Chain
    """
    return service_chain(staff_by_store(employees, panel, mediator, outcome), ("engagement", mediator, outcome))


class OneLevel(StaffAnswer):
    """The same chain as an analysis on one level sees it; the last effect is the share that lies between stores."""

    WHAT = "The chain on one level"
    effects: tuple[Measure, ...] = ()  # in the order of `_PARTS`, and the share
    links: Links = ("", "", "")

    def claimed(self) -> tuple[Claim, ...]:
        found = (*self.effects, unknown("one_level_mediation", "outcome", self.reason or "it was not computed"))[0]
        tested = "what an analysis would read that takes rows of one store for strangers; shown as a warning"
        return (Claim(name="one_level_mediation", tested=tested, estimate=found),)

    def words(self) -> Words:
        (cause, mediator, outcome), (acme, _, total, between) = self.links, self.effects
        ends, value = numbers.interval(*acme.ends, numbers.decimal), numbers.decimal(acme.value)
        read = f"no effect of {cause} on {outcome} through {mediator} can be shown: {value} (95% range {ends})."
        if acme.ends[0] > 0 or acme.ends[1] < 0:
            read = (
                f"of a total effect of {numbers.decimal(total.value)} on {outcome}, {value} runs through {mediator} "
                f"(95% range {ends}), if nothing unseen moves both."
            )
        return Words(
            sentence=f"On one level one would have read: {read} But {numbers.percent(between.value)} of the "
            f"differences in {outcome} lie between stores, whatever their staff do in a quarter, and rows of one "
            "store are no strangers to one another: read the chain within stores.",
            table=pd.DataFrame(
                [(part, one.value, *one.ends) for part, one in zip(_PARTS.values(), self.effects, strict=False)],
                columns=["Effect", *_RANGES],
            ),
            formats=dict.fromkeys(_RANGES, "decimal3"),
            caption="The same chain on one level: a warning",
            note=f"n = {acme.n} stores and quarters, 0 left out for gaps; {numbers.count(DRAWS)} bootstrap samples, "
            f"seed 0; no unseen common cause of {mediator} and {outcome} is assumed, not tested.",
        )


@OneLevel.or_why
def one_level_chain(employees: pd.DataFrame, panel: pd.DataFrame | None, *, mediator: str, outcome: str) -> OneLevel:
    """Show what an analysis on one level would have said of the same chain, and why it misleads.

    Parameters
    ----------
    employees, panel : table ``employees`` with ``store``; table ``initiative_panel`` or None
    mediator, outcome : str, outcomes of the panel

    Returns
    -------
    OneLevel

    Notes
    -----
    All rows as strangers, in one and the same quarter: the half with the more engaged staff against the other half.
    """
    rows, cause = staff_by_store(employees, panel, mediator, outcome), "the more engaged half"
    rows[cause] = (rows["engagement"] > rows["engagement"].median()).astype(float)
    links = cause, mediator, outcome
    found = mediated_effect(rows, links)
    if why := found[0].reason:
        return OneLevel(reason=f"What runs through the mediator cannot be computed: {why}", effects=found)
    between = icc(rows[outcome].to_numpy(), rows["unit_id"].to_numpy())[0]
    effects = [replace(one, name=f"one_level_{one.name}") for one in found]
    part = "a part of the variance of these rows"
    effects.append(Measure(name="outcome_between_stores", value=between, unit="share", n=len(rows), no_range=part))
    window = f"{rows['period'].min()} to {rows['period'].max()}"
    return OneLevel(population="stores and quarters", window=window, effects=tuple(effects), links=links)
