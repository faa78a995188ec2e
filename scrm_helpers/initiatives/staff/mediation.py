"""Happy employees, happy customers? The chain within units, lagged, with the reverse chain beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import calendar_places

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PARTS = {"acme": "Through the mediator (ACME)", "ade": "Direct (ADE)", "total": "Total"}


@dataclass(frozen=True, kw_only=True)
class Mediated(Result):
    """Mediated (`acme`), direct (`ade`) and total effect: estimate and 95 % range each, None where not computed."""

    acme: tuple[float, float, float] | None
    ade: tuple[float, float, float] | None
    total: tuple[float, float, float] | None


def mediated_effect(
    frame: pd.DataFrame,
    cause: str,
    mediator: str,
    outcome: str,
    *,
    controls: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 0,
) -> Mediated:
    """Split the effect of a treatment into what runs through a mediator and what does not."""
    import statsmodels.api as sm
    from statsmodels.stats.mediation import Mediation

    names = [cause, mediator, outcome, *controls]
    rows = frame[names].dropna()
    held = pd.get_dummies(rows[list(controls)], drop_first=True, dtype=float) if controls else rows[[]]
    before = sm.add_constant(pd.concat([rows[[cause]], held], axis=1).astype(float), has_constant="add")
    reason = _obstacle(rows, before, cause, mediator, outcome)
    if reason:
        return _absent(reason)
    after = before.assign(**{mediator: rows[mediator].astype(float)})
    y = rows[outcome].to_numpy(dtype=float)
    if np.isin(y, (0, 1)).all():
        last = sm.GLM(y, after.to_numpy(), family=sm.families.Binomial(link=sm.families.links.Probit()))
    else:
        last = sm.OLS(y, after.to_numpy())
    first = sm.OLS(rows[mediator].to_numpy(dtype=float), before.to_numpy())
    fitted = Mediation(last, first, [1, 1], after.shape[1] - 1).fit(
        method="bootstrap", n_rep=draws, rng=np.random.default_rng(seed)
    )
    drawn = {"acme": fitted.ACME_avg, "ade": fitted.ADE_avg, "total": fitted.total_effect}
    parts = {
        name: (float(d.mean()), float(np.quantile(d, 0.025)), float(np.quantile(d, 0.975))) for name, d in drawn.items()
    }
    value, low, high = parts["acme"]
    ends = numbers.interval(low, high, numbers.decimal)
    whole = numbers.decimal(parts["total"][0])
    return Mediated(
        sentence=(
            f"Of a total effect of {whole} on {outcome}, {numbers.decimal(value)} runs through {mediator} (95% range "
            f"{ends}), if nothing unseen moves both."
            if low > 0 or high < 0
            else f"No effect of {cause} on {outcome} through {mediator} can be shown: {numbers.decimal(value)} (95% "
            f"range {ends})."
        ),
        table=pd.DataFrame(
            [(_PARTS[name], *found) for name, found in parts.items()],
            columns=["Effect", "Estimate", "95% range low", "95% range high"],
        ),
        formats=dict.fromkeys(["Estimate", "95% range low", "95% range high"], "decimal3"),
        caption=f"What runs through {mediator}",
        note=(
            f"n = {len(rows)} persons, {len(frame) - len(rows)} left out for gaps; {numbers.count(draws)} bootstrap "
            f"samples, seed {seed}; no unseen common cause of {mediator} and {outcome} is assumed, not tested."
        ),
        measures=tuple(
            Measure(name=f"mediation_{name}", value=found[0], unit="outcome", n=len(rows), low=found[1], high=found[2])
            for name, found in parts.items()
        ),
        drawable=False,
        acme=parts["acme"],
        ade=parts["ade"],
        total=parts["total"],
    )


def _obstacle(rows: pd.DataFrame, before: pd.DataFrame, cause: str, mediator: str, outcome: str) -> str:
    """Why the models cannot be fitted, or an empty text."""
    if not rows[cause].isin([0, 1]).all():
        return f"{cause} must be 0 or 1 for everybody: the effect compares treated with untreated."
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


def _absent(reason: str) -> Mediated:
    return Mediated(
        sentence=f"What runs through the mediator cannot be computed: {reason}",
        table=pd.DataFrame(),
        measures=tuple(Measure(name=f"mediation_{n}", value=None, unit="outcome", reason=reason) for n in _PARTS),
        drawable=False,
        acme=None,
        ade=None,
        total=None,
    )


@dataclass(frozen=True)
class Path:
    """Coefficients of a chain X to M to Y, each with the ends of its 95 % interval."""

    a: tuple[float, float, float]
    b: tuple[float, float, float]
    direct: tuple[float, float, float]
    through: tuple[float, float, float]
    total: tuple[float, float, float]
    share: tuple[float, float, float]
    units: int
    erased_by: float

    @property
    def shown(self) -> bool:
        """Whether both links and what they carry can be told from zero."""
        return all(low > 0 or high < 0 for _, low, high in (self.a, self.b, self.through))


def within_unit_path(
    x: np.ndarray, m: np.ndarray, y: np.ndarray, units: np.ndarray, *, draws: int = 2000, seed: int = 0
) -> Path:
    """Fit the chain in every unit and average: what happens within a unit, not between rich and poor ones."""
    codes, names = pd.factorize(units)
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes, minlength=len(names)))[:-1])
    fitted = np.array(
        [_slopes(x[r], m[r], y[r]) for r in rows if len(r) >= 5 and np.ptp(x[r]) > 0 and np.ptp(m[r]) > 0]
    )
    if len(fitted) < 10:
        raise Refusal(
            f"The chain needs ten or more units with five or more periods; there are {len(fitted)}. With fewer, "
            "single units decide."
        )
    parts = np.column_stack([fitted[:, 0], fitted[:, 1], fitted[:, 2], fitted[:, 0] * fitted[:, 1], fitted[:, 3]])
    picks = np.random.default_rng(seed).integers(0, len(parts), (draws, len(parts)))
    drawn = parts[picks].mean(axis=1)
    means = parts.mean(axis=0)
    ratio = drawn[:, 3] / drawn[:, 4]

    def ends(column: int) -> tuple[float, float, float]:
        low, high = np.quantile(drawn[:, column], [0.025, 0.975])
        return float(means[column]), float(low), float(high)

    share = (float(means[3] / means[4]), *(float(end) for end in np.quantile(ratio, [0.025, 0.975])))
    return Path(ends(0), ends(1), ends(2), ends(3), ends(4), share, len(parts), float(fitted[:, 4].mean()))  # type: ignore[arg-type]


def lagged(
    frame: pd.DataFrame, cause: str, mediator: str, outcome: str, *, unit: str = "unit_id", period: str = "period"
) -> pd.DataFrame:
    """Line up a cause two periods back and a mediator one period back with the outcome, free of common trends."""
    rows = frame.assign(_place=calendar_places(frame[period])).sort_values([unit, "_place"], kind="stable")
    rows = rows.reset_index(drop=True)
    values = rows[[cause, mediator, outcome]].astype(float)
    values = values - values.groupby(rows[period]).transform("mean")
    by = values.groupby(rows[unit])
    chain = pd.DataFrame(
        {"unit": rows[unit], "x": by[cause].shift(2), "m": by[mediator].shift(1), "y": values[outcome]}
    )
    follow = rows["_place"] - rows.groupby(rows[unit])["_place"].shift(2) == 2
    return chain[follow].dropna().reset_index(drop=True)


@dataclass(frozen=True, kw_only=True)
class Chain(Result):
    """The chain from staff to outcome, and the same chain backwards."""

    OFFERS: ClassVar = ("figure", "table")

    forward: Path
    backward: Path

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mediated effect forwards and backwards, in standard deviations, with 95 % ranges."""
        ax = style.axes_for(ax, height=2.0)
        for place, (path, colour, mark) in enumerate(
            [(self.forward, style.BLUE, "D"), (self.backward, style.ORANGE, "s")]
        ):
            value, low, high = path.through
            ax.hlines(place, low, high, color=style.INK, linewidth=1.4)
            ax.plot(value, place, mark, color=colour, markersize=8)
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.set_yticks([0, 1], ["as claimed", "backwards"])
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.margins(x=0.1, y=0.5)
        ax.set_xlabel("Effect carried by the mediator, standard deviations of the outcome per one of the cause")
        return ax


def service_chain(
    frame: pd.DataFrame,
    cause: str,
    mediator: str,
    outcome: str,
    *,
    unit: str = "unit_id",
    period: str = "period",
    draws: int = 2000,
    seed: int = 0,
) -> Chain:
    """Test whether a cause moves an outcome through a mediator, two periods later, and whether it runs backwards."""
    scaled = frame.copy()
    for column in (cause, mediator, outcome):
        values = scaled[column].astype(float)
        spread = (values - values.groupby(scaled[unit]).transform("mean")).std()
        scaled[column] = values / (spread if spread > 0 else 1.0)
    ways = []
    for start, end in ((cause, outcome), (outcome, cause)):
        line = lagged(scaled, start, mediator, end, unit=unit, period=period)
        ways.append(within_unit_path(*(line[c].to_numpy() for c in ("x", "m", "y", "unit")), draws=draws, seed=seed))
    forward, backward = ways
    names = [" ".join(text.split("_")).removesuffix(" mean") for text in (cause, mediator, outcome)]
    text, title = _reading(forward, backward, names)
    rows = []
    for way, path, (start, middle, end) in (("As claimed", forward, names), ("Backwards", backward, names[::-1])):
        labels = (f"{start} to {middle}", f"{middle} to {end}", "carried by the mediator", "direct", "total")
        found = (path.a, path.b, path.through, path.direct, path.total)
        rows += [(f"{way}: {label}", *ends) for label, ends in zip(labels, found, strict=True)]
    table = pd.DataFrame(rows, columns=["Path", "Estimate", "95% range low", "95% range high"])
    value, low, high = forward.through
    return Chain(
        sentence=text,
        table=table,
        formats=dict.fromkeys(["Estimate", "95% range low", "95% range high"], "decimal3"),
        title=title,
        caption=f"The chain from {names[0]} to {names[2]}",
        note=(
            f"n = {forward.units} units; lags of two and one periods; slopes within units in standard deviations; "
            "bootstrap over units; grade C."
        ),
        alt=(
            f"Two estimates with 95% lines: carried by {names[1]} as claimed {numbers.decimal(value)}, backwards "
            f"{numbers.decimal(backward.through[0])}."
        ),
        measures=(
            Measure(
                name=measure_name("chain", names[0]),
                value=value,
                unit="ratio",
                n=forward.units,
                low=low,
                high=high,
            ),
            Measure(name="correlation_that_undoes_the_chain", value=forward.erased_by, unit="ratio", n=forward.units),
        ),
        forward=forward,
        backward=backward,
    )


def _slopes(x: np.ndarray, m: np.ndarray, y: np.ndarray) -> tuple[float, float, float, float, float]:
    """a, b, direct, total, and the correlation of m and y given x, of one unit."""
    x, m, y = x - x.mean(), m - m.mean(), y - y.mean()
    sxx, smm, sxm, sxy, smy = x @ x, m @ m, x @ m, x @ y, m @ y
    det = sxx * smm - sxm**2
    if det <= 1e-12 * sxx * smm:
        return sxm / sxx, 0.0, sxy / sxx, sxy / sxx, 0.0
    given = smy - sxm * sxy / sxx
    rest = (smm - sxm**2 / sxx) * max(float(y @ y) - sxy**2 / sxx, 0.0)
    alike = given / np.sqrt(rest) if rest > 0 else 0.0
    return sxm / sxx, (sxx * smy - sxm * sxy) / det, (smm * sxy - sxm * smy) / det, sxy / sxx, float(alike)


def _reading(forward: Path, backward: Path, names: list[str]) -> tuple[str, str]:
    value, low, high = forward.through
    ends = numbers.interval(low, high, numbers.decimal)
    if not forward.shown:
        text = (
            f"Within units no chain from {names[0]} through {names[1]} to {names[2]} can be shown "
            f"({numbers.decimal(value)} standard deviations, 95% range {ends})."
        )
        return text, f"No chain from {names[0]} to {names[2]} can be shown"
    text = (
        f"Within units one standard deviation more {names[0]} goes with {numbers.decimal(value)} more {names[2]} two "
        f"periods later, by way of {names[1]} (95% range {ends}); "
    )
    if backward.shown:
        text += f"the chain also runs backwards ({numbers.decimal(backward.through[0])}), so the direction stays open."
    else:
        text += "backwards nothing can be shown."
    text += (
        f" An unseen common cause that ties the errors of {names[1]} and {names[2]} together by a correlation of "
        f"{numbers.decimal(forward.erased_by)} would explain it away."
    )
    return text, f"{names[0][:1].upper() + names[0][1:]} goes with later {names[2]}, by way of {names[1]}"
