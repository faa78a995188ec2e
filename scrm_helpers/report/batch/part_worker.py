"""Processes that write the reports of a batch, each with kernels that stay warm.

A report that takes too long is ended with its process, and one whose process dies is a failed report: another process
goes on with the next. Own code, because the pools of Python know no limit of time, and one death costs all their tasks.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.tables.company_tables import Part

if TYPE_CHECKING:
    from scrm_helpers.report.engine.kernels import Kernels
    from scrm_helpers.tables import Company

PATIENCE = 10.0  # seconds that a process without work may take to end
DONE, FAILED, TOO_SMALL = "done", "failed", "too small"
FAULT = "It could not be written because of a fault in the program."
DIED = "Its process died: it was killed, crashed, or the machine ran out of memory. Try --jobs 1."
MEMORY = "It needs more memory than one report may use (--memory)."


@dataclass(frozen=True)
class PartTask:
    """One report that is to be written."""

    where: Mapping[str, str]  # empty for the chapters of the whole company
    folder: Path  # the output folder of the report
    company: Path  # the prepared company as of the day of the report
    data: Path  # where the business case lies
    chapters: Sequence[str]
    parameters: Mapping[str, Any]
    elsewhere: str = ""  # where the chapters are that stand in the report of the whole company
    earlier: Path | None = None  # the output folder of the same part in an earlier batch
    recipe: str = ""  # hash of everything that the report is made from

    @property
    def words(self) -> str:
        """The part in words."""
        return Part(self.where).words


@dataclass(frozen=True)
class Outcome:
    """What became of it."""

    status: str
    sentence: str = ""
    warnings: Sequence[str] = ()
    detail: str = ""  # for an engineer


@lru_cache(maxsize=1)
def _whole(folder: Path) -> Company:
    """The company as of a day, with the tables that were read for the part before."""
    from scrm_helpers.tables import open_company

    return open_company(folder)


def write_part(task: PartTask, kernels: Kernels) -> Outcome:
    """Cut the part out of the company and write its report."""
    from scrm_helpers.report.batch.division import cut, too_few
    from scrm_helpers.report.chapters.earlier_run import read_run
    from scrm_helpers.report.engine.chapter_runs import read_walk
    from scrm_helpers.report.engine.parameters import assign
    from scrm_helpers.report.engine.run_options import Progress
    from scrm_helpers.report.one_report import Order, carry_out, names_of
    from scrm_helpers.report.output_folder import owned
    from scrm_helpers.report.whole_files import RUN
    from scrm_helpers.tables import CheckReport

    company = _whole(task.company)
    if task.where:
        company = cut(company, task.where, task.elsewhere)
        if why := too_few(company):
            return Outcome(TOO_SMALL, why)
    walk = read_walk(task.chapters)
    known = {name for own in walk.declared.values() for name in own}
    given = assign(walk.declared, {name: value for name, value in task.parameters.items() if name in known})
    facts = {"n_customers": len(company.customers), "n_orders": len(company.transactions)}
    day = f"{company.as_of:%Y-%m-%d}"
    check = CheckReport(as_of=day, messages=company.messages, receipts=company.receipts, facts=facts)
    noted = {"recipe": task.recipe, "part": dict(task.where)}
    before = read_run(task.earlier) if task.earlier else None
    order = Order(company=company, check=check, walk=walk, given=given, data=task.data, before=before, noted=noted)
    with owned(task.folder, RUN, follows=(RUN,)) as folder:
        folder.refuse_foreign(names_of(walk))
        run = carry_out(order, folder, kernels, 1, Progress())
    warnings = tuple(folder.warnings)
    if not run.faults:
        return Outcome(DONE, warnings=warnings)
    detail = "".join(f"{fault.sentence}\n{fault.detail}\n" for fault in run.faults)
    more = len(run.faults) - 1
    said = run.faults[0].sentence + (f" And {more} more." if more else "")
    whole = any(chapter.notebook is not None for chapter in run.chapters)
    return Outcome(DONE if whole else FAILED, said, warnings, detail)


def attempt(task: PartTask, kernels: Kernels, memory: int) -> Outcome:
    """Write a part; whatever fails is a sentence."""
    from scrm_helpers.answers.refusal import PlainError, Refusal, one_line, system_words
    from scrm_helpers.report.engine.kernel_process import within

    try:
        with within(memory):
            return write_part(task, kernels)
    except (PlainError, Refusal) as error:
        return Outcome(FAILED, " ".join(str(error).split()))
    except OSError as error:
        return Outcome(FAILED, f"The system stopped it: {system_words(error)}.")
    except MemoryError:
        return Outcome(FAILED, MEMORY)
    except Exception as error:  # noqa: BLE001 - one report's fault must not cost the others
        return Outcome(FAILED, FAULT, detail=f"{one_line(error)}\n{traceback.format_exc()}")


def serve_parts(pipe: Connection, memory: int, jobs: int) -> None:
    """Write one part after the other, until the batch is over or its process is gone."""
    from scrm_helpers.report.engine.kernels import Kernels, memory_share

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the batch ends this process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with Kernels(memory or memory_share(jobs)) as kernels:
        while True:
            try:
                task = pipe.recv()
            except EOFError:
                return
            pipe.send(attempt(task, kernels, memory))


def _end_with_parent() -> None:
    """Nobody writes into the folder of a batch that was killed: the next one may be at work there."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


class Worker:
    """One such process, and the report that it is at."""

    def __init__(self, memory: int, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve_parts, args=(theirs, memory, jobs), daemon=True)
        self.process.start()
        theirs.close()  # so that its death is seen
        self.task: PartTask | None = None
        self.end = float("inf")

    def begin(self, task: PartTask, timeout: float | None) -> None:
        """Hand it a report; its time counts from here."""
        self.task, self.end = task, time.monotonic() + (timeout or float("inf"))
        with suppress(OSError):  # it died meanwhile: its pipe then tells so
            self.pipe.send(task)

    def close(self, patience: float = 0.0) -> None:
        """Let it end by itself, where it has nothing to do, or end it: its kernels see that and end too."""
        self.pipe.close()
        if patience:
            self.process.join(patience)
        self.process.kill()
        self.process.join()


@dataclass
class Workers:
    """All of them. They start while the company is read."""

    jobs: int
    memory: int = 0  # bytes that each process of a report may take; 0 is no limit of its own
    timeout: float | None = None  # seconds for one report
    idle: list[Worker] = field(default_factory=list)
    busy: list[Worker] = field(default_factory=list)

    def __enter__(self) -> Workers:
        self.idle = [Worker(self.memory, self.jobs) for _ in range(min(self.jobs, 2))]  # there may be few parts
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.busy:
            worker.close()
        for worker in self.idle:
            worker.close(PATIENCE if worker.task else 0.0)

    def outcomes(self, tasks: Sequence[PartTask]) -> Iterator[tuple[PartTask, Outcome]]:
        """Give out the tasks and yield each as it ends."""
        waiting = deque(tasks)
        while waiting or self.busy:
            while waiting and len(self.busy) < self.jobs:
                worker = self.idle.pop() if self.idle else Worker(self.memory, self.jobs)
                self.busy.append(worker)
                worker.begin(waiting.popleft(), self.timeout)
            nearest = min(worker.end for worker in self.busy) - time.monotonic()
            answered = wait([worker.pipe for worker in self.busy], None if nearest == float("inf") else max(nearest, 0))
            for worker in [one for one in self.busy if one.pipe in answered or one.end <= time.monotonic()]:
                assert worker.task is not None
                yield worker.task, self._ended(worker, answered=worker.pipe in answered)

    def _ended(self, worker: Worker, *, answered: bool) -> Outcome:
        """What a worker says of its task; one that died or took too long says nothing any more."""
        self.busy.remove(worker)
        try:
            late = f"It took longer than its limit of {self.timeout or 0:,.0f} seconds and was stopped."
            outcome: Outcome = worker.pipe.recv() if answered else Outcome(FAILED, late)
        except (EOFError, OSError):
            outcome, answered = Outcome(FAILED, DIED), False
        if answered:
            self.idle.append(worker)
        else:
            worker.close()
        return outcome
