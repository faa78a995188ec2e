"""The view of stated against actual: the share who referred by answer, for a segment, a window and a least group."""

from dataclasses import replace
from functools import cache

import pandas as pd

from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, ReferralByAnswer, link_answers, referral_by_answer
from scrm_helpers.report.explore.looks import PICK, Control, View
from scrm_helpers.tables import Company

ALL = "All segments"
WINDOWS = (30, 90, 180, 365, 730)
MOST = 100  # people whom a bar can be asked to stand for


def answer_view(company: Company) -> View:
    """Link every answer to what followed, once for each segment and window, and let them be chosen.

    Parameters
    ----------
    company : Company, with the tables surveys and referrals

    Returns
    -------
    View

    Notes
    -----
    Sixty views of data without any connection show a "significant" difference in 49 % of cases: no p-values here.
    """
    surveys, referrals, terms = company.table("surveys"), company.table("referrals"), company.terms
    customers = company.customers
    known = customers["segment"].astype("str") if "segment" in customers else pd.Series(dtype="str")
    segments = [ALL, *sorted(known.dropna().unique())]

    @cache
    def linked(segment: str, window_days: int) -> LinkedAnswers:
        own = surveys
        if segment != ALL:
            own = surveys[surveys["customer_id"].isin(customers["customer_id"][known == segment])]
        return link_answers(own, referrals, terms.as_of, window_days)

    def at(segment: str, window_days: int, smallest: int) -> ReferralByAnswer:
        return referral_by_answer(linked(segment, window_days), replace(terms, min_group=smallest))

    for one in segments:  # now, so that a move costs nothing but its picture
        for days in WINDOWS:
            at(one, days, terms.min_group).sentence  # noqa: B018 - the test behind it is kept with the table
    controls = [
        Control("segment", "Segment", segments, ALL, kind=PICK),
        Control("window_days", "Days after the answer", WINDOWS, 365),
        Control("smallest", "Smallest group, people", range(terms.min_group, MOST + 1), terms.min_group),
    ]
    return View("Share who referred, by answer", controls, at)
