"""Whom to ask? Every customer as of a day, and how much of the later referrals different rankings of them reach."""

from collections.abc import Mapping
from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.advocacy.score.nps import against, latest_answers
from scrm_helpers.answers import Answer, Chance, Claim, Refusal, Terms, Words, numbers, style
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.stats.chance import ratio_bootstrap_t
from scrm_helpers.stats.intervals import normal_quantile

BEYOND, AHEAD = "chance_and_ranking", "first_ranking_against"  # what is claimed of each ranking
GRID = np.linspace(0, 1, 101)
MANY = 5000  # amounts; beyond it the normal curve stands for the permutations
LOOKS = ((style.BLUE, "-"), (style.ORANGE, (0, (6, 2))), (style.GREY, "--"), (style.GREY, "-."), (style.GREY, ":"))


def referral_history(
    customers: pd.DataFrame, surveys: pd.DataFrame, referrals: pd.DataFrame, cut: pd.Timestamp, window_days: int = 365
) -> pd.DataFrame:
    """Describe every customer as of a day, and the window after it: one function, so that no feature looks ahead.

    Parameters
    ----------
    customers, surveys, referrals, window_days
    cut : last day that is known

    Returns
    -------
    pandas.DataFrame
        By ``customer_id`` of who joined before the cut: ``past``, ``days_observed``, latest ``score``, ``future``.
    """
    known = customers[(customers["joined_on"] < cut).to_numpy()].drop_duplicates("customer_id")
    people = known.set_index("customer_id")["joined_on"]
    made = referrals[referrals["referrer_id"] != referrals["referred_id"]]

    def count(own: pd.DataFrame) -> NDArray:
        who = people.index.get_indexer(pd.Index(own["referrer_id"]))
        return np.bincount(who[who >= 0], minlength=len(people))

    answers = latest_answers(surveys, cut).set_index("customer_id")["score"]
    return pd.DataFrame(
        {
            "past": count(made[made["referred_on"] <= cut]),
            "days_observed": (cut - people).dt.days.to_numpy(float),
            "score": answers.reindex(people.index).to_numpy(float),
            "future": count(referrals_after(referrals, cut, window_days)),
        },
        index=people.index,
    )


def referrals_after(referrals: pd.DataFrame, cut: pd.Timestamp, window_days: int = 365) -> pd.DataFrame:
    """Return the referrals made in the window after a day, self-referrals left out.

    Parameters
    ----------
    referrals, cut, window_days

    Returns
    -------
    pandas.DataFrame
    """
    made = referrals[referrals["referrer_id"] != referrals["referred_id"]]
    on = made["referred_on"]
    return made[(on > cut) & (on <= cut + pd.Timedelta(days=window_days))]


class Targeting(Answer):
    """Share of later referral value reached by contacting the first customers of several rankings."""

    ABSENT = "Rankings cannot be compared: {reason}."
    OFFERS = ("figure", "table")

    named: tuple[Measure, ...] = ()  # share reached with the contacts asked for, one per ranking
    gains: dict[str, Measure] = field(default_factory=dict)  # what the first ranking reaches more than each other one
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)  # by share contacted, one column per ranking, shares
    contacts: int = 0  # contacts asked for
    customers: int = 0
    best: float = 0.0  # share that the best choice in hindsight reaches
    noun: str = "referrals"  # what is reached, in words

    @property
    def reached(self) -> dict[str, Measure]:
        """Share reached with the contacts asked for, by ranking."""
        return dict(zip(map(str, self.curves), self.named, strict=False))

    def claimed(self) -> tuple[Claim, ...]:
        lot = Chance(self.contacts / max(self.customers, 1), f"{self.contacts} customers drawn by lot")
        alike, family = "who stands on one list only brings as much as who stands on the other only", "rankings apart"
        claims = []
        for name, one in (self.reached or dict(zip([""], self.named, strict=False))).items():
            tested = f"share of later {self.noun} reached {name}, with the contacts at hand"
            claim = against(measure_name(BEYOND, name), tested, one, "", "rankings and chance")
            claims.append(replace(claim, chance=lot))
        for name, gain in self.gains.items():
            tested = f"share reached by the first ranking less that {name}"
            claims.append(against(measure_name(AHEAD, name), tested, gain, alike, family))
        return tuple(claims)

    def _side(self, claim: str, ranking: str) -> int:
        """Tell whether a ranking reaches more (1) than chance, or the first more than it, or less (-1)."""
        return self.tested(measure_name(claim, ranking)).direction

    def words(self) -> Words:
        random, reached = self.contacts / self.customers, self.reached
        first, *others = reached
        contacts, at_random = numbers.plural(self.contacts, "contact"), numbers.percent(random)
        shares = {name: numbers.percent(one.value) for name, one in reached.items()}
        told = ("not shown to be more than chance", "more than chance", "less than chance")
        text = f"With {contacts} ({at_random} of the customers) the ranking {first} reaches {shares[first]} of what "
        text += f"customers later brought, {told[self._side(BEYOND, first)]}: at random it would be {at_random}."
        apart = (f"no difference from that {first} can be shown", f"less than that {first}", f"more than that {first}")
        parts = {measure_name(BEYOND, first): text}
        for name in others:
            beyond, ahead = told[self._side(BEYOND, name)], apart[self._side(AHEAD, name)]
            said = f"The ranking {name} reaches {shares[name]}, {beyond}; {ahead}."
            parts |= {measure_name(kind, name): said for kind in (BEYOND, AHEAD)}
            text += f" {said}"
        text += self._needed()
        columns = ["Ranking", "Reached", "Range from", "Range to", "Regret"]
        rows = [(name, one.value, one.low, one.high, self.best - (one.value or 0)) for name, one in reached.items()]
        rows.append(("at random", random, None, None, self.best - random))
        listed = ", ".join(f"{name} {share}" for name, share in shares.items())
        return Words(
            sentence=text,
            parts=parts,
            table=pd.DataFrame(rows, columns=columns),
            formats=dict.fromkeys(columns[1:], "percent"),
            title=self._title(first),
            caption=f"Reached with {contacts}",
            note=f"n = {numbers.plural(self.customers, 'customer')}; rankings from before the window, referrals from "
            f"within it; best possible in hindsight {numbers.percent(self.best)}; "
            f"{numbers.percent(self.named[0].level)} bootstrap-t ranges.",
            alt=f"Curves of the share reached against the share contacted; with {at_random} contacted: {listed}, at "
            f"random {at_random}.",
        )

    def _needed(self) -> str:
        """Say how many customers would tell the first ranking from the one that seems furthest from it."""
        alike = [name for name in self.gains if not self._side(AHEAD, name)]
        left = [name for name in alike if self.gains[name].value and self.gains[name].low is not None]
        if not left:
            return ""
        name = max(left, key=lambda one: abs(self.gains[one].value or 0.0))
        gain, z = self.gains[name], normal_quantile(self.gains[name].level)
        error = (gain.ends[1] - gain.ends[0]) / (2 * z)
        power = normal_quantile(0.8)  # of nine in ten
        needed = self.customers * ((z + power) * error / (gain.value or 1.0)) ** 2
        count = numbers.count(float(f"{needed:.2g}"))
        return f" About {count} customers would show the difference seen from ranking {name} in nine of ten cases."

    def _title(self, first: str) -> str:
        ahead = {name: self._side(AHEAD, name) for name in self.gains}
        beyond = [name for name in self.reached if self._side(BEYOND, name) > 0]
        if first in beyond and ahead and all(side > 0 for side in ahead.values()):
            return f"With {numbers.plural(self.contacts, 'contact')}, ranking {first} reaches more than any other"
        if more := [name for name, side in ahead.items() if side < 0 and name in beyond]:
            return f"Ranking {more[0]} reaches more than ranking {first}"
        if beyond:
            return f"More than chance is reached with the ranking {' or '.join(beyond)}"
        return "No ranking can be shown to reach more than chance"

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.8)
        share = self.contacts / self.customers
        places = {name: float(np.interp(share, self.curves.index, self.curves[name])) for name in self.curves}
        looks = dict(zip(self.curves, LOOKS, strict=False))
        for name in sorted(places, key=lambda one: -places[one]):
            (colour, dash), reach = looks[name], numbers.percent(places[name], 0)
            width = 1.2 if colour == style.GREY else 2
            ax.plot(self.curves.index, self.curves[name], color=colour, ls=dash, lw=width, label=f"{name}: {reach}")
        ax.axvline(share, color=style.RULE, linewidth=1)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.02)
        ax.xaxis.set_major_formatter(lambda tick, _: numbers.percent(tick, 0))
        contacts = numbers.plural(self.contacts, "contact")
        ax.legend(loc="lower right", title=f"Reached with {contacts}", alignment="left", handlelength=3)
        return style.dressed(ax, f"Later {self.noun} reached", "Share of customers contacted")


def targeting_curve(
    outcome: ArrayLike | pd.Series,
    rankings: Mapping[str, ArrayLike | pd.Series],
    contacts: int,
    terms: Terms,
    *,
    noun: str = "referrals",
) -> Targeting:
    """Compare rankings by the share of later referrals (or of their value) that the first contacts reach.

    Equal scores are contacted in random order: the curve is its expectation. A ranking must be older than the outcome.

    Parameters
    ----------
    outcome : what each customer brought later, not negative; of series the customers of the first ranking count
    rankings : up to four scores known on the day, missing ones last; the first is compared with each of the others
    contacts, terms, noun

    Returns
    -------
    Targeting

    Examples
    --------
    >>> TERMS = Terms(pd.Timestamp("2026-09-30"))
    >>> found = targeting_curve([0, 3, 0, 1] * 5, {"by record": [0, 2, 0, 1] * 5, "by answer": [9, 9, 8, 8] * 5}
    ...                         , 5, TERMS)
    >>> round(found.reached["by record"].value, 2), round(found.reached["by answer"].value, 2)
    (0.75, 0.38)
    """
    first, *others = rankings
    if isinstance(leader := rankings.get(first), pd.Series) and isinstance(outcome, pd.Series):
        outcome = outcome.reindex(leader.index, fill_value=0.0)
        rankings = {name: pd.Series(rank).reindex(leader.index) for name, rank in rankings.items()}
    amount = np.asarray(outcome, float)
    ranks = {name: np.asarray(rank, float) for name, rank in rankings.items()}
    if np.isnan(amount).any() or (amount < 0).any():
        raise Refusal("What customers brought must be known and not negative; put 0 for those who brought nothing.")
    n, total = len(amount), float(amount.sum())
    taken = min(max(int(contacts), 0), n)
    if not total or not taken or taken == n > 1:
        reason = "nobody referred afterwards" if n else "there are no customers"
        reason = "everybody can be contacted, so no order is needed" if total and taken == n else reason
        return Targeting(reason=reason, named=(unknown("reached", "share", reason, 0),))
    both = {name: _reach(rank, amount, taken) for name, rank in ranks.items()}
    chosen = {name: one for name, (one, _) in both.items()}
    curves = {name: curve for name, (_, curve) in both.items()} | {"at random": GRID}

    def reached(weight: NDArray, name: str, among: NDArray) -> Measure:
        found = ratio_bootstrap_t(amount * weight, amount, terms.level, seed=terms.seed)
        return found.measure(name, "share", n=n, p=_dealt(amount[among], weight[among], terms.seed))

    everybody, more = np.ones(n, bool), {name: chosen[first] - chosen[name] for name in others}
    return Targeting(
        named=tuple(reached(one, measure_name("reached", name), everybody) for name, one in chosen.items()),
        gains={name: reached(one, measure_name("gain_over", name), one != 0) for name, one in more.items()},
        curves=pd.DataFrame(curves, index=GRID),
        contacts=taken,
        customers=n,
        best=float(np.sort(amount)[::-1][:taken].sum() / total),
        noun=noun,
        population="customers known on the day of the rankings",
        window="the time after it",
    )


def _dealt(amount: NDArray, weight: NDArray, seed: int, draws: int = 999) -> float | None:
    """Return how often amounts dealt out anew among the same customers are reached as unevenly: a permutation test."""
    n, some = len(amount), amount[amount > 0]
    if not len(some) or np.ptp(weight) == 0:
        return None
    centred = weight - weight.mean()
    seen = abs(float(amount @ centred))
    if len(some) > MANY:
        from scipy.special import ndtr

        spread = np.sqrt(((amount - amount.mean()) ** 2).sum() * (centred @ centred) / (n - 1))
        return float(2 * ndtr(-seen / spread))
    rng = np.random.default_rng(seed)
    dealt = [abs(some @ centred[rng.choice(n, len(some), replace=False)]) for _ in range(draws)]
    return float((1 + np.sum(np.array(dealt) >= seen * (1 - 1e-12))) / (draws + 1))


def _reach(rank: NDArray, amount: NDArray, taken: int) -> tuple[NDArray, NDArray]:
    """Return the chance of each customer to be among the first `taken`, and what each share of them reaches."""
    codes = np.unique(-np.where(np.isnan(rank), -np.inf, rank), return_inverse=True)[1]  # groups of equals, best first
    sizes, sums = np.bincount(codes), np.bincount(codes, amount)
    contacted, reached = (np.append(0.0, np.cumsum(part) / part.sum()) for part in (sizes, sums))
    chance = np.clip((taken - (np.cumsum(sizes) - sizes)) / sizes, 0, 1)
    return chance[codes], np.interp(GRID, contacted, reached)
