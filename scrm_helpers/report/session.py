"""The two calls that open and close every notebook: `start` and `Chapter.finish`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers import show
from scrm_helpers.answers.answer import Answer, present
from scrm_helpers.answers.refusal import PlainError, told
from scrm_helpers.report.chapters import earlier_run, results
from scrm_helpers.report.chapters.walk_plan import ChapterPlan, notebooks_folder, plan
from scrm_helpers.report.engine import parameters
from scrm_helpers.report.page.exports import TABLES_OF, gather_tables
from scrm_helpers.report.whole_files import write_json

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.answers.terms import Terms
    from scrm_helpers.people import People
    from scrm_helpers.tables import Company

VALUE_FILE = "value.parquet"
RUN = "The command is `scrm run DATA --out OUT`; then OUT is the folder."


@dataclass(frozen=True)
class Chapter:
    """An open chapter: the company it reads and the way to close it."""

    plan: ChapterPlan  # number, title, question
    company: Company = field(repr=False)  # the checked tables and settings
    data: Path = field(repr=False)  # the folder they came from
    results: str = ""  # folder for the named numbers; nothing is written when it is empty
    drawn: list[Answer] = field(default_factory=list, init=False, repr=False)  # whose figures were shown

    @cached_property
    def value(self) -> pd.DataFrame:
        """The value table, one row per person: read from a prepared folder, or made on first use."""
        from scrm_helpers.people import value_table

        if (self.data / VALUE_FILE).is_file():
            return value_table.load(self.data)
        return value_table.prepare_value(self.people())

    @cached_property
    def for_action(self) -> tuple[Company, pd.DataFrame]:
        """Company and value table without what the data register gives no ground to act on."""
        from scrm_helpers.report.chapters.grounds import on_ground

        return on_ground(self.company, self.value)

    def people(self, **choices: Any) -> People:
        """Return the measures of this company's people; `choices` are model, horizon, influence share, seed."""
        from scrm_helpers.people import People

        return People(self.company, **choices)

    def findings(self, folder: str) -> dict[str, dict[str, Any]]:
        """Return what the chapters found in the tables that are open, by number."""
        if not folder:
            return {}
        found = results.read_all(_seen(folder))
        if not found:
            raise PlainError(f"There are no results of chapters in {folder}: run the chapters first. {RUN}")
        strange = [number for number, entry in found.items() if entry["data"] != self.company.fingerprint]
        if strange:
            raise PlainError(
                f"The results of chapter {strange[0]} in {folder} come from other data than these: numbers of two "
                f"companies would be mixed. Run the chapters on these data first, or name their folder. {RUN}"
            )
        return found

    def earlier(self, folder: str) -> earlier_run.Earlier:
        """Return what an earlier run found, whose data may well have been others."""
        found = folder and earlier_run.read_run(Path(folder))
        return earlier_run.beside(found, self.company) if found else earlier_run.Earlier()

    @cached_property
    def terms(self) -> Terms:
        """The day, money and rules of this company, for every analysis of the chapter."""
        return self.company.terms

    def show(self, answer: Answer, *beside: Answer | str) -> None:
        """Show an answer: its sentence and those beside it, then its figure and table as it offers them."""
        self.sentence(answer, *beside)
        self.figure(answer)
        self.table(answer)

    def sentence(self, *answers: Answer | str) -> None:
        """Show the sentences of answers in one paragraph."""
        show.sentence(*answers)

    def figure(self, answer: Answer) -> None:
        """Show the figure of an answer that offers one."""
        if "figure" in answer.offers:
            self.drawn.append(answer)
            show.figure(answer)

    def table(self, answer: Answer) -> None:
        """Show the table of an answer that offers one, in the company's currency; its note stands under the figure."""
        if "table" in answer.offers:
            show.table(answer, self.company.settings.currency, noted="figure" in answer.offers and answer.drawable)

    def finish(self, *answers: Answer) -> None:
        """Close the chapter: write its numbers and tables, show the numbers, and print the line that proves it."""
        known = present(answers)
        strangers = [type(answer).__name__ for answer in known if not isinstance(answer, Answer)]
        if strangers:
            raise PlainError(f"finish() takes the results that the chapter showed, not a {strangers[0]}.")
        found, faults = results.document(self.plan, self.company.fingerprint, known)
        if self.results:
            self._write(f"{self.plan.number}.json", found)
            beside = [answer for answer in self.drawn if not any(answer is one for one in known)]
            tables = gather_tables([*known, *beside], self.company.settings.min_group)
            self._write(TABLES_OF.format(self.plan.number), tables)
        if found["numbers"]:
            show.table(results.number_table(found))
        print(f"{results.SENTINEL} {results.digest(found)}")  # noqa: T201 - the runner looks for this line
        for fault in faults:  # not before: the other answers are kept
            raise fault

    def _write(self, name: str, content: object) -> None:
        with told(f"The results cannot be written to {self.results}"):
            Path(self.results).mkdir(parents=True, exist_ok=True)
            write_json(Path(self.results) / name, content)


def start(chapter: str, *, data: str, as_of: str, results: str = "") -> Chapter:
    """Open a chapter: check its parameters, read the company, and say in one sentence what is missing.

    Parameters
    ----------
    chapter : number of the chapter, ``"03"``
    data : company folder, as delivered or prepared
    as_of : day on which the report stands, ``"2026-09-30"``
    results : folder for the named numbers; nothing is written when it is empty

    Returns
    -------
    Chapter : with ``company``, ``value``, ``findings`` and ``finish``
    """
    from scrm_helpers.tables import CompanyRefused, open_company

    wanted = plan(chapter)
    for name, text in (("data", data), ("results", results)):
        if not isinstance(text, str):
            raise PlainError(f"{name} must be the path of a folder as text, not {type(text).__name__}.")
    day, folder = parameters.check_date("as_of", as_of), _seen(data)
    try:
        company = open_company(folder, as_of=day)
    except CompanyRefused as refused:  # all messages become one error that is shown without a traceback
        raise PlainError(str(refused)) from None
    missing = wanted.why_left_out(company.has)
    if missing:
        raise PlainError(missing)
    show.hide_groups_below(company.settings.min_group)
    return Chapter(wanted, company, folder, results)


def _seen(folder: str) -> Path:
    """A folder as seen from here; the sample, which is every notebook's default, also from where notebooks lie."""
    if not folder or Path(folder).exists():
        return Path(folder)
    home = notebooks_folder()
    places = [(place / folder).resolve() for place in (home, home / "explore")]
    own = (place for place in places if place.is_relative_to(home.parent / "data") and place.is_dir())
    return next(own, Path(folder))
