"""The way for somebody without Python: choose exports, see what was recognised, answer what is open, press once."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import numbers, show
from scrm_helpers.answers.refusal import PlainError, Refusal, path_in_words
from scrm_helpers.report.engine.run_options import PAGE, WHOLE, Progress
from scrm_helpers.report.imported_company import Imported, files_in, import_company
from scrm_helpers.report.run import run_report
from scrm_helpers.report.whole_files import PERSONAL, write_whole
from scrm_helpers.tables import CompanyRefused
from scrm_helpers.tables.contract.settings import FILE as SETTINGS
from scrm_helpers.tables.importing import mapping_file
from scrm_helpers.tables.importing.imported_file import ImportedFile, Question
from scrm_helpers.tables.importing.joining.joined_files import is_written
from scrm_helpers.tables.importing.vendor_profile import load_profiles

if TYPE_CHECKING:
    from ipywidgets import Widget

WITHOUT = (
    "Choosing by hand needs ipywidgets: run `python3 kit.py lab`. Four commands do the same: scrm init my-company; "
    "scrm import my-exports --to my-company; scrm check my-company; scrm run my-company --out my-report."
)
NO_FILES = "No file is chosen yet: name the folder that holds your exports, or put files here, under “Which files?”."
RATES = "currency_rates"  # the question that more than one answer belongs to
HIGH = 720  # pixels of the report inside of the notebook
_WORDS = {"File": "text", "Recognised as": "text", "Rows read": "count", "Kept": "count"}


@dataclass
class Desk:
    """What was chosen and answered so far, and the controls that show it; each cell of the notebook asks for one."""

    exports: Path | None  # folder of exports
    data: Path  # company folder to write
    out: Path  # folder for the report
    chosen: list[Path] = field(default_factory=list)
    answers: dict[str, dict[str, str]] = field(default_factory=dict)  # file -> question -> answer
    found: Imported | None = None  # what the chosen files hold
    read: tuple[ImportedFile, ...] = ()  # the files as they were read before the last answer
    problem: str = ""  # why nothing is known of them
    currency: str = ""  # in which the company counts, where the files name several
    rates: dict[str, str] = field(default_factory=dict)  # what one of the others is worth in it, as typed
    _seen: list[Callable[[], None]] = field(default_factory=list)  # controls to be drawn again

    def files(self) -> Widget | None:
        """Let a folder be named, files be picked from it or uploaded."""
        if not (widgets := _widgets()):
            return None
        wide = {"layout": {"width": "98%"}, "style": {"description_width": "7em"}}
        typed = widgets.Text(str(self.exports or ""), description="Folder", placeholder="exports of my systems", **wide)
        files = widgets.SelectMultiple(description="Files", rows=8, **wide)
        upload = widgets.FileUpload(multiple=True, description="Or upload files")
        said = widgets.HTML()

        def look(_: Any = None) -> None:
            self.exports = Path(typed.value.strip()).expanduser() if typed.value.strip() else None
            here = self.exports if self.exports and self.exports.is_dir() else None
            names = [path.name for path in files_in(here)] if here else []
            said.value = "" if names or self.exports is None else _paragraph("There are no files in this folder.")
            files.options, files.value = names, tuple(names)
            pick()

        def pick(_: Any = None) -> None:
            self.choose([self.exports / name for name in files.value] if self.exports else [])

        def uploaded(_: Any = None) -> None:
            place = self.data.with_name(f"{self.data.name}-exports")
            place.mkdir(parents=True, exist_ok=True)
            for file in upload.value:
                write_whole(place / Path(file["name"]).name, bytes(file["content"]), PERSONAL)
            typed.value = str(place)
            look()

        look()
        typed.observe(look, "value")
        files.observe(pick, "value")
        upload.observe(uploaded, "value")
        return widgets.VBox([typed, files, upload, said])

    def recognised(self) -> Widget | None:
        """Say what each file was recognised as, and why, and what of it counts."""
        if not (widgets := _widgets()):
            return None
        page = widgets.HTML()
        self._shown(lambda: setattr(page, "value", self.summary()))
        return page

    def questions(self) -> Widget | None:
        """Offer a picker for each open question; nothing of a file counts before those that decide a number."""
        if not (widgets := _widgets()):
            return None
        box = widgets.VBox()

        def draw() -> None:
            files = self.found.files if self.found else ()
            asked = [(file.file, one) for file in files for one in file.questions if one.decides or one.id == RATES]
            shown = [self._picker(widgets, *one) for one in asked]
            box.children = shown or [widgets.HTML(_paragraph("No question is open."))] if self.found else []

        self._shown(draw)
        return box

    def report(self) -> Widget | None:
        """Offer the button that imports, checks and writes the report, and then shows it."""
        if not (widgets := _widgets()):
            return None
        button, page = widgets.Button(description="Make the report", button_style="primary"), widgets.HTML()

        def press(_: Any = None) -> None:
            button.disabled = True
            page.value = self.press(_Told(page))
            button.disabled = False

        button.on_click(press)
        return widgets.VBox([button, page])

    def choose(self, files: Sequence[Path]) -> None:
        """Look into these files and draw again what is shown of them."""
        self.chosen = list(files)
        self.problem = "" if files else NO_FILES
        self.read, self.found = self.found.files if self.found else self.read, None
        if files:
            try:
                self.found = self._imported(explain=True)
            except (PlainError, Refusal, CompanyRefused) as error:
                self.problem = str(error)
        self._draw()

    def _draw(self) -> None:
        for draw in self._seen:
            draw()

    def answer(self, file: str, question: str, value: str) -> None:
        """Take an answer and read the files again with it."""
        before = self.answers
        own = {name: one for name, one in {**before.get(file, {}), question: value}.items() if one}
        self.answers = {**before, file: own}
        self.choose(self.chosen)
        if problem := self.problem:  # an answer that cannot be meant is said and taken back
            self.answers = before
            self.choose(self.chosen)
            self.problem = problem
            self._draw()

    def summary(self) -> str:
        """Return the table of files and what they give, as markup."""
        if self.found is None:
            return _paragraph(self.problem or NO_FILES)
        known = load_profiles(self.data if self.data.is_dir() else None)
        rows = [
            (
                file.file,
                known[file.vendor].vendor if file.vendor in known else "not recognised",
                " ".join(file.why),
                file.rows_read,
                file.rows_kept,
                "; ".join(f"{numbers.count(n)} {why}" for why, n in sorted(file.left_out.items())) or "none",
                ", ".join(file.tables),
            )
            for file in self.found.files
        ]
        columns = ["File", "Recognised as", "Why", "Rows read", "Kept", "Left out", "Gives"]
        table = show.table_html(pd.DataFrame(rows, columns=columns), _WORDS, "What was recognised")
        return table + "".join(map(_paragraph, [self.problem, *self._left(self.found), *self.found.warnings]))

    @staticmethod
    def _left(done: Imported) -> list[str]:
        """Say which files give nothing: refused, or waiting for an answer."""
        refused = [f"{file.file} is refused. {file.refused}" for file in done.files if file.refused]
        waiting = [file.file for file in done.files if not file.refused and not is_written(file)]
        said = "gives nothing before the questions about it are answered, under “What is open?”."
        return refused + [f"{name} {said}" for name in waiting]

    def press(self, progress: Progress | None = None) -> str:
        """Import, check and report; return the report, or why there is none, as markup."""
        if not self.chosen:
            return _paragraph(NO_FILES)
        try:
            lines = rate_lines(self.currency, self.rates)
            done = self._imported(explain=False)
            if lines:
                put_settings(self.data / SETTINGS, lines)
            run = run_report(self.data, None, self.out, WHOLE, progress)
        except (PlainError, Refusal, CompanyRefused) as error:
            return _paragraph(f"There is no report. {error}")
        except OSError as error:
            return _paragraph(f"There is no report: {error.strerror} ({path_in_words(Path(str(error.filename)))}).")
        page = (self.out / PAGE).read_text(encoding="utf-8")
        href = f"data:text/html;base64,{base64.b64encode(page.encode()).decode()}"
        where = show.escape(str(self.out / PAGE))
        link = f'<p>The report is {where}. <a download="{PAGE}" href="{href}"><u>Save a copy of it</u></a></p>'
        inside = f'<iframe title="The report" srcdoc="{show.escape(page)}" width="100%" height="{HIGH}"></iframe>'
        lost = [fault.sentence for fault in run.faults]
        return "".join([link, *map(_paragraph, [*self._left(done), *lost]), inside])

    def _imported(self, explain: bool) -> Imported:
        """Import the chosen files with the answers given so far."""
        data = None if explain and not self.data.is_dir() else self.data
        if not self.answers:
            return import_company(self.chosen, data, None, None, explain)
        with TemporaryDirectory() as folder:
            mapping = Path(folder) / mapping_file.FILE
            chosen = {path.name for path in self.chosen}
            read = [one for one in self.read if one.file.partition("#")[0] in chosen]
            answered = [replace(one, questions=(), mapping=self._entries(one)) for one in read]
            mapping.write_text(mapping_file.mapping_text(answered, ()), encoding="utf-8")
            return import_company(self.chosen, data, mapping, None, explain)

    def _entries(self, file: ImportedFile) -> tuple[Mapping[str, Any], ...]:
        first, *others = file.mapping or ({"file": file.file, "profile": file.vendor},)
        return ({**first, "answers": {**(first.get("answers") or {}), **self.answers.get(file.file, {})}}, *others)

    def _rates(self, widgets: Any, file: str, codes: Sequence[str]) -> Widget:
        """Offer a picker for the company's currency and a field for what one of each other is worth in it."""
        look = {"style": {"description_width": "9em"}, "layout": {"width": "30em"}, "continuous_update": False}
        self.currency = self.currency or codes[0]
        own = widgets.Dropdown(description="The company counts in", options=list(codes), value=self.currency)
        own.style.description_width, said = "12em", widgets.HTML()
        worth = {one: widgets.Text(self.rates.get(one, ""), description=f"One {one} is worth", **look) for one in codes}

        def take(_: Any = None) -> None:
            self.currency = own.value
            for code, typed in worth.items():
                typed.disabled, typed.placeholder = code == self.currency, f"in {self.currency}, such as 0.92"
            self.rates |= {code: typed.value for code, typed in worth.items()}
            self.rates.pop(self.currency, None)
            try:
                said.value = _paragraph("; ".join(rate_lines(self.currency, self.rates)))
            except PlainError as error:
                said.value = _paragraph(str(error))

        for control in (own, *worth.values()):
            control.observe(take, "value")
        take()
        text = f"{file}: The orders are in {numbers.listed(codes)}, which are not added without rates."
        return widgets.VBox([widgets.HTML(_paragraph(text)), own, *worth.values(), said])

    def _picker(self, widgets: Any, file: str, question: Question) -> Widget:
        if question.id == RATES:
            return self._rates(widgets, file, question.choices)
        said = widgets.HTML(_paragraph(f"{file}: {question.text}"))
        wide = {"layout": {"width": "98%"}}
        given = self.answers.get(file, {}).get(question.id, "")
        if question.choices:
            options = [("choose …", ""), *((one, one) for one in question.choices)]
            pick = widgets.Dropdown(options=options, value=given if given in question.choices else "", **wide)
        else:
            pick = widgets.Text(given, continuous_update=False, **wide)
        pick.observe(lambda change: self.answer(file, question.id, change["new"]), "value")
        return widgets.VBox([said, pick])

    def _shown(self, draw: Callable[[], None]) -> None:
        self._seen.append(draw)
        draw()


def rate_lines(currency: str, rates: Mapping[str, str]) -> list[str]:
    """Return the lines of company.yaml that say in which currency the company counts, and what the others are worth."""
    typed = {code: text.strip().replace(",", ".") for code, text in rates.items() if text.strip()}
    for code, text in typed.items():
        if not re.fullmatch(r"\d*\.?\d+", text) or float(text) == 0:
            raise PlainError(f"One {code} is worth {rates[code]!r}: give a number above 0, in {currency}.")
    worth = ", ".join(f"{code}: {text}" for code, text in typed.items())
    return [f"currency: {currency}", f"rates: {{{worth}}}"] if worth else []


def put_settings(file: Path, lines: Sequence[str]) -> None:
    """Put settings of one line each into company.yaml, in place of those of the same name."""
    names = tuple(f"{line.partition(':')[0]}:" for line in lines)
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith(names)]
    write_whole(file, "\n".join([*kept, *lines, ""]), PERSONAL)


class _Told(Progress):
    """Tells each step of the report in the notebook."""

    def __init__(self, page: Any) -> None:
        super().__init__()
        self._page = page

    def step(self, text: str) -> None:
        """Tell one step."""
        self._page.value = _paragraph(f"{text} …")


def start_here(exports: str = "", data: str = "../build/my-company", out: str = "../build/my-report") -> Desk:
    """Open the desk: a folder with exports (empty lets it be named by hand), the company folder and the report's."""
    if _widgets() is None:
        show.sentence(WITHOUT)
    return Desk(Path(exports).expanduser() if exports else None, Path(data), Path(out))


def _widgets() -> Any:
    """The controls, where they are installed."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return ipywidgets


def _paragraph(text: str) -> str:
    return f"<p>{show.escape(text)}</p>" if text else ""
