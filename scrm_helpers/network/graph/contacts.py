"""Who is in contact with whom: people with the firm and among themselves, within and between regions."""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.network.forest.by_chance import SEEN, beside_draws, draws_of, more_or_less
from scrm_helpers.network.graph import tie_graph
from scrm_helpers.network.graph.tie_graph import FIRM, OUTSIDE, InfluenceGraph

NO_RANGE = "every recorded tie is counted, and ties are not independent of each other"


class Contacts(Answer):
    """Edges between people and with the firm, and within and between regions."""

    ABSENT = "There are no contacts to look at: {reason}."

    population: str = "people with a tie to another person or the firm"
    window: str = SEEN
    without_firm: Measure = unknown("ties_without_firm", "share")
    firm_index: Measure = unknown("firm_e_i_index", "ratio")
    group_index: Measure = unknown("group_e_i_index", "ratio")
    within: Measure = unknown("ties_within_region", "share")
    answered: Measure = unknown("reciprocity", "share")
    mixing: Measure = unknown("group_assortativity", "ratio")
    clustering: Measure = unknown("clustering", "share")
    transitivity: Measure = unknown("transitivity", "share")
    components: Measure = unknown("strong_components", "count")
    largest: Measure = unknown("largest_strong_component", "count")
    chance: Chance | None = None  # share within regions when these are dealt at random among the people
    firm: tuple[int, int] = (0, 0)  # ties among people, and with the firm
    by_outside: int = 0  # ties of people with somebody who is not a customer
    people: int = 0
    blind: str = ""  # why contacts by message cannot be seen
    TESTED = "ties between people of the same region, beside regions dealt at random among these people"
    MORE = (group_index.name, mixing.name)
    CLAIMS = (Claim(name="ties_stay_within_regions", tested=TESTED, estimate=within, numbers=MORE),)

    @property
    def sentence(self) -> str:
        """The reading or why there is none, and what the messages do not tell."""
        return super().sentence + (f" Contacts by message cannot be seen: {self.blind}." if self.blind else "")

    def words(self) -> Words:
        known = numbers.plural(self.firm[0], "tie between people is", "ties between people are")
        title = opening = f"{known} known, all of them by referral"
        if self.without_firm.value is not None:
            title = f"{numbers.percent(self.without_firm.value)} of the ties are between people, without the firm"
            opening = title.replace("the ties", numbers.plural(sum(self.firm), "tie"))
        parts = [opening]
        if self.answered.value is not None:
            parts.append(f"{numbers.percent(self.answered.value)} of those are answered in kind")
        lines: list[tuple[str, float | None]] = [
            ("Ties in all", sum(self.firm)),
            ("between people, without the firm", self.firm[0]),
            ("of them with somebody who is not a customer", self.by_outside),
            ("with the firm", None if self.blind else self.firm[1]),
        ]
        if self.within.value is not None and self.within.n is not None and self.chance:
            stay, index = numbers.percent(self.within.value), numbers.points(self.group_index.value, 2)
            by_lot = f"{more_or_less(self.tested('ties_stay_within_regions'))} regions dealt at random would give"
            parts.append(f"{stay} stay within the same region (E-I index {index}), {by_lot}")
            lines.insert(3, ("of them within the same region", round(self.within.value * self.within.n)))
        reach = "" if (self.largest.value or 0) < 2 else (
            f" Clustering {numbers.decimal(self.clustering.value)}, transitivity "
            f"{numbers.decimal(self.transitivity.value)}; at most {numbers.count(self.largest.value)} people all reach "
            "each other."
        )  # fmt: skip
        return Words(
            sentence=f"{'; '.join(parts)}.",
            table=pd.DataFrame(lines, columns=["Ties", "Number"]),
            formats={"Number": "count"},
            title=title,
            caption="Who is in contact with whom",
            note=f"n = {numbers.plural(self.people, 'person', 'people')} with a tie, the firm counted as one. A tie: "
            f"one person acted on another's message, or was brought by them.{reach}",
        )


def contact_balance(graph: InfluenceGraph, terms: Terms, region: pd.Series | None = None) -> Contacts:
    """Count who is in contact with whom: people with the firm, people among themselves, within and between regions.

    Parameters
    ----------
    graph, terms
    region : pandas.Series of str, optional, by person id; who has none is left out of the figures of regions

    Returns
    -------
    Contacts

    Notes
    -----
    E-I index (Krackhardt and Stern 1988): -1 when all ties lie within groups, +1 when all lie between. Its firm form
    says how far relations are about the firm (towards +1) or among customers (towards -1). Clustering is that of Watts
    and Strogatz (1998) over undirected ties, transitivity three times the triangles over the paths of two.

    Examples
    --------
    >>> from scrm_helpers.network.graph.tie_graph import influence_graph
    >>> messages = pd.DataFrame({"interaction_id": ["1", "2"], "author_id": ["A", "B"], "in_reply_to": [None, "1"]})
    >>> graph = influence_graph(messages, customers=pd.Series(["A", "B"]))
    >>> contact_balance(graph, Terms(pd.Timestamp("2026-09-30"))).answered.value
    0.0
    """
    firm = tie_graph.within_and_between(tie_graph.group_ties(graph.weights, graph.role == FIRM))
    people, total = graph.without_firm(), sum(firm)
    if not total:
        return Contacts(reason="nobody acted on anybody's message or referral", blind=graph.blind)
    group = (pd.Series(dtype=object) if region is None else region).reindex(people.people).to_numpy(dtype=object)
    groups, ties = tie_graph.group_ties(people.weights, group), people.weights.nnz
    outside, links = people.role == OUTSIDE, people.weights.tocoo()
    stay, leave = tie_graph.within_and_between(groups)
    chance = _by_regions(group, people, stay, terms.seed) if stay + leave and len(groups) > 1 else None
    clustering, transitivity = tie_graph.closeness_of_ties(people.weights) if ties else (None, None)
    sizes = tie_graph.strong_components(people.weights) if ties else np.zeros(0)
    none, few, blind = "there are no ties between people", "there are fewer than two groups", graph.blind
    index = (leave - stay) / (stay + leave) if stay + leave else None

    def share(name: str, value: float | None, n: int, reason: str, unit: str = "share") -> Measure:
        return Measure(name=name, value=value, unit=unit, n=n, reason=reason, no_range=NO_RANGE)

    return Contacts(
        without_firm=share("ties_without_firm", None if blind else firm[0] / total, total, blind),
        firm_index=share("firm_e_i_index", None if blind else (firm[1] - firm[0]) / total, total, blind, "ratio"),
        group_index=share("group_e_i_index", index, stay + leave, "no groups are known", "ratio"),
        within=share(
            "ties_within_region", None if chance is None else stay / (stay + leave), stay + leave,
            "there are no ties between people of two regions or more",
        ),
        answered=share("reciprocity", tie_graph.reciprocity(people.weights), ties, none),
        mixing=share("group_assortativity", tie_graph.assortativity(groups), ties, few, "ratio"),
        clustering=share("clustering", clustering, len(people), none),
        transitivity=share("transitivity", transitivity, len(people), none),
        components=share("strong_components", float(len(sizes)) if ties else None, len(people), none, "count"),
        largest=share("largest_strong_component", float(sizes[0]) if ties else None, len(people), none, "count"),
        chance=chance,
        firm=firm,
        by_outside=int(np.count_nonzero(outside[links.row] | outside[links.col])),
        people=len(graph),
        blind=blind,
    )  # fmt: skip


def _by_regions(group: np.ndarray, people: InfluenceGraph, stay: int, seed: int) -> Chance:
    """Deal the regions at random among the people who have one."""
    code, _ = pd.factorize(group)
    rng, known = np.random.default_rng(seed), np.flatnonzero(code >= 0)
    links, code = people.weights[known][:, known].tocoo(), code[known]
    row, column = links.row, links.col
    dealt = (rng.permutation(code) for _ in range(draws_of(people.weights.nnz)))
    return beside_draws(
        stay / len(row), (float((one[row] == one[column]).mean()) for one in dealt),
        "regions dealt at random among the same people",
    )  # fmt: skip
