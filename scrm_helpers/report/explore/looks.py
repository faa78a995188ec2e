"""Views to look around in: controls, an answer at each of their positions, and how many of them were looked at."""

import base64
import io
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from typing import Any

import numpy as np
from IPython.display import display

from scrm_helpers.answers import Answer, numbers, show, style
from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.answers.small_groups import without_small_groups

SLIDE, PICK, NAME = "slide", "pick", "name"  # along numbers; from a list; typed, with a list to choose from
WITHOUT = (
    "Sliders and pickers need ipywidgets: run `python3 kit.py lab`. Shown is the view at this notebook's parameters."
)
MANY = 10  # views from which on one of them looks striking by chance
DPI = 110  # of a picture that is drawn anew at every move


@dataclass(frozen=True)
class Control:
    """One thing that can be chosen: the name of an argument of the view's answer, and the values it may have."""

    name: str
    label: str
    values: Sequence[Any]
    start: Any
    write: Callable[[Any], str] = str
    kind: str = SLIDE

    def at(self, given: Any) -> "Control":
        """Start elsewhere; a number between two positions becomes a position, what cannot be chosen is refused."""
        if (given in self.values and not isinstance(given, bool)) or (self.kind == NAME and isinstance(given, str)):
            return replace(self, start=given)
        number = isinstance(given, int | float) and not isinstance(given, bool)
        whole = all(isinstance(value, int) for value in self.values)
        fits = number and (not whole or float(given).is_integer()) and min(self.values) <= given <= max(self.values)
        if self.kind == SLIDE and fits:
            return replace(self, start=given, values=sorted([*self.values, given]))
        if self.kind == SLIDE:
            least, most = self.write(min(self.values)), self.write(max(self.values))
            raise PlainError(f"The parameter {self.name} is {given!r}: give a number from {least} to {most}.")
        near = get_close_matches(str(given), list(map(str, self.values)), n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(map(self.write, self.values))
        raise PlainError(f"The parameter {self.name} is {given!r}, which is not among {known}.{meant}")


@dataclass(frozen=True)
class View:
    """Controls bound to an answer; with no controls there is one position."""

    title: str  # what the view is about, in the count of views
    controls: Sequence[Control]
    answer: Callable[..., Answer]
    rows: int = 0  # of its table that are shown

    def at(self, **given: Any) -> "View":
        """Start elsewhere: parameters of a notebook, by the name of the control; empty ones keep the start."""
        known = [control.name for control in self.controls]
        chosen = {name: value for name, value in given.items() if value not in ("", None)}
        if strange := [name for name in chosen if name not in known]:
            it_has = ", ".join(known) or "none"
            raise PlainError(f"The view “{self.title}” has no control {strange[0]}; it has {it_has}.")
        moved = [control.at(chosen[control.name]) if control.name in chosen else control for control in self.controls]
        return replace(self, controls=moved)

    def words(self, position: Mapping[str, Any]) -> str:
        """Write down a position, so that a picture can be found again."""
        return "; ".join(f"{control.label} {control.write(position[control.name])}" for control in self.controls)


class Looks:
    """The views of one notebook and the count of all that were looked at: many looks find something by chance."""

    def __init__(self, fewest: int, currency: str) -> None:
        self._fewest, self._currency = fewest, currency
        self._seen: dict[tuple[str, str], None] = {}
        self._tellers: list[Callable[[], None]] = []
        if controls_library() is None:
            show.sentence(WITHOUT)

    def at(self, view: View, **start: Any) -> Any:
        """Show a view: its controls, where they are installed, above the picture and the sentence that follow them."""
        view = view.at(**start)
        widgets, easel = controls_library(), Easel()
        position = {control.name: control.start for control in view.controls}
        boxes = [_box(widgets, control) for control in view.controls] if widgets else []
        if boxes:  # where they do not live any more, their start is said
            said = {"text/plain": f"Controls: {view.words(position)}"}
            display({**widgets.VBox(boxes)._repr_mimebundle_(), **said}, raw=True)
        page, count = Place(widgets), Place(widgets)

        def draw() -> None:
            self._seen[view.title, view.words(position)] = None
            page.put(*self._page(view, position, easel))
            here = f"{view.words(position)}. {self.caution}"
            count.put(here, f'<p class="scrm-note">{show.escape(here)}</p>')
            for tell in self._tellers:
                tell()

        def moved(change: Mapping[str, Any], name: str) -> None:
            position[name] = change["new"]
            draw()

        for control, box in zip(view.controls, boxes, strict=False):
            box.observe(partial(moved, name=control.name), "value")
        draw()

    @property
    def caution(self) -> str:
        """Say how many views were looked at and what that means."""
        told = f"Views looked at: {numbers.count(len(self._seen))}."
        if len(self._seen) >= MANY:
            told += " With so many, some difference was bound to look large by chance."
        return f"{told} Nothing here is a finding: confirm what strikes you on data that you have not seen yet."

    def counted(self) -> None:
        """Show, and keep up to date, how many positions of each view were looked at: an exported notebook says so."""
        place = Place(controls_library())

        def tell() -> None:
            rows = Counter(title for title, _ in self._seen)
            lines = [f"{title}: {numbers.plural(many, 'view')}" for title, many in rows.items()]
            items = "".join(f"<li>{show.escape(line)}</li>" for line in lines)
            markup = f'<p class="scrm-note">{show.escape(self.caution)}</p><ul class="scrm-list">{items}</ul>'
            place.put("\n".join([self.caution, *lines]), markup)

        self._tellers.append(tell)
        tell()

    def _page(self, view: View, position: Mapping[str, Any], easel: "Easel") -> tuple[str, str]:
        """Return what a view says and shows at a position, as plain text and as markup."""
        try:
            found = view.answer(**position)
        except (Refusal, PlainError) as refused:
            return str(refused), f'<p class="scrm-sentence absent">{show.escape(refused)}</p>'
        said = [("scrm-sentence", found.sentence)]
        shown = without_small_groups(found.table, self._fewest)
        picture = ""
        if len(shown) < len(found.table):
            said.append(("scrm-note", f"A figure is left out: it would show a group under {self._fewest} people."))
        elif found.drawable:
            said.insert(0, ("scrm-figure-title", found.title))
            picture = f'<img alt="{show.escape(found.alt)}" width="{easel.wide}" src="{easel.draw(found)}">'
        rows = show.table_html(shown.head(view.rows), found.formats, found.caption, self._currency) if view.rows else ""
        said.append(("scrm-note", found.note))
        words = [f'<p class="{kind}">{show.escape(text)}</p>' for kind, text in said if text]
        if picture:
            words[0] = f'<p class="scrm-figure-title"><strong>{show.escape(found.title)}</strong></p>'
        plain = [text for _, text in said if text] + ([f"Figure: {found.alt}"] if picture else [])
        return "\n".join(plain), "".join([*words[:-1], picture, rows, words[-1]])


class Easel:
    """Draws a view's pictures on one figure, once each and without a palette: a move is to be seen at once."""

    wide = int(style.WIDTH * 100)

    def __init__(self) -> None:
        self._axes: style.Axes | None = None

    def draw(self, answer: Answer) -> str:
        """Return the picture of an answer as an address that holds it."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from PIL import Image

        with style.look():
            if self._axes is None:
                self._axes = style.axes_for(None)
                self._axes.figure.set_dpi(DPI)
            self._axes.clear()
            figure: Any = answer.plot(self._axes).figure
            canvas = FigureCanvasAgg(figure)
            canvas.draw()
            if not _whole(figure):
                figure.set_layout_engine("constrained")
                canvas.draw()
            figure.set_layout_engine("none")  # the margins stay while all words fit: to find them takes half of a move
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").save(buffer, "PNG", compress_level=1)
        return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _whole(figure: Any) -> bool:
    """Whether every word lies on the page; ticks beyond the axes are not drawn."""
    shown = [text for axes in figure.axes for text in axes.texts]
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        shown += [axis.label, *(tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high)]
    boxes = [text.get_window_extent() for text in shown if text.get_text()]
    return all(figure.bbox.count_contains(box.corners()) == 4 for box in boxes)


class Place:
    """A part of the page that is put anew: a display that is saved with the notebook, or in the app a control."""

    def __init__(self, widgets: Any) -> None:
        self._widgets = widgets if os.environ.get("SERVER_SOFTWARE", "").startswith("voila") else None
        self._shown: Any = None

    def put(self, plain: str, markup: str) -> None:
        """Show this in place of what was there; all in it is escaped already."""
        if self._widgets:
            if self._shown is None:
                self._shown = self._widgets.HTML()
                display(self._shown)
            self._shown.value = markup
        elif self._shown is None:
            self._shown = display({"text/plain": plain, "text/html": markup}, raw=True, display_id=True)
        else:
            self._shown.update({"text/plain": plain, "text/html": markup}, raw=True)


def controls_library() -> Any:
    """The library of controls, where it is installed."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def _box(widgets: Any, control: Control) -> Any:
    look = {"description": control.label, "style": {"description_width": "15em"}, "layout": {"width": "46em"}}
    if control.kind == NAME:
        return widgets.Combobox(value=control.start, options=list(control.values), ensure_option=False, **look)
    kind = widgets.Dropdown if control.kind == PICK else widgets.SelectionSlider
    return kind(options=[(control.write(value), value) for value in control.values], value=control.start, **look)
