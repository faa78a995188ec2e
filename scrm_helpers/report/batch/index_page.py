"""The index of a batch: what became of each part, its key figures, their course over time, and which parts differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from scrm_helpers.answers import Measure, numbers
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.answers.show import escape
from scrm_helpers.report.batch.division import PERIODS
from scrm_helpers.report.batch.parts_compared import SCALES, PartsCompared, compare_parts
from scrm_helpers.report.chapters.findings import Findings, recalled
from scrm_helpers.report.chapters.results import MERGED, ranged, written
from scrm_helpers.report.page.html import TEMPLATES
from scrm_helpers.report.whole_files import write_json, write_whole
from scrm_helpers.tables.company_tables import Part

INDEX = ("index.html", "index.json")
COMPANY = "company"  # the folder of the report of the whole company
COLUMNS = 5  # key figures in the table of parts: what a page of paper holds
LABELS = {
    "nps": "Net Promoter Score",
    "share_referring": "Referred somebody after they answered",
    "referral_value_12m": "Referral value, twelve months",
    "margin_12m": "Margin, twelve months",
    "retention": "Bought again: of the buyers of the year before",
    "clv_mean": "Value expected of a customer",
    "referred_within_year": "Refer somebody within a year of joining",
    "nps_of_everybody": "Net Promoter Score of everybody, the silent included",
    "degree_1_share": "Conversations of the lowest degree",
    "degree_6_share": "Conversations of the highest degree",
    **{f"degree_{degree}_share": f"Conversations of degree {degree}" for degree in range(2, 6)},
    "business_degree_mean": "Mean degree of the firm's own channels",
    "portfolio_net": "All initiatives: benefits less costs",
}
RETURN = "Return on initiative of {} after eight quarters"
NOT_BETWEEN = {  # whose ranges are not those of drawing people
    "clv_mean": "its range is that of the models, not that of who is in the part",
    "business_degree_mean": "every part holds the same channels of the firm",
    "portfolio_net": "every part holds the same initiatives",
    **{f"degree_{degree}_share": "" for degree in range(2, 6)},  # shares of one whole: its two ends are enough
}


@dataclass(frozen=True, kw_only=True)
class BatchPart:
    """A part of the company and what became of the report of it."""

    where: Mapping[str, str]  # {"region": "North", "quarter": "2025-Q4"}, in the order in which the batch divides
    folder: str  # "parts/<slug>-<sha8>", inside the batch's folder: as a run's folder
    status: str  # "done", "failed" or "too small"
    sentence: str = ""  # why it is not whole; empty where it is

    @property
    def words(self) -> str:
        """The part in words; the whole company has no conditions."""
        return Part(self.where).words


@dataclass(frozen=True)
class PartFound:
    """A part of the batch and what its report found."""

    part: BatchPart
    found: Mapping[str, Any]  # its results.json, nothing where there is none

    @property
    def name(self) -> str:
        """The part in words, such as ``North, 2025-Q4``."""
        return ", ".join(self.part.where.values())

    @property
    def people(self) -> str:
        """Whom it holds, whatever the time."""
        return ", ".join(value for name, value in self.part.where.items() if name not in PERIODS) or "All customers"

    @property
    def period(self) -> str:
        """The time in words, empty where the batch does not divide it."""
        return ", ".join(value for name, value in self.part.where.items() if name in PERIODS)

    @cached_property
    def entries(self) -> dict[str, dict[str, Any]]:
        """The key figures as its chapters wrote them, each with the place it comes from."""
        chapters = Findings(self.found.get("chapters", {}))
        places = {name[8:]: place for name, place in chapters.places.items() if name.startswith("numbers/")}
        wanted = [*LABELS, *(name for name in sorted(places) if name.startswith("roinit_") and name.endswith("_8q"))]
        taken = {name: places[name] for name in wanted if name in places}
        return {name: {**chapters.entry(*place.split("/")), "from": place} for name, place in taken.items()}

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """The key figures."""
        return {name: recalled(name, entry) for name, entry in self.entries.items()}

    def parameters(self, name: str) -> Any:
        """What the chapter of a figure was given."""
        return self.found.get("parameters", {}).get(self.entries[name]["from"][:2])

    @property
    def notes(self) -> list[str]:
        """What its report lacks, in sentences."""
        if not self.found and self.part.status == "done":
            return ["Its results.json cannot be read."]
        chapters = self.found.get("chapters", {}).values()
        return [*self.found.get("left_out", ()), *(f["sentence"] for one in chapters for f in one.get("faults", ()))]


def write_index(out: Path, by: Sequence[str], parts: Sequence[BatchPart], title: str) -> None:
    """Write index.html and index.json of a batch from the results of its parts: the same bytes for the same parts."""
    every = [PartFound(part, _results(out / part.folder) if part.status == "done" else {}) for part in parts]
    once = PartFound(BatchPart(where={}, folder=COMPANY, status="done"), _results(out / COMPANY))
    company = next((one for one in every if one.part.folder == COMPANY), once)
    found = [one for one in every if one.part.folder != COMPANY]
    separate, columns = _separate(found)
    compared = _compared(separate, columns)
    told = [
        {"part": dict(one.part.where), "numbers": one.entries}
        | {name: getattr(one.part, name) for name in ("folder", "status", "sentence")}
        for one in every
    ]
    where = {one.people: dict(one.part.where) for one in separate}
    sets = [_as_json(name, one, where) for name, one in compared.items() if one.chance]
    day = str(separate[0].found.get("as_of", "")) if separate else ""
    page = _page(title, found, company, compared, day)
    write_json(out / INDEX[1], {"schema": "batch/1", "by": list(by), "parts": told, "comparison": sets})
    write_whole(out / INDEX[0], page)


def _results(folder: Path) -> dict[str, Any]:
    try:
        read: dict[str, Any] = json.loads((folder / MERGED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _separate(found: Sequence[PartFound]) -> tuple[list[PartFound], str]:
    """The parts of different people at the latest time that two have in common, and by what they are divided."""
    sets: dict[tuple[str, str], list[PartFound]] = {}
    for one in found:
        columns = " and ".join(name for name in one.part.where if name not in PERIODS).replace("_", " ")
        if columns and one.found:
            sets.setdefault((one.found.get("as_of", ""), columns), []).append(one)
    place = max((one for one in sets if len(sets[one]) > 1), key=lambda one: (one[0], len(sets[one])), default=None)
    return (sets[place], place[1]) if place else ([], "")


def _compared(parts: Sequence[PartFound], by: str) -> dict[str, PartsCompared]:
    """Compare what these parts found with the same parameters, sums of money per person: sums differ as sizes do."""
    figures: dict[str, dict[str, Measure]] = {}
    labels = dict(LABELS)
    for name, label in LABELS.items():
        known = {one.people: one.measures[name] for one in parts if name in one.measures}
        given = [one.parameters(name) for one in parts if name in one.measures]
        if len(known) < 2 or given.count(given[0]) < len(given) or name in NOT_BETWEEN:
            continue
        unit = next(iter(known.values())).unit
        each = f"{name}_per_person" if len(unit) == 3 and unit.isupper() else name
        labels[each] = f"{label}, per person" if each != name else label
        figures[each] = known if each == name else {part: _each_person(one) for part, one in known.items()}
    return compare_parts(figures, labels, by)


def _each_person(one: Measure) -> Measure:
    value, low, high = (end / one.n if end is not None and one.n else None for end in (one.value, one.low, one.high))
    return replace(one, value=value, low=low, high=high, reason=one.reason or "nobody is in it")


def _as_json(name: str, one: PartsCompared, where: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    ends = ("value", "low", "high")
    parts = [
        {"part": where[part.part], "shrunk": rounded(part.shrunk), "differs": part.differs}
        | {end: rounded(getattr(part.found, end)) for end in ends}
        for part in one.parts
    ]
    chance = {end: rounded(getattr(one.chance, end)) for end in ends}
    how = f"mean of the parts by random effects, on {one.scale}; {one.test}"
    return {"number": name, "chance": {**chance, "how": how}, "parts": parts}


def _page(
    title: str, found: Sequence[PartFound], company: PartFound, compared: Mapping[str, PartsCompared], day: str
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def shown(value: Any) -> Any:
        plain = isinstance(value, str) and not isinstance(value, Markup)
        return Markup(escape(value)) if plain else value  # noqa: S704 - escaped, and control characters shown

    folders = FileSystemLoader([Path(__file__).parent, TEMPLATES])
    pages = Environment(loader=folders, autoescape=True, undefined=StrictUndefined, finalize=shown)
    whole = [one for one in found if one.found]
    known = [name for name in LABELS if any(name in one.measures for one in whole)]
    periods = list(dict.fromkeys(one.period for one in sorted(whole, key=lambda one: one.found.get("as_of", ""))))
    courses = _courses(whole, known[:COLUMNS], periods) if len(periods) > 1 else []
    said = list(dict.fromkeys(note for one in whole for note in one.notes))
    everywhere = [note for note in said if all(note in one.notes for one in whole)]
    tested = [one for one in compared.values() if one.chance]
    template = pages.get_template("batch_index.html.j2")
    return template.render(
        title=title,
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - the kit's own file
        answer=_answer(found),
        parts=found,
        columns={name: LABELS[name] for name in known[:COLUMNS]},
        courses=courses,
        periods=periods,
        everywhere=everywhere,
        told=len(whole) < len(found) or len(said) > len(everywhere),
        company=company,
        own={name: LABELS.get(name) or RETURN.format(name[7:-3]) for name in company.measures},
        compared=[(one, _beside(one)) for one in compared.values()],
        day=day,
        plain=[f"{LABELS[name]}: {why}." for name, why in NOT_BETWEEN.items() if why and name in known],
        days=sorted({str(one.found.get("as_of", "")) for one in whole}),
        is_sample=any(one.found.get("sample") for one in (*whole, company)),
        kit=sorted({str(one.found.get("kit", "")) for one in whole}),
        verdict=_verdict(tested),
        family=next((one.family for one in tested), (1, 1)),
        up=lambda place: round(36 - 0.32 * place, 1),
        ranged=ranged,
        written=written,
    )


def _verdict(compared: Sequence[PartsCompared]) -> str:
    """Say in one sentence in which figures parts differ."""
    apart = {
        one.label: " and ".join(part.part for part in one.compared if part.differs) for one in compared if one.differ
    }
    rest = numbers.plural(len(compared) - len(apart), "figure")
    if not apart:
        return f"In none of {rest} can a difference between the parts be shown."
    names = "; ".join(f"{label} ({parts or 'no single part'})" for label, parts in apart.items())
    alike = f" In the other {rest} no difference can be shown." if len(apart) < len(compared) else ""
    return f"The parts differ in {names}.{alike}"


def _answer(found: Sequence[PartFound]) -> str:
    states = [one.part.status for one in found]
    done, small, failed = map(states.count, ("done", "too small", "failed"))
    if done == len(found):
        return f"All {numbers.count(done)} parts have a report." if done > 1 else "The part has a report."
    said = f"Of {numbers.plural(len(found), 'part')} {numbers.count(done)} {'has' if done == 1 else 'have'} a report"
    said += f", {numbers.count(small)} {'is' if small == 1 else 'are'} too small for one" if small else ""
    return said + (f", and of {numbers.count(failed)} none could be made." if failed else ".")


def _courses(found: Sequence[PartFound], known: Iterable[str], periods: Sequence[str]) -> list[dict[str, Any]]:
    """Each key figure over the periods, one course for each group of people, on one scale."""
    made = []
    for name in known:
        having = [one for one in found if name in one.measures and one.measures[name].value is not None]
        rows: dict[str, list[Any]] = {one.people: [] for one in having}
        ends = {id(one): [getattr(one.measures[name], end) for end in ("value", "low", "high")] for one in having}
        place = _places([end for three in ends.values() for end in three])
        for one in sorted(having, key=lambda one: periods.index(one.period)):
            x = round(4 + 92 * periods.index(one.period) / (len(periods) - 1), 2)
            rows[one.people].append((one, one.measures[name], x, *map(place, ends[id(one)])))
        made.append({"name": name, "label": LABELS[name], "rows": rows})
    return made


def _beside(one: PartsCompared) -> dict[str, Any]:
    """Where ranges stand in the drawing of a comparison, in per cent of its width, and what its ends are."""
    if one.chance is None:
        return {}
    forth = SCALES["logarithms"][0] if one.scale == "logarithms" else float
    unit, chance = one.parts[0].found.unit, one.chance
    ends = [end for part in one.compared for end in part.found.ends]
    place = _places([forth(end) for end in ends])
    return {
        "at": lambda value: place(float(forth(value))),
        "least": written(min(ends), unit),
        "most": written(max(ends), unit),
        "unit": unit,
        "all": Measure(name="all", value=chance.value, low=chance.low, high=chance.high, unit=unit),
    }


def _places(values: Iterable[float | None]) -> Any:
    """A function that places a value between 3 and 97 per cent of a drawing that holds them all."""
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    return lambda value: None if value is None else round(3 + 94 * (value - low) / (high - low or 1.0), 2)
