"""The command line: write a business case, check a company, run the report, make a sample, look at this machine."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

import scrm_helpers

DONE, REFUSED, INTERNAL, PARTLY = 0, 1, 2, 3  # exit codes; PARTLY: some chapters failed, the others are there


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(scrm_helpers.__version__, prog_name="scrm")
def commands() -> None:
    """Social CRM research kit: what customers are worth, what they say, and what they do."""


_DATA = click.argument("data", type=click.Path(path_type=Path))
_AS_OF = click.option("--as-of", metavar="DATE", help="Day of the analysis, ISO; else from company.yaml.")
_FACTS = click.option("--facts", is_flag=True, help="Write the amount of every customer into check.json.")


@commands.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> int:
    """Write a commented example of a business case, initiatives.yaml, into FOLDER."""
    from scrm_helpers.initiatives.business_case import write_example
    from scrm_helpers.initiatives.refused import InitiativeRefused
    from scrm_helpers.report.errors import PlainError

    try:
        target = write_example(folder)
    except InitiativeRefused as refused:
        raise PlainError(str(refused)) from None
    except OSError as error:
        raise PlainError(f"The example cannot be written to {folder}: {error.strerror}.") from None
    click.echo(f"The example of a business case is {target}: put your own goals and figures in its place.")
    return DONE


@commands.command()
@_DATA
@_AS_OF
@click.option("--out", type=click.Path(path_type=Path), help="Folder for check.json; nothing is written without it.")
@_FACTS
def check(data: Path, as_of: str | None, out: Path | None, facts: bool) -> int:
    """Check a company folder and say what is wrong with it, and where."""
    from scrm_helpers.report.checked import write_check

    found = write_check(data, as_of, out, by_customer=facts)
    click.echo(found.to_text(), err=found.exit_code != DONE)
    return found.exit_code


@commands.command()
@_DATA
@_AS_OF
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the report, outside of DATA.")
@click.option("--only", metavar="03,07", help="Chapters to run; all by default.")
@click.option("--earlier", type=click.Path(path_type=Path), help="Output folder of an earlier run to compare with.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Chapters at the same time.")
@_FACTS
@click.option("-P", "--parameter", "texts", multiple=True, metavar="NAME=VALUE", help="A parameter of the chapters.")
def run(
    data: Path,
    as_of: str | None,
    out: Path,
    only: str | None,
    earlier: Path | None,
    jobs: int,
    facts: bool,
    texts: tuple[str, ...],
) -> int:
    """Check a company folder and write the report."""
    from scrm_helpers.report.assignments import typed
    from scrm_helpers.report.progress import progress
    from scrm_helpers.report.run import run_report
    from scrm_helpers.report.walk import read_walk

    chapters = None if only is None else _numbers(only)
    given = typed(read_walk(chapters).declared, _split(texts)) if texts else {}
    done = run_report(data, as_of, out, chapters, jobs, facts, given, earlier=earlier, progress=progress())
    for warning in done.warnings:
        click.echo(f"Warning: {warning}", err=True)
    for chapter in done.chapters:
        if chapter.sentence:
            click.echo(chapter.sentence, err=True)
    click.echo(f"The report is {out / 'report.html'}")
    return done.exit_code


@commands.command()
@click.option("--customers", type=click.IntRange(200, 10_000_000), default=2000, show_default=True)
@click.option(
    "--seed", type=click.IntRange(0), default=20100611, show_default=True, help="The same seed, the same company."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the sample company.")
def sample(customers: int, seed: int, out: Path) -> int:
    """Make a synthetic company with known truth, of any size."""
    from scrm_helpers.report.errors import PlainError
    from scrm_helpers.sample import write_sample

    if out.is_dir() and any(out.iterdir()):
        raise PlainError(f"The folder {out} is not empty: choose a new one, so that nothing is overwritten.")
    half = out / ".part"  # a cut-off company would pass for a whole one
    try:
        write_sample(half, customers, seed)
        for made in sorted(half.iterdir()):
            made.replace(out / made.name)
    except OSError as error:
        raise PlainError(f"The sample company cannot be written to {out}: {error.strerror}.") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    click.echo(f"The sample company is in {out}")
    return DONE


@commands.command()
def doctor() -> int:
    """Say whether this machine has what the kit needs."""
    from scrm_helpers.report.doctor import examine

    findings = examine()
    for finding in findings:
        click.echo(f"{'ok  ' if finding.fine else 'LOOK'} {finding.text}")
    return DONE if all(finding.fine for finding in findings) else REFUSED


def _numbers(only: str) -> list[str]:
    from scrm_helpers.report.errors import PlainError

    chapters = [part for part in only.split(",") if part.strip()]
    if not chapters:
        raise PlainError(f"The option --only {only!r} names no chapter: write it as --only 03,07, or leave it out.")
    return chapters


def _split(texts: tuple[str, ...]) -> dict[str, str]:
    from scrm_helpers.report.errors import PlainError

    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name in given:
            fault = "has no '='" if not equals else f"gives {name!r} twice"
            raise PlainError(f"The option -P {text!r} {fault}: write it as -P name=value.")
        given[name] = value
    return given


def _guarded(work: Callable[[], Any]) -> int:
    """Turn every end of a command into its exit code and one line; never a traceback."""
    from scrm_helpers.report.errors import PlainError, one_line

    try:
        return int(work() or DONE)
    except click.ClickException as error:
        error.show()
        return REFUSED
    except PlainError as error:
        click.echo(str(error), err=True)
        return REFUSED
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("Stopped; what was there before is kept.", err=True)
        return 128 + signal.SIGINT
    except Exception as error:  # noqa: BLE001 - the reader gets one line, the log the rest
        click.echo(f"Internal error: {one_line(error, 200)}. Details are in {_log()}.", err=True)
        return INTERNAL


def _log() -> str:
    handle, name = tempfile.mkstemp(prefix="scrm-error-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return name


def _stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, _stop)  # so that private files are taken away on the way out
    sys.exit(_guarded(lambda: commands.main(standalone_mode=False)))


if __name__ == "__main__":
    main()
