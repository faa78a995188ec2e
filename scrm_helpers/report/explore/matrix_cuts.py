"""The view of the value matrix: where own value and referral value become high, and who is in which cell then."""

from dataclasses import field
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Words, counted, numbers, style, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.report.explore.looks import Control, View
from scrm_helpers.report.session import Chapter
from scrm_helpers.value.matrix.four_cells import CELLS, MEDIAN, PLACES, Cuts, cut_points

BINS = (60, 40)
TICKS = [sign * 10.0**digits for sign in (-1, 1) for digits in range(9)] + [0.0]
STEPS = 20  # positions of a slider: every twentieth of the people


class CutsMoved(Answer):
    """The four cells at some cut points, beside those at the medians."""

    moved: Measure = unknown("customers_in_another_cell", "count")
    cells: pd.DataFrame = field(default_factory=pd.DataFrame)  # by cell: People, Own value, Referral value
    cuts: Cuts = Cuts(0.0, 0.0)
    hidden: frozenset[str] = frozenset()  # cells of too few customers, or next to a single one
    cloud: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None  # people by place, and the edges of both sides
    currency: str = "EUR"

    def words(self) -> Words:
        n, held, whole = self.moved.n or 0, self.cells.to_dict("index"), self.cells.sum()
        share = (self.cells / whole.where(whole > 0)).to_dict("index")
        best, low = share["Champions"], held["Advocates"]
        shown = [f"{name} {numbers.count(held[name]['People'])}" for name in CELLS if name not in self.hidden]
        text = "Champions are too few to be shown"
        if "Champions" not in self.hidden:
            text = (
                f"{numbers.plural(held['Champions']['People'], 'customer')} ({numbers.percent(best['People'])}) are "
                f"Champions and hold {numbers.percent(best['Own value'])} of own value and "
                f"{numbers.percent(best['Referral value'])} of referral value"
            )
        if "Advocates" not in self.hidden:
            text += f"; {numbers.plural(low['People'], 'Advocate')} of low own value brought "
            text += numbers.money(low["Referral value"], self.currency)
        changed = f"{numbers.count(self.moved.value)} of {numbers.count(n)} customers are in another cell than at the "
        return Words(
            sentence=f"{text}; {self.moved.reason or f'{changed}medians'}.",
            title=", ".join(shown) or "Too few customers to be shown",
            note=f"n = {numbers.plural(n, 'customer')} with both values; cut points: {self.cuts.words(self.currency)}. "
            "Own value: CLV of the coming months; referral value: CRV to date, attributed, also in the own value "
            "of those who came. The darker, the more customers; axes stretched near zero.",
            alt=f"Customers by referral value and own value as a grey cloud, cut into four cells: {', '.join(shown)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        assert self.cloud is not None
        many, across, up = self.cloud
        ends = (across[0], across[-1], up[0], up[-1])
        shade = np.log1p(many.T)
        ax.imshow(shade, origin="lower", extent=ends, aspect="auto", cmap="Greys", vmax=shade.max() * 1.4)
        half = [(edges[1] - edges[0]) / 2 for edges in (across, up)]  # whoever is at a cut point lies left of it
        right, above = stretched([self.cuts.referral, self.cuts.own]) + half
        ax.axvline(right, color=style.ORANGE, linewidth=1.2)
        ax.axhline(above, color=style.ORANGE, linewidth=1.2)
        look: dict[str, Any] = {"transform": ax.transAxes, "size": 9, "weight": "bold", "bbox": style.HALO}
        for name, (column, row) in PLACES.items():
            people = "too few" if name in self.hidden else numbers.count(self.cells["People"][name])
            place = (0.985 if column else 0.015, 0.97 if row else 0.03)
            ax.text(*place, f"{name} {people}", ha="right" if column else "left", va="top" if row else "bottom", **look)
        for axis, edges in ((ax.xaxis, across), (ax.yaxis, up)):
            ticks = [tick for tick in TICKS if edges[0] <= stretched(tick) <= edges[-1]]
            words = [style.short_money(tick, self.currency).removesuffix(".00") for tick in ticks]
            axis.set_ticks(stretched(ticks), words)
        return style.labelled(ax, "Referral value to date", "Own value of the coming months")


def stretched(amount: Any) -> Any:
    """Put amounts on a scale that is even near zero and logarithmic beyond, on both sides."""
    return np.arcsinh(np.asarray(amount, float) / 2)


def cuts_view(chapter: Chapter, own: str = MEDIAN, referral: str = MEDIAN) -> View:
    """Place every customer once, and let both cut points be moved.

    Parameters
    ----------
    chapter : Chapter, opened as 02
    own, referral : str, where the cut points start: the word median or an amount

    Returns
    -------
    View
    """
    people, settings = chapter.value, chapter.company.settings
    people = people[people["is_customer"].fillna(False).astype(bool) & people["clv"].notna() & people["crv"].notna()]
    if people.empty:
        raise Refusal("No customer has both an own value and a referral value: chapters 02 and 04 say why.")
    start, medians = cut_points(people, own, referral), cut_points(people)
    values = {"Own value": people["clv"].to_numpy(float), "Referral value": people["crv"].to_numpy(float)}
    stretch = [stretched(values[name]) for name in ("Referral value", "Own value")]
    bins: Any = [_edges(one, many) for one, many in zip(stretch, BINS, strict=True)]
    cloud = np.histogram2d(stretch[0], stretch[1], bins=bins)

    def cells_at(cuts: Cuts) -> np.ndarray:
        return 2 * (values["Own value"] <= cuts.own) + (values["Referral value"] <= cuts.referral)

    before = cells_at(medians)

    def at(own_cut: float, referral_cut: float) -> CutsMoved:
        cuts = Cuts(own_cut, referral_cut, own_cut == medians.own, referral_cut == medians.referral)
        place = cells_at(cuts)
        sums = {name: np.bincount(place, amount, 4) for name, amount in values.items()}
        cells = pd.DataFrame({"People": np.bincount(place, minlength=4), **sums}, index=list(CELLS))
        hidden = frozenset(cells.index[too_small(cells["People"], settings.min_group)])
        many, few = int((place != before).sum()), f"fewer than {settings.min_group} customers change their cell"
        shown = None if 0 < many < settings.min_group else many
        moved = counted("customers_in_another_cell", shown, len(place), reason=few)
        return CutsMoved(moved=moved, cells=cells, cuts=cuts, hidden=hidden, cloud=cloud, currency=settings.currency)

    controls = [
        Control(name, label, _amounts(amount, begin), begin, lambda cut: numbers.money(cut, settings.currency))
        for name, label, amount, begin in (
            ("own_cut", "Own value is high above", values["Own value"], start.own),
            ("referral_cut", "Referral value is high above", values["Referral value"], start.referral),
        )
    ]
    return View("Cut points of the value matrix", controls, at)


def _edges(places: np.ndarray, many: int) -> np.ndarray:
    """Bins of which the first and the last are centred on the least and the most, however near these are."""
    low, high = float(places.min()), float(places.max())
    half = max(high - low, 1e-6) / (2 * many)
    return np.linspace(low - half, high + half, many + 1)


def _amounts(values: np.ndarray, start: float) -> list[float]:
    """Amounts between even shares of the people; of those above zero where most have nothing."""
    spread = values if np.median(values) else values[values != 0]
    found = np.quantile(spread if len(spread) else values, np.linspace(0.05, 0.95, STEPS - 1)).tolist()
    return sorted({float(f"{amount:.3g}") for amount in found} | {0.0, start})
