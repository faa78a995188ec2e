"""Draw an answer: as PNG for a notebook, and for the page as SVG whose words are text, once wide and once narrow."""

from __future__ import annotations

import base64
import io
import os
from typing import TYPE_CHECKING, Any

import numpy as np

from scrm_helpers.answers import style
from scrm_helpers.answers.fitted_labels import fit_labels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from scrm_helpers.answers.answer import Answer

FOR_PAGE = "SCRM_FIGURES_FOR_PAGE"  # set in the kernels of a report; notebooks hold PNG alone
WIDE, NARROW = "image/svg+xml", "application/x-scrm-narrow+svg"
CLOUD = 300  # marks of one kind beyond which they are stored as one picture, not one by one


def drawings(result: Answer, *, for_page: bool | None = None) -> dict[str, str]:
    """Draw a result in every form that is asked for, by its name; the same bytes each time on one machine."""
    with style.look():
        wide = _drawn(result)
        made = {"image/png": _png(wide)}
        if for_page if for_page is not None else bool(os.environ.get(FOR_PAGE)):
            made[WIDE] = _svg(wide)
            with style.look(narrow=True):
                made[NARROW] = _svg(_drawn(result, narrow=True))
    return made


def _drawn(result: Answer, *, narrow: bool = False) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure: Any = result.plot().figure
    FigureCanvasAgg(figure)  # never a window, whatever backend the reader has
    fit_labels(figure, narrow=narrow)
    return figure  # type: ignore[no-any-return]


def _png(figure: Any) -> str:
    """Store the picture with a palette: flat colours need no more, and the notebook stays light."""
    from PIL import Image

    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    buffer = io.BytesIO()
    image.quantize(128, Image.Quantize.FASTOCTREE).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _svg(figure: Figure) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    for cloud in (one for axes in figure.axes for one in axes.collections):
        if max(len(cloud.get_offsets()), len(cloud.get_paths())) > CLOUD:  # type: ignore[arg-type]
            cloud.set_rasterized(True)
    buffer = io.StringIO()
    # `figure.savefig` would draw it twice: once without a trace, to lay out what has its place already
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
