"""One look for all figures: two hues and grey, legible sizes, short amounts, nothing that only colour says.

Forms that several figures have are drawn here, from columns of an answer's table; a `plot` adds only what is its own:
`rows` and `columns` (a bar for each name, its number, its range), `estimates` (marks with ranges, upright or across),
`band` (a line within its range), `in_shares` and `in_money` (ticks).

    ax = style.axes_for(ax, height=2.6)
    style.rows(ax, table["Function"], table["Share"], ends=table["High"])
    style.ranges(ax, range(len(table)), table["Low"], table["High"], across=True)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers import numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from matplotlib.axis import Axis
else:
    Axes = object  # so that answers may name it before matplotlib is loaded

INK = "#1B2430"
BLUE = "#1F5FA8"
ORANGE = "#B54A00"
GREY = "#6B7280"
BAR_GREY = "#8793A1"
PALE_GREY = "#EEF1F6"
PALE_ORANGE = "#FBE9DC"
RULE = "#D5DAE1"
WIDTH, HEIGHT = 7.6, 3.6  # inches; at 160 dpi 1,216 pixels, where a notebook shows 760
NARROW = 3.6  # inches that a telephone shows in its 328 pixels
DPI = 160
HALO = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}  # behind a label, so that no line crosses its figures

_FONTS = ("Liberation Sans", "Arial", "Helvetica", "DejaVu Sans")


def _settings(narrow: bool) -> dict[Any, Any]:
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    family = next((name for name in _FONTS if name in installed), "DejaVu Sans")
    return {
        "font.family": "sans-serif",
        "font.sans-serif": [family, "DejaVu Sans"],
        "font.size": 8 if narrow else 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": RULE,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.grid": False,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "figure.dpi": DPI,
        "savefig.dpi": DPI,
        "figure.figsize": (NARROW if narrow else WIDTH, HEIGHT),
        "text.parse_math": False,  # a dollar sign in data is money, not a formula
        "svg.hashsalt": "scrm",
        "svg.fonttype": "none",  # words stay words
    }


@contextmanager
def look(*, narrow: bool = False) -> Iterator[None]:
    """Apply the kit's look inside the block and leave the reader's own settings as they were."""
    import matplotlib as mpl

    with mpl.rc_context(_settings(narrow)):
        yield


def is_narrow() -> bool:
    """Tell whether figures are drawn for a telephone just now."""
    import matplotlib as mpl

    return bool(mpl.rcParams["figure.figsize"][0] == NARROW)


def axes_for(ax: Axes | None, height: float = HEIGHT) -> Axes:
    """Return `ax`, or the axes of a new figure that no global state keeps alive."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    width, taller = (NARROW, 1.15) if is_narrow() else (WIDTH, 1.0)
    return Figure(figsize=(width, taller * height), layout="constrained").subplots()


def name_rows(ax: Axes, names: Iterable[object], *, zero: bool = False, down: bool = False) -> None:
    """Name the rows of a picture in place of its left axis: upwards or `down`, with a line at zero where asked."""
    if zero:
        ax.axvline(0, color=INK, linewidth=0.8)
    words = [str(name) for name in names]
    ax.set_yticks(range(len(words)), words)
    if down:
        ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def labelled(ax: Axes, x: str = "", y: str = "", *, percent: str = "", legend: int = 0) -> Axes:
    """Name the axes of a picture, write shares along some of them (`percent`: "x" or "y"), put a legend above."""
    for name, label in (("x", x), ("y", y)):
        if label:
            ax.set(**{f"{name}label": label})
        if name in percent:
            getattr(ax, f"{name}axis").set_major_formatter(lambda value, _: numbers.percent(value, 0))
    if legend:
        look = {"ncols": legend, "handletextpad": 0.2, "columnspacing": 1.2}
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), **look)
    return ax


def beside(ax: Axes, text: str, at: tuple[Any, Any], offset: tuple[float, float], **look: Any) -> None:
    """Write a few words next to a place in the data, so many points away from it."""
    ax.annotate(text, at, xytext=offset, textcoords="offset points", **{"size": 8} | look)


def short_money(value: float, currency: str) -> str:
    """Write an amount for an axis."""
    text = numbers.money(value, currency)
    return re.sub(r"\.?0+(?=[kmb])", "", text) if "." in text else text


def in_money(axis: Axis, currency: str) -> None:
    """Write the ticks of an axis as amounts."""
    axis.set_major_formatter(lambda value, _: short_money(value, currency))


def in_shares(axis: Axis, most: float = inf) -> None:
    """Write the ticks of an axis as whole percentages, up to the largest that a share can be."""
    axis.set_major_formatter(lambda share, _: numbers.percent(share, 0) if share <= most else "")


def ranges(ax: Axes, places: Any, low: Any, high: Any, *, across: bool = False) -> None:
    """Draw ranges as thin lines, upright or across."""
    (ax.hlines if across else ax.vlines)(places, low, high, color=INK, linewidth=1.2)


def estimates(
    ax: Axes, places: Any, found: Iterable[Any], mark: str = "o", *, across: bool = False, **look: Any
) -> None:
    """Mark estimates, each with its range: value, low and high end, of one or of many."""
    value, low, high = found
    ranges(ax, places, low, high, across=across)
    ax.plot(*((value, places) if across else (places, value)), mark, **dict[str, Any](color=BLUE, markersize=7) | look)


def rows(
    ax: Axes, names: Iterable[object], widths: Any, *, words: Iterable[str] = (), ends: Any = None, **look: Any
) -> None:
    """Draw a bar for each name, the first above, with its percentage or other words behind it or behind its range."""
    ax.barh(range(len(widths)), widths, **dict[str, Any](color=BLUE, height=0.62) | look)
    said = list(words) or map(numbers.percent, widths)
    for place, (end, text) in enumerate(zip(widths if ends is None else ends, said, strict=True)):
        beside(ax, text, (end, place), (5, 0), va="center", size=8.5)
    name_rows(ax, names, down=True)


def columns(ax: Axes, shares: Any, low: Any, high: Any, **look: Any) -> None:
    """Draw an upright bar for the share of each group with its range, and its percentage above that."""
    ax.bar(range(len(shares)), shares, **dict[str, Any](color=BLUE, width=0.62) | look)
    ranges(ax, range(len(shares)), low, high)
    bold = {"weight": "bold", "bbox": HALO, "zorder": 4}  # a label may meet a line across
    for place, (share, end) in enumerate(zip(shares, high, strict=True)):
        beside(ax, numbers.percent(share), (place, end), (0, 3), ha="center", va="bottom", size=8.5, **bold)


def band(ax: Axes, x: Any, found: Sequence[Any], *, stepped: bool = False, **look: Any) -> None:
    """Draw a line within the band of its range: value, low and high end."""
    value, low, high = found
    ax.fill_between(x, low, high, color=RULE, step="post" if stepped else None)
    usual: dict[str, Any] = {"color": BLUE, "linewidth": 1.8, "drawstyle": "steps-post" if stepped else "default"}
    ax.plot(x, value, "-", **usual | look)


def dressed(ax: Axes, ylabel: str, xlabel: str = "", writer: Callable[[float], str] | None = None) -> Axes:
    """Give a picture its labels, lines across, and an upright scale, of shares where nothing else is said."""
    ax.yaxis.set_major_formatter(lambda tick, _: writer(tick) if writer else numbers.percent(tick, 0))
    ax.grid(axis="y")
    return labelled(ax, xlabel, ylabel)


def group_ticks(ax: Axes, names: Iterable[str], sizes: Iterable[int]) -> None:
    """Name the groups below a picture, each with the people it rests on."""
    labels = [f"{name}\n(n = {numbers.count(n)})" for name, n in zip(names, sizes, strict=True)]
    ax.set_xticks(range(len(labels)), labels)
