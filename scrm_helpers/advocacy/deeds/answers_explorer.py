"""Look around: the share who referred by answer, with controls, without p-values, and with a count of the views."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.advocacy.deeds.by_answer import ReferralByAnswer, referral_by_answer
from scrm_helpers.advocacy.deeds.linked import link_answers
from scrm_helpers.answers import numbers, show
from scrm_helpers.answers.terms import Terms

if TYPE_CHECKING:
    from ipywidgets import VBox

ALL = "All segments"
WINDOWS = (30, 90, 180, 365, 730)


def view_answers(
    surveys: pd.DataFrame,
    referrals: pd.DataFrame,
    segments: pd.Series,
    terms: Terms,
    segment: str = ALL,
    window_days: int = 365,
) -> ReferralByAnswer:
    """Compute one view: the share who referred by answer in one segment and window."""
    if segment != ALL:
        surveys = surveys[surveys["customer_id"].isin(segments.index[segments == segment])]
    return referral_by_answer(link_answers(surveys, referrals, terms.as_of, window_days), terms)


def caution(views: int) -> str:
    """Say how many views were looked at and what that means."""
    told = f"Views looked at: {numbers.count(views)}."
    if views >= 10:
        told += " With so many, some difference was bound to look large by chance."
    return f"{told} Nothing here is a finding: confirm what strikes you on answers that you have not seen yet."


def explorer(surveys: pd.DataFrame, referrals: pd.DataFrame, segments: pd.Series, terms: Terms) -> VBox:
    """Return controls for segment, window and smallest group above the picture they draw.

    Parameters
    ----------
    surveys, referrals : pandas.DataFrame
        The tables of these names.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``.
    terms : Terms
        Day of the analysis, and the company's smallest group: the control starts there and cannot go below.

    Returns
    -------
    ipywidgets.VBox

    Raises
    ------
    ModuleNotFoundError
        When ipywidgets is not installed.

    Notes
    -----
    Sixty views of data without any connection show a "significant" difference in 49 % of cases; therefore no p-values,
    no stars and no claims here, only ranges and the count of views.
    """
    import ipywidgets as widgets

    wide = {"style": {"description_width": "9em"}}
    choices = [ALL, *sorted(segments.dropna().astype(str).unique())]
    which = widgets.Dropdown(options=choices, description="Segment", **wide)
    window = widgets.SelectionSlider(options=WINDOWS, value=365, description="Days after answer", **wide)
    smallest = widgets.IntSlider(
        value=terms.min_group, min=terms.min_group, max=100, description="Smallest group", **wide
    )
    picture, remark, seen = widgets.Output(), widgets.Label(), []

    def draw(_: object = None) -> None:
        seen.append((which.value, window.value, smallest.value))
        own = replace(terms, min_group=smallest.value)
        found = view_answers(surveys, referrals, segments, own, which.value, window.value)
        remark.value = caution(len(seen))
        picture.clear_output(wait=True)
        with picture:
            if found.drawable:
                show.figure(found)
            else:
                show.sentence(found)

    for control in (which, window, smallest):
        control.observe(draw, names="value")
    draw()
    return widgets.VBox([which, window, smallest, picture, remark])
