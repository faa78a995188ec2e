"""Many reports: a company is read once, divided, and each part written; one failure never stops the others."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrm_helpers
from scrm_helpers.answers.refusal import PlainError, Refusal, path_in_words
from scrm_helpers.report import whole_files
from scrm_helpers.report.batch.batch_file import BatchWish
from scrm_helpers.report.batch.division import PARTS, Division, folder_of, own_groups
from scrm_helpers.report.batch.index_page import COMPANY, INDEX, BatchPart, write_index
from scrm_helpers.report.batch.part_worker import DONE, FAILED, Outcome, PartTask, Workers
from scrm_helpers.report.chapters.results import MERGED
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, on_disk
from scrm_helpers.report.checked_company import FILE, open_checked
from scrm_helpers.report.engine.chapter_runs import read_walk
from scrm_helpers.report.engine.kernels import GIB
from scrm_helpers.report.engine.run_options import Progress
from scrm_helpers.report.one_report import names_of
from scrm_helpers.report.output_folder import OutputFolder, owned, take_private_away
from scrm_helpers.report.page.html import TITLE
from scrm_helpers.report.whole_files import BATCH, LIBRARIES, PERSONAL, RUN, UNFINISHED, Manifest, entry_of, hash_of
from scrm_helpers.tables import save_company
from scrm_helpers.tables.reading.files import BUSINESS_CASE

if TYPE_CHECKING:
    from scrm_helpers.tables import CheckReport, Company


@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a batch runs."""

    as_of: str | None = None
    key: str | None = None
    only_parts: Sequence[str] = ()  # NAME=VALUE; all parts when empty
    earlier: Path | None = None  # output folder of an earlier batch, to compare each part with
    resume: bool = False  # keep each report that is whole and would come out the same
    jobs: int = 2  # reports that are written at the same time
    timeout: float | None = None  # seconds for one report
    memory: float | None = None  # GB for each process of a report


@dataclass(frozen=True)
class Batch:
    """What a batch made."""

    parts: Sequence[BatchPart]  # the report of the whole company first, where there is one
    warnings: Sequence[str]
    details: Sequence[str] = ()  # of faults of the program, for an engineer

    @property
    def exit_code(self) -> int:
        """0 when every report is whole, or as whole as its data allow, 3 otherwise."""
        return 3 if any(part.status == FAILED or (part.status == DONE and part.sentence) for part in self.parts) else 0


def run_batch(wish: BatchWish, out: Path, options: BatchOptions, progress: Progress) -> Batch:
    """Read and check a company once, divide it, and write a report of every part and an index over them."""
    wish.check(read_walk().declared)
    _refuse_no_batch(options.earlier, out)
    crew = Workers(options.jobs, int((options.memory or 0) * GIB), options.timeout)
    with owned(out, BATCH, follows=(BATCH,), data=wish.data) as root, crew as workers:
        return _Batch(wish, options, root).run(workers, progress)


@dataclass
class _Batch:
    """A batch in its folder."""

    wish: BatchWish
    options: BatchOptions
    root: OutputFolder
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by folder, as far as they are known
    details: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def run(self, workers: Workers, progress: Progress) -> Batch:
        self.company, check = self._opened(self.options.as_of)
        self.division = Division(self.company, self.wish)
        wheres = self.division.parts()
        about = entry_of(f"{self.company.as_of:%Y-%m-%d}", self.company.fingerprint, {}, self.company.is_sample)
        self.entry = {**about, "command": BATCH, "by": self.division.by}
        self._refuse_another()
        chosen = self.division.chosen(self.options.only_parts)
        self.warnings = [*map(str, self.company.messages), *self.division.in_no_part()]
        with self.root.work() as self.work, progress as shown:
            self.tasks = {task.folder.relative_to(self.root.path).as_posix(): task for task in self._tasks(wheres)}
            self.warnings += self._vanished()
            todo = self._todo(chosen)
            self._note(unfinished=True)  # from here on the folder is known as that of a batch, whenever it is killed
            shown.expect(len(todo))
            ready = list(self._prepared(todo, shown))
            self._write(ready, workers, shown)
            whole_files.write_whole(
                self.root.path / FILE, check.to_json(), PERSONAL
            )  # of the whole company, with examples
            parts = self.parts()
            by = " and ".join(one.replace("_", " ") for one in self.division.by) or "parts of the company"
            write_index(self.root.path, self.division.by, parts, f"{TITLE}, by {by}")
            self._note(unfinished=False)
        return Batch(parts, [*self.warnings, *self.root.warnings], self.details)

    def _opened(self, day: str | None) -> tuple[Company, CheckReport]:
        from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, with_key

        data = self.wish.data
        company, check = open_checked(data, day, groups=own_groups(self.wish))
        settings = with_key(company.settings, self.options.key, data, self.root.path)
        self.key = hashlib.sha256(pseudonym_key(settings)).hexdigest()
        return replace(company, settings=settings), check

    def _refuse_another(self) -> None:
        """Refuse the folder of another batch, and an index that is not as the kit wrote it."""
        before = self.root.manifest.entry
        if before and before.get("by") != self.entry["by"]:
            by = ", ".join(map(str, before.get("by", [])))
            raise PlainError(
                f"The output folder {self.root.shown} holds another batch, by {by}: its index would be lost. Choose a "
                "new or empty folder."
            )
        if not self.root.manifest.unfinished:
            self.root.refuse_foreign([*INDEX, FILE])

    def _tasks(self, wheres: Sequence[Mapping[str, str]]) -> list[PartTask]:
        """Every report of the batch, that of the whole company first."""
        tasks, once = list[PartTask](), set[str]()
        for where in wheres:
            chapters, parameters = self.wish.given(where)
            plans = on_disk(notebooks_folder(), chapters)
            named = {plan.number: f"{plan.number} {plan.title}" for plan in plans if plan.of_company}
            said = f"Of the whole company, in the folder {COMPANY} of this batch: {', '.join(named.values())}."
            own = [plan.number for plan in plans if not plan.of_company]
            tasks += [self._task(where, own, parameters, said if named else "")] if own else []
            once |= named.keys()
        return [*([self._task({}, sorted(once), self.wish.given({})[1])] if once else []), *tasks]

    def _task(
        self, where: Mapping[str, str], chapters: Sequence[str], parameters: Mapping[str, Any], elsewhere: str = ""
    ) -> PartTask:
        folder = self.root.path / (folder_of(where) if where else COMPANY)
        before = self.options.earlier and self.options.earlier / folder.relative_to(self.root.path)
        before = before if before and (before / MERGED).is_file() else None
        company, data = self.work / f"{self.division.day(where):%Y-%m-%d}", self.wish.data
        task = PartTask(where, folder, company, data, chapters, parameters, elsewhere, before)
        return replace(task, recipe=self._recipe(task))

    def _recipe(self, task: PartTask) -> str:
        """Hash everything that a report is made from: where it is the same, the report would be the same."""
        folder = notebooks_folder()
        books = [hash_of(folder / f"{plan.stem}.ipynb") for plan in on_disk(folder, task.chapters)]
        case = self.wish.data / BUSINESS_CASE
        made_from = {
            "case": hash_of(case) if case.is_file() else "",
            "data": self.company.fingerprint,
            **({"earlier": hash_of(task.earlier / MERGED)} if task.earlier else {}),
            "day": task.company.name,
            "key": self.key,
            "kit": [scrm_helpers.__version__, platform.python_version(), *(version(name) for name in LIBRARIES)],
            "notebooks": books,
            **{name: getattr(task, name) for name in ("chapters", "elsewhere")},
            "parameters": dict(task.parameters),
            "where": dict(task.where),
        }
        return hashlib.sha256(json.dumps(made_from, sort_keys=True, default=str).encode()).hexdigest()

    def _todo(self, chosen: Mapping[str, str]) -> list[PartTask]:
        """Reports that are to be written, the largest first; of the others it is known what became of them."""
        todo = []
        for folder, task in self.tasks.items():
            wanted = not task.where or chosen.items() <= task.where.items()
            spared = self.options.resume or not wanted or (chosen and not task.where)
            if spared and self._is_whole(task):
                self.outcomes[folder] = Outcome(DONE)
                take_private_away(task.folder)
            elif wanted:
                held = OutputFolder(task.folder, f"{self.root.shown}/{folder}", RUN, _manifest(task.folder))
                held.refuse_foreign(names_of(read_walk(task.chapters)))
                todo.append(task)
        # Whoever writes the last one lets the others wait: it should be a short one.
        return sorted(todo, key=lambda task: (self.division.size(task.where), task.company.name), reverse=True)

    def _vanished(self) -> list[str]:
        """Say which folders are those of parts that there are no more: nothing is deleted."""
        there = sorted(one.relative_to(self.root.path).as_posix() for one in self.root.path.glob(f"{PARTS}/*"))
        gone = [folder for folder in there if folder not in self.tasks]
        said = "left by an earlier batch: there is no such part any more. The index leaves it out; nothing was deleted."
        return [f"The folder {folder} was {said}" for folder in gone]

    def _is_whole(self, task: PartTask) -> bool:
        """Whether a report is there, of the same recipe, without a fault, and every file of it as it was written."""
        manifest = _manifest(task.folder)
        entry = manifest.entry
        if manifest.unfinished or entry.get("recipe") != task.recipe or entry.get("faults"):
            return False
        with suppress(OSError):
            return all(hash_of(task.folder / name) == sha256 for name, sha256 in entry["files"].items())
        return False

    def _prepared(self, todo: Sequence[PartTask], shown: Progress) -> Sequence[PartTask]:
        """Put the company as of each day where the workers read it; a day that the check refuses costs its parts."""
        ready, refused = [], dict[str, str]()
        for task in todo:
            day = task.company.name
            if not task.company.exists() and day not in refused:
                try:
                    same = day == f"{self.company.as_of:%Y-%m-%d}"
                    save_company(self.company if same else self._opened(day)[0], task.company)
                except (PlainError, Refusal) as error:
                    refused[day] = " ".join(str(error).split())
            if day in refused:
                self._ended(task, Outcome(FAILED, refused[day]))
                shown.step(f"{task.words}: {FAILED}. {refused[day]}")
            else:
                ready.append(task)
        return ready

    def _write(self, ready: Sequence[PartTask], workers: Workers, shown: Progress) -> None:
        start = time.monotonic()
        for done, (task, outcome) in enumerate(workers.outcomes(ready), start=1):
            self._ended(task, outcome)
            left = (time.monotonic() - start) / done * (len(ready) - done)
            said = [f"{task.words} {outcome.status}.", outcome.sentence]
            about = f"{left / 60:.0f} min" if left >= 90 else f"{left:.0f} s"
            said += [f"About {about} left."] if done < len(ready) else []
            shown.step(" ".join(filter(None, said)))

    def _ended(self, task: PartTask, outcome: Outcome) -> None:
        """Keep what became of a report, in the manifest too, before the next one ends."""
        self.outcomes[task.folder.relative_to(self.root.path).as_posix()] = outcome
        if outcome.status == FAILED:  # its process may have had no time to clear up
            take_private_away(task.folder)
        self.warnings += [f"{task.words}: {warning}" for warning in outcome.warnings]
        self.details += [f"{task.words}: {outcome.detail}"] if outcome.detail else []
        self._note(unfinished=True)

    def parts(self) -> list[BatchPart]:
        """Every report of which something is known, in the order of the division."""
        return [
            BatchPart(where=task.where, folder=folder, status=found.status, sentence=found.sentence)
            for folder, task in self.tasks.items()
            if (found := self.outcomes.get(folder))
        ]

    def _note(self, *, unfinished: bool) -> None:
        """Write the manifest: a line for each report that is known, and one for the batch."""
        lines = []
        for part in self.parts():
            own = _manifest(self.root.path / part.folder).entry if part.status == DONE else {}
            files = {f"{part.folder}/{name}": sha256 for name, sha256 in own.get("files", {}).items()}
            about = {"part": dict(part.where), "folder": part.folder, "status": part.status, "sentence": part.sentence}
            given = {name: own.get(name, self.entry[name]) for name in ("as_of", "data", "parameters")}
            lines.append(whole_files.line_of({**self.entry, **given, **about, "files": files}))
        if unfinished:
            last = {"files": dict(self.root.manifest.entry.get("files", {})), UNFINISHED: True}
        else:
            there = [name for name in (*INDEX, FILE) if (self.root.path / name).is_file()]
            last = {"files": {name: hash_of(self.root.path / name) for name in there}}
        self.root.note(self.work, [*lines, whole_files.line_of({**self.entry, **last})])


def _refuse_no_batch(earlier: Path | None, out: Path) -> None:
    """Refuse a folder to compare with that holds no batch, or that this batch would overwrite."""
    if earlier is None:
        return
    if _manifest(earlier).entry.get("command") != BATCH:
        raise PlainError(f"There is no earlier batch in {path_in_words(earlier)}: name the output folder of a batch.")
    if earlier.resolve() == out.resolve():
        raise PlainError("The earlier batch lies in the output folder and would be overwritten: name another --out.")


def _manifest(folder: Path) -> Manifest:
    return whole_files.read_manifest(folder) or Manifest()
