"""When is the money back, what would an early look conclude, and is it worth waiting before deciding?"""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, counted, measure_name, numbers, style
from scrm_helpers.initiatives.plan.streams import HORIZONS, ValuationTerms, first_back
from scrm_helpers.initiatives.valuation.case_value import Valuation

FUTURES = "a share of the simulated futures"
RATES = ("Right verdicts", "Successes it would stop", "Failures it would keep")


class PaybackCurve(Answer):
    """Share of futures whose money is back by each quarter: for the first time, and for good."""

    within_a_year: Measure
    first: pd.Series
    lasting: pd.Series
    valued: Valuation

    def words(self) -> Words:
        name, last = self.valued.name, self.valued.last
        back, kept = float(self.first.iloc[-1]), float(self.lasting.iloc[-1])
        half = float(np.median(self.valued.payback))
        middle = "Fewer than half of the futures ever have it"
        if np.isfinite(half):
            middle = f"Half of the futures have it within {numbers.decimal(half, 1)} quarters"
        lost = f", but in {numbers.percent(back - kept)} it is lost again" if back - kept >= 0.005 else ""
        shown = [quarter for quarter in sorted({*HORIZONS, last}) if quarter <= last]
        heads = {"Back for the first time": self.first[shown], "Back for good": self.lasting[shown]}
        return Words(
            sentence=f"When is the money of “{name}” back? {middle}, {numbers.percent(back)} within {last}{lost}.",
            table=pd.DataFrame(heads).rename_axis("Quarters").reset_index(),
            formats={"Quarters": "count"} | dict.fromkeys(heads, "percent"),
            title=f"Within a year the money is back in {numbers.percent(self.within_a_year.value)} of the futures",
            caption=f"When the money is back: {name}",
            note=f"{numbers.count(self.within_a_year.n)} simulated futures; {self.valued.terms.view} view of cost; "
            "discounted.",
            alt=f"Two rising step lines over {last} quarters: share of futures with the money back for the first time "
            f"({numbers.percent(back)} in the end) and for good ({numbers.percent(kept)}).",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.8)
        last = self.valued.last
        lift = 0.045 if abs(float(self.first.iloc[-1] - self.lasting.iloc[-1])) < 0.06 else 0.0
        first, lasting = (style.GREY, "--", lift, "for the first time"), (style.BLUE, "-", -lift, "for good")
        for series, (colour, line, side, words) in ((self.first, first), (self.lasting, lasting)):
            ax.step(series.index, series, where="post", color=colour, linewidth=2, linestyle=line)
            ax.text(last * 1.015, float(series.iloc[-1]) + side, words, color=colour, va="center")
        ax.set_xticks([quarter for quarter in (0, *HORIZONS, 16, 20) if quarter <= last])
        ax.set(xlim=(0, last * 1.2), ylim=(0, 1.06))
        ax.grid(axis="y")
        return style.labelled(ax, "Quarters since the start", "Futures with money back", percent="y")


def payback_curve(valued: Valuation) -> PaybackCurve:
    """Count, over the simulated futures, when the discounted money is back."""
    first, lasting = (
        pd.Series([float((when <= quarter).mean()) for quarter in range(valued.last + 1)])
        for when in (valued.payback, first_back(valued.net, sustained=True))
    )
    name, window = measure_name("money_back_within_a_year", valued.id), "quarters 0 to 4 since its start"
    share, n = float(first.get(4, 0.0)), len(valued.net)
    within = Measure(name=name, value=share, unit="share", n=n, no_range=FUTURES, window=window)
    at = valued.judgement.roinit
    return PaybackCurve(within_a_year=within, first=first, lasting=lasting, valued=valued, population=at.population)


class EarlyLook(Answer):
    """Verdicts by money back after each quarter against the verdict at the horizon."""

    stopped: Measure  # later successes that the first look would stop
    by_quarter: pd.DataFrame
    base: float  # share of futures that pay at the horizon
    valued: Valuation

    def claimed(self) -> tuple[Claim, ...]:
        tested = "nothing: money back early beside the end, in simulated futures"
        return (Claim(tested=tested, estimate=self.stopped),)

    def words(self) -> Words:
        name, horizon, base = self.valued.name, self.valued.terms.horizon, numbers.percent(self.base)
        text = f"“{name}” pays within {horizon} quarters in hardly any future, so an early look can miss none."
        if self.stopped.value is not None:
            text = (
                f"A rule of money back after {numbers.plural(int(self.by_quarter.index[0]), 'quarter')} would stop "
                f"{numbers.percent(self.stopped.value)} of the futures in which “{name}” pays at {horizon} quarters "
                f"({base} of all futures)."
            )
        return Words(
            sentence=text,
            table=self.by_quarter.rename_axis("Quarters").reset_index(),
            formats={"Quarters": "count"} | dict.fromkeys(RATES, "percent"),
            caption=f"What an early look would conclude: {name}",
            note=f"{numbers.count(len(self.valued.net))} simulated futures; {base} of them pay at {horizon} quarters: "
            "read right verdicts against that share.",
        )


def early_look(valued: Valuation) -> EarlyLook:
    """Simulate what a rule of money back would do to this plan: which later successes would it stop?"""
    good = valued.net[:, valued.terms.horizon] > 0
    rows = {}
    for quarter in _before(valued):
        says = valued.net[:, quarter] > 0
        rows[quarter] = [pd.Series(part).mean() for part in (says == good, ~says[good], says[~good])]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(RATES)).astype(float)
    name, n = measure_name("stopped_by_an_early_look", valued.id), int(good.sum())
    first = float(frame[RATES[1]].iloc[0]) if len(frame) and n >= 0.01 * len(good) else None
    at, few = valued.judgement.roinit, "fewer than 1 in 100 simulated futures pay"
    place = {"population": at.population, "window": at.window}
    stopped = counted(name, first, n, "share", FUTURES, reason=few, **place)
    return EarlyLook(stopped=stopped, by_quarter=frame, base=float(good.mean()), valued=valued)


class Waiting(Answer):
    """Worth of waiting some quarters before deciding, less what the delay loses."""

    worth: pd.Series  # by quarter
    floor: float  # below it a worth is none
    terms: ValuationTerms

    def words(self) -> Words:
        text = "A pilot first is not worth its delay."
        if len(self.worth) and self.worth.max() > self.floor:
            best = numbers.plural(int(self.worth.index[int(self.worth.argmax())]), "quarter")
            most = self.terms.money(self.worth.max())
            text = f"A pilot of {best} before deciding is worth up to {most}: pay no more than that for it."
        return Words(sentence=text)


def wait_or_decide(valued: Valuation) -> Waiting:
    """Say whether piloting for a while before deciding is worth what the delay loses."""
    end = valued.net[:, valued.terms.horizon]
    mean, worth = float(end.mean()), {}
    for quarter in _before(valued):
        seen = valued.net[:, quarter]
        spread = float(seen.std() * end.std())
        learned = abs(float(np.cov(seen, end, bias=True)[0, 1])) / float(seen.std()) if spread > 0 else 0.0
        lost = max(mean, 0.0) * (1 - float(valued.terms.factors(quarter + 1)[-1]))
        worth[quarter] = worth_of_signal(mean, learned) - lost
    return Waiting(worth=pd.Series(worth, dtype=float), floor=0.01 * float(np.abs(end).mean()), terms=valued.terms)


def worth_of_signal(mean: float, spread: float) -> float:
    """Value of a signal that moves the expected net value by `spread` before a go or no-go decision."""
    if spread <= 0:
        return 0.0
    from scipy.stats import norm

    u = abs(mean) / spread
    return spread * float(norm.pdf(u) - u * norm.sf(u))


def _before(valued: Valuation) -> list[int]:
    return [quarter for quarter in valued.horizons.index if quarter < valued.terms.horizon]
