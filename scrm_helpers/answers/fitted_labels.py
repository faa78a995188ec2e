"""Words in a figure: broken where there is no room for them, large enough to read, and never on one another."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.text import Text

FloatArray = NDArray[np.float64]
_CONTROL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufeff]")
SMALLEST = 8.0  # points in a narrow figure: ten pixels on a telephone
LONGEST_NAME = {False: 44, True: 16}  # characters at a tick, by whether the figure is narrow
LONGEST_TITLE = {False: 90, True: 40}  # characters beside an axis
# Where a label may go that would lie on another, in points, the nearest first.
_MOVES = np.array(
    sorted(product(range(-40, 41, 5), range(-30, 31, 3)), key=lambda by: (abs(by[0]) + abs(by[1]), by)), dtype=float
)


def shown_controls(text: str) -> str:
    """Show the control characters of a text, which would end or turn what stands around them."""
    return _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def fit_labels(figure: Figure, *, narrow: bool = False) -> None:
    """Give every word of a figure its place and leave the figure as it is to be drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            _break_names(axis, LONGEST_NAME[narrow], 3 if narrow else 2)
        axes.set_xlabel(_broken(axes.get_xlabel(), LONGEST_TITLE[narrow]))
        axes.set_ylabel(_broken(axes.get_ylabel(), int(12 * figure.get_figheight())))
        if narrow and axes.get_legend():
            _stack_legend(axes)
    for text in _texts(figure):
        text.set_text(shown_controls(text.get_text()))
        if narrow:
            text.set_fontsize(max(float(text.get_fontsize()), SMALLEST))
    _lay_out(figure)
    if sum(_part_names(axes) for axes in figure.axes):
        _lay_out(figure)
    figure.set_layout_engine("none")
    for axis in (one for axes in figure.axes for one in (axes.xaxis, axes.yaxis) if one.get_label_text()):
        to_axes = axis.label.get_transform() - axis.axes.transAxes
        axis.set_label_coords(*to_axes.transform(axis.label.get_position()))  # to be kept, not sought in each drawing
    _part_labels(figure)


def _lay_out(figure: Figure) -> None:
    """Give the pictures their places, as every drawing begins: what follows costs more and tells no more of words."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    for axes in figure.axes:
        axes.apply_aspect()


def _texts(figure: Figure) -> Iterator[Text]:
    from matplotlib.text import Text

    return (text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_visible() and text.get_text())


def _broken(words: str, longest: int) -> str:
    """Break every line of some words that is longer than so many characters."""
    return "\n".join(textwrap.fill(line, longest) for line in _held(words).splitlines())


def _held(words: str) -> str:
    return words.replace("n = ", "n\u00a0=\u00a0")


def _break_names(axis: Axis, longest: int, lines: int) -> None:
    """Break names at the ticks that are too long for the page; what does not fit ends in "…"."""
    places = [float(place) for place in axis.get_majorticklocs()]
    given = list(map(str, axis.get_major_formatter().format_ticks(places)))  # labels may be given as numbers
    names = list(map(shown_controls, given))
    if any(len(line) > longest for name in names for line in name.splitlines()):
        width = 34 if lines == 2 else longest
        names = [textwrap.fill(_held(name), width, max_lines=lines, placeholder=" …") for name in names]
    if names != given:
        axis.set_ticks(places, names)


def _stack_legend(axes: Axes) -> None:
    """Put the legend above the picture, where a narrow one has room for it."""
    legend: Any = axes.get_legend()
    words = [text.get_text() for text in legend.get_texts()]
    title = legend.get_title().get_text() or None
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (-0.02, 1.0), "alignment": "left"}
    axes.legend(legend.legend_handles, words, title=title, **above)


def _part_names(axes: Axes) -> bool:
    """Break the names below a picture where they meet, or keep every second or third; say whether any was changed."""
    labels = [label for label in axes.get_xticklabels() if label.get_visible() and label.get_text()]
    boxes = [label.get_window_extent() for label in labels]
    if len(labels) < 2 or not any(left.x1 + 2 > right.x0 for left, right in pairwise(boxes)):
        return False
    places = [float(label.get_position()[0]) for label in labels]
    names = [label.get_text() for label in labels]
    room = min(abs(right.x0 + right.x1 - left.x0 - left.x1) / 2 for left, right in pairwise(boxes))
    letter = max(box.width / max(map(len, name.splitlines())) for box, name in zip(boxes, names, strict=True))
    fits = int(room / letter) - 1
    longest_word = max(len(word) for name in names for word in re.split("[ \n]", _held(name)))
    if longest_word <= fits:
        axes.set_xticks(places, [_broken(name, fits) for name in names])
    elif all(len(name) <= 8 for name in names):
        step = int(max(box.width for box in boxes) * 1.15 / room) + 1
        axes.set_xticks(places[::step], names[::step])
    else:
        axes.tick_params(axis="x", labelrotation=90)
    return True


def _part_labels(figure: Figure) -> None:
    """Move each label in a picture that lies on another, or beyond the edge, to the nearest free place."""
    from matplotlib.text import Annotation
    from matplotlib.transforms import ScaledTranslation

    movable = [text for axes in figure.axes for text in axes.texts if text.get_visible() and text.get_text().strip()]
    if not movable:
        return
    fixed = [text for text in _texts(figure) if not any(text is one for one in movable)]
    boxes = np.array([text.get_window_extent().extents for text in (*fixed, *movable)])
    lines, page = _points_of_lines(figure), np.array(figure.bbox.extents)
    moves = np.tile(_MOVES * figure.dpi / 72, 2)
    for place, text in enumerate(movable, start=len(fixed)):
        if isinstance(text, Annotation) and text.anncoords != "offset points":
            continue
        met = lines[:0] if text.get_bbox_patch() else lines
        if not _trouble(boxes[place : place + 1], boxes[:place], met, page)[0]:
            continue
        tried = boxes[place] + moves
        best = int(np.argmin(_trouble(tried, boxes[:place], met, page)))
        if best:
            across, up = (float(way) for way in _MOVES[best])
            boxes[place] = tried[best]
            if isinstance(text, Annotation):
                text.xyann = (text.xyann[0] + across, text.xyann[1] + up)
            else:
                by = ScaledTranslation(across / 72, up / 72, figure.dpi_scale_trans)
                text.set_transform(text.get_transform() + by)


def _points_of_lines(figure: Figure) -> FloatArray:
    """Find points close together on all lines of the pictures, on which words should not lie."""
    from matplotlib.collections import LineCollection

    ways: list[Any] = []
    for axes in figure.axes:
        lines = [line for line in axes.lines if line.get_linestyle() != "None"]
        ways += [line.get_transform().transform_path(line.get_path()).vertices for line in lines]
        for one in axes.collections:
            if isinstance(one, LineCollection):
                ways += [one.get_transform().transform(way) for way in one.get_segments()]
    step = figure.dpi / 24  # three points
    pairs = np.concatenate([np.empty((0, 4)), *(np.hstack([way[:-1], way[1:]]) for way in ways if len(way))])
    start, end = np.hsplit(pairs[np.isfinite(pairs).all(axis=1)], 2)
    parts = np.minimum(np.abs(end - start).max(axis=1, initial=0) / step, 400).astype(int)
    line = np.repeat(np.arange(len(parts)), parts + 1)
    share = (np.arange(len(line)) - (np.cumsum(parts + 1) - parts - 1)[line]) / np.maximum(parts, 1)[line]
    return start[line] + share[:, None] * (end - start)[line]  # type: ignore[no-any-return]


def _trouble(boxes: FloatArray, taken: FloatArray, lines: FloatArray, page: FloatArray) -> FloatArray:
    """Tell how much of each box would lie on others, on lines or beyond the page; 0 for none."""
    beyond = np.maximum(np.concatenate([page[:2] - boxes[:, :2], boxes[:, 2:] - page[2:]], axis=1), 0).sum(axis=1)
    low, high = np.maximum(boxes[:, None, :2], taken[:, :2]), np.minimum(boxes[:, None, 2:], taken[:, 2:])
    met = np.maximum(high - low, 0).prod(axis=2).sum(axis=1)
    near = lines[((lines > boxes[:, :2].min(axis=0)) & (lines < boxes[:, 2:].max(axis=0))).all(axis=1)]
    crossed = ((near > boxes[:, None, :2]) & (near < boxes[:, None, 2:])).all(axis=2).sum(axis=1)
    return 1000 * beyond + 10 * met + crossed  # type: ignore[no-any-return]
