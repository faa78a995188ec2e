"""The four to six headline figures of the board page, each over whom, for which time, and beside the last run."""

from dataclasses import dataclass

from scrm_helpers.answers import Measure, numbers
from scrm_helpers.answers.show import Card
from scrm_helpers.report.chapters.board_points import in_short
from scrm_helpers.report.chapters.earlier_run import Earlier
from scrm_helpers.report.chapters.findings import Findings
from scrm_helpers.report.chapters.results import ranged, record, written

MOST, FEWEST = 6, 4
ROI = "roi_one_quarter_of_ripe"
INSTEAD = (  # where little is known, what every company of customers and orders can say
    ("05", "margin_12m", "{own} of the last twelve months"),
    ("02", "clv_total", "{own} expected of today's customers"),
    ("02", "retention", "Bought again: of those who bought in the year before"),
    ("02", "sales_top_20_share", "Share of all sales that the top fifth of customers holds"),
)


@dataclass(frozen=True)
class Board:
    """The findings of this run and of the one before, from which cards are made."""

    found: Findings
    before: Earlier
    own_word: str  # what customers leave: margin, or sales where no margin is known
    refers: bool  # whether a table says who referred whom

    def cards(self) -> list[Card]:
        """Choose what the board sees first: what is said, done, brought and returned; else what is known of buying."""
        made = [  # the numbers of the chapter stand in this order too
            self.said(),
            self.card("03", "share_referring", "What they did: referred somebody after they answered"),
            self.brought(),
            self.returned(),
            self.card("07", "portfolio_net", "All initiatives together: benefits less costs"),
            self.by_lot(),
        ]
        every = [card for card in made if card is not None]
        cards = [card for card in every if card.value != numbers.MISSING]
        for chapter, name, label in INSTEAD:
            if len(cards) < FEWEST and self.found.known(chapter, name):
                card = self.card(chapter, name, label.format(own=self.own_word.capitalize()))
                cards += [card] if card else []
        return (cards or every)[:MOST]  # why a figure is not known is said by the first sentence and by its chapter

    def said(self) -> Card | None:
        """What customers say: the score of those who answered, and of everybody where that is known."""
        everybody = self.found.measure("03", "nps_of_everybody") if self.found.known("03", "nps_of_everybody") else None
        more = "" if everybody is None else f"of everybody, the silent included: {ranged(everybody)}"
        return self.card("03", "nps", "What they say: Net Promoter Score", more)

    def brought(self) -> Card | None:
        """Referral value, beside own value where that is of the same months."""
        if not self.refers:  # said once, among what is missing
            return None
        credited, own = (self.found.entry("05", name) for name in ("referral_value_12m", "margin_12m"))
        alike = all(own.get(end) == credited.get(end) for end in ("window", "window_from", "window_to"))
        more = ""
        if alike and self.found.known("05", "margin_12m", "referral_value_12m"):
            margin = self.found.measure("05", "margin_12m")
            more = f"beside {ranged(margin)} of own {self.own_word} in the same months" if margin else ""
        return self.card("05", "referral_value_12m", "Referral value (CRV), credited to who referred", more)

    def returned(self) -> Card | None:
        """Return on initiative beside ROI, of the ripe initiatives."""
        early = self.found.measure("07", ROI) if self.found.known("07", "pooled_return_8q", ROI) else None
        more = f"ROI of the same after one quarter {ranged(early, 'share')}" if early else ""
        label = "Ripe initiatives: return after eight quarters"
        return self.card("07", "pooled_return_8q", label, more, "share")

    def by_lot(self) -> Card | None:
        """What was shown where a lot decided."""
        made = [claim for claim in self.found.claims("07") if claim["grade"] == "A"]
        shown = [claim for claim in made if claim["verdict"] == "shown"]
        claim = self.found.claim("07", (shown or made)[0]["name"]) if made else None
        if claim is None:
            return None
        effect, said = claim.estimate, in_short("07", claim, self.found)
        if effect.low is not None and effect.high is not None:  # in the unit of its sentence
            scale = 100 if "percentage point" in claim.sentence else 1
            low, high = (numbers.points(scale * end, 2) for end in (effect.low, effect.high))
            said += f" {effect.level:.0%} range {low} to {high}"
        where = "; ".join(part for part in (effect.population, effect.window) if part)
        value = f"{len(shown)} of {len(made)} shown"
        return Card(label="Where a lot decided who got it", value=value, range=said, where=where, verdict="")

    def card(self, chapter: str, name: str, label: str, more: str = "", unit: str = "") -> Card | None:
        """Make a card of a number; one that is not known says why, one that no chapter gives makes none."""
        measure = self.found.measure(chapter, name)
        if measure is None:
            return None
        moved = self.before.moved(chapter, name, record(measure), unit)
        return Card(
            label=label,
            value=written(measure.value, unit or measure.unit),
            range="; ".join(part for part in (_range(measure, unit), more) if part),
            where="; ".join(part for part in (measure.population, measure.window) if part),
            verdict=moved.words if moved else "",  # the trust box says that there is no earlier run
        )


def _range(measure: Measure, unit: str = "") -> str:
    """Write range and base, or the word why there is none."""
    if measure.value is None:
        return f"not known: {measure.reason.rstrip('.')}"
    ends = [written(end, unit or measure.unit) for end in (measure.low, measure.high)]
    base = "" if measure.n is None else f"n = {numbers.count(measure.n)}"
    why = measure.no_range.removeprefix("undefined: ").partition(":")[0].rstrip(".")
    said = f"{measure.level:.0%} range {ends[0]} to {ends[1]}"
    if numbers.MISSING in ends:
        said = f"no range: {why}" if measure.no_range else "no range"
    return ", ".join(part for part in (said, base) if part)
