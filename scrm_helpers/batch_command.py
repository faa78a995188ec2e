"""The command for many reports at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.command_parts import AS_OF, KEY, Place, chapter_numbers, log, print_line, say


@click.command()
@click.argument("source", metavar="DATA|FILE.yaml", type=Place())
@AS_OF
@click.option("--by", metavar="region,quarter", help="Columns of customers, and one of quarter, half or year.")
@click.option("--out", type=Place(), required=True, help="Folder for the reports, outside of DATA.")
@click.option("--only", metavar="02,03", help="Chapters to run; all by default.")
@click.option(
    "--part", "only_parts", multiple=True, metavar="region=North", help="Write only the parts that this fits."
)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Reports at the same time.")
@click.option("--resume", is_flag=True, help="Write only what is missing, failed or changed.")
@click.option("--timeout", type=click.FloatRange(min=1), metavar="S", help="Seconds that one report may take.")
@click.option("--memory", type=click.FloatRange(min=1), metavar="GB", help="Memory for each process of a report.")
@KEY
def batch(source: Path, by: str | None, out: Path, only: str | None, **how: Any) -> int:
    """Write a report of every part of a company, and an index over them."""
    from scrm_helpers.report.batch.batch_file import BatchWish, read_batch
    from scrm_helpers.report.batch.batch_run import BatchOptions, run_batch
    from scrm_helpers.report.engine.chapter_runs import progress

    names = [name.strip() for name in (by or "").split(",") if name.strip()]
    if source.suffix.lower() in (".yaml", ".yml"):
        if names:
            raise PlainError(f"{source.name} says how to divide: leave out --by, or name the company folder.")
        wish = read_batch(source)
    elif names:
        wish = BatchWish(data=source, by=names)
    else:
        raise PlainError("The batch names no parts: add --by region, or name a batch file.")
    if chapters := chapter_numbers(only):
        wish = replace(wish, chapters=chapters, parts=[one.model_copy(update={"chapters": None}) for one in wish.parts])
    done = run_batch(wish, out, BatchOptions(**how), progress(lines=True))
    for sentence in done.warnings:
        say(f"Warning: {sentence}")
    for part in done.parts:
        if part.sentence:
            say(f"{part.words} {part.status}: {part.sentence}")
    if done.details:
        say(log("".join(done.details)))
    print_line(f"The reports are in {out}")
    return done.exit_code
