"""The command line: what each command is asked, and what it says; the work itself is the report's."""

import io
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

import scrm_helpers
from scrm_helpers.answers.refusal import PlainError, path_in_words, told
from scrm_helpers.command_parts import (
    AS_OF,
    DATA,
    DONE,
    KEY,
    REFUSED,
    Place,
    chapter_numbers,
    guarded,
    limited,
    log,
    print_line,
    say,
    warn,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(scrm_helpers.__version__, prog_name="scrm")
def commands() -> None:
    """Social CRM research kit: what customers are worth, what they say, and what they do."""


_FACTS = click.option("--facts", is_flag=True, help="Write the amount of every customer into check.json.")


@commands.command()
@click.argument("folder", type=Place())
def init(folder: Path) -> int:
    """Begin a company folder: a workbook to fill in, all settings, the page of columns and a business case."""
    from scrm_helpers.report.new_company import write_new
    from scrm_helpers.report.whole_files import LOCK, is_lock, only_run

    if folder.exists() and not folder.is_dir():
        raise PlainError(f"The new company cannot be written to {path_in_words(folder)}: it is no folder. Name one.")
    held = only_run(folder) if is_lock(folder / LOCK) else nullcontext()
    with told(f"The company cannot be written to {path_in_words(folder)}", "Name another."), held:
        written = write_new(folder)
    kept = [name for name, about in written.items() if not about]
    if len(kept) == len(written):
        raise PlainError(f"Each of {', '.join(kept)} is there already and may hold work, so it stays as it is.")
    for name, about in written.items():
        print_line(f"{folder / name}: {about or 'was there before and stays as it is'}")
    return DONE


@commands.command("import")
@click.argument("files", type=Place(), nargs=-1, required=True)
@click.option("--to", "target", type=Place(), help="Company folder to write; needed without --explain.")
@click.option("--map", "mapping", type=Place(), help="A mapping.yaml to apply; by default the one in the folder.")
@click.option("--explain", is_flag=True, help="Only say what is recognised, kept, left out and asked; write nothing.")
@AS_OF
@limited
def import_exports(
    files: tuple[Path, ...], target: Path | None, mapping: Path | None, explain: bool, as_of: str | None
) -> int:
    """Import exports of shops, surveys, CRM and programmes, recognised by their headers, into a company folder."""
    from scrm_helpers.report.imported_company import import_company

    if target is None and not explain:
        raise PlainError("No company folder is named: add --to DATA, or --explain to write nothing.")
    done = import_company(files, target, mapping, as_of, explain)
    print_line(done.text)
    for sentence in (*done.warnings, *done.faults):
        say(sentence)
    return REFUSED if done.faults else DONE


@commands.command()
@DATA
@AS_OF
@click.option("--out", type=Place(), help="Folder for check.json; nothing is written without it.")
@_FACTS
@limited
def check(data: Path, as_of: str | None, out: Path | None, facts: bool) -> int:
    """Check a company folder and say what is wrong with it, and where."""
    from scrm_helpers.report.checked_company import write_check

    found = write_check(data, as_of, out, by_customer=facts)
    (say if found.exit_code else print_line)(found.to_text())
    return found.exit_code


@commands.command()
@DATA
@AS_OF
@click.option("--out", type=Place(), required=True, help="Folder for the report, outside of DATA.")
@click.option("--only", metavar="03,07", help="Chapters to run; all by default.")
@click.option("--earlier", type=Place(), help="Output folder of an earlier run to compare with.")
@click.option("--also", multiple=True, type=click.Choice(["pdf", "slides"]), help="A PDF of the page, or five slides.")
@click.option("--edition", type=click.Choice(["full", "board"]), default="full", help="All, or a sheet a chapter.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Chapters at the same time.")
@KEY
@_FACTS
@click.option("-P", "--parameter", "texts", multiple=True, metavar="NAME=VALUE", help="A parameter of the chapters.")
@limited
def run(data: Path, as_of: str | None, out: Path, only: str | None, texts: tuple[str, ...], **how: Any) -> int:
    """Check a company folder and write the report."""
    from scrm_helpers.report.engine.run_options import Progress, RunOptions
    from scrm_helpers.report.run import run_report

    options = RunOptions(only=chapter_numbers(only), texts=_split(texts), **how)
    done = run_report(data, as_of, out, options, Progress(sys.stderr))
    warn(done.warnings)
    left_out = [chapter.sentence for chapter in done.chapters if chapter.status == "left out"]
    for sentence in (*left_out, *(fault.sentence for fault in done.faults)):
        say(sentence)
    if details := [f"{fault.sentence}\n{fault.detail}\n" for fault in done.faults if fault.detail]:
        say(log("".join(details)))
    print_line(f"The report is {out / 'report.html'}")
    return done.exit_code


@commands.command()
@click.argument("source", metavar="DATA|FILE.yaml", type=Place())
@AS_OF
@click.option("--by", metavar="region,quarter", help="Columns of customers, and one of quarter, half or year.")
@click.option("--out", type=Place(), required=True, help="Folder for the reports, outside of DATA.")
@click.option("--only", metavar="02,03", help="Chapters to run; all by default.")
@click.option(
    "--part", "only_parts", multiple=True, metavar="region=North", help="Write only the parts that this fits."
)
@click.option("--earlier", type=Place(), help="Output folder of an earlier batch to compare each part with.")
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Reports at the same time.")
@click.option("--resume", is_flag=True, help="Write only what is missing, failed or changed.")
@click.option("--timeout", type=click.FloatRange(min=1), metavar="S", help="Seconds that one report may take.")
@click.option("--memory", type=click.FloatRange(min=1), metavar="GB", help="Memory for each process of a report.")
@KEY
def batch(source: Path, by: str | None, out: Path, only: str | None, **how: Any) -> int:
    """Write a report of every part of a company, and an index over them."""
    from scrm_helpers.report.batch.batch_file import BatchWish, read_batch
    from scrm_helpers.report.batch.batch_run import BatchOptions, run_batch
    from scrm_helpers.report.engine.run_options import Progress

    wish = BatchWish(data=source, by=[by or ""])
    if source.suffix.lower() in (".yaml", ".yml"):
        if wish.by:
            raise PlainError(f"{source.name} says how to divide: leave out --by, or name the company folder.")
        wish = read_batch(source)
    elif not wish.by:
        raise PlainError("The batch names no parts: add --by region, or name a batch file.")
    if chapters := chapter_numbers(only):
        parts = [one.model_copy(update={"chapters": None}) for one in wish.parts]
        wish = wish.model_copy(update={"chapters": chapters, "parts": parts})
    done = run_batch(wish, out, BatchOptions(**how), Progress(sys.stderr, lines=True))
    warn(done.warnings)
    for part in done.parts:
        if part.sentence:
            say(f"{part.words} {part.status}: {part.sentence}")
    if done.details:
        say(log("".join(done.details)))
    print_line(f"The reports are in {out}")
    return done.exit_code


@commands.command()
@DATA
@AS_OF
@click.option("--port", type=click.IntRange(1, 65535), default=8866, show_default=True, help="Port on this machine.")
@click.option("--browser/--no-browser", default=True, help="Open a browser, or only say the address.")
def explore(data: Path, as_of: str | None, port: int, browser: bool) -> int:
    """Look around with sliders and pickers and no code: an app on this machine alone, by Voilà, beside JupyterLab."""
    from scrm_helpers.report.explore.app import serve

    return serve(data, as_of, port, browser)


@commands.command()
@click.option("--customers", type=click.IntRange(200, 10_000_000), default=2000, show_default=True)
@click.option(
    "--seed", type=click.IntRange(0), default=20100611, show_default=True, help="The same seed, the same company."
)
@click.option("--out", type=Place(), required=True, help="Folder for the sample company.")
def sample(customers: int, seed: int, out: Path) -> int:
    """Make a synthetic company with known truth, of any size."""
    from scrm_helpers.report.output_folder import owned
    from scrm_helpers.report.whole_files import SAMPLE, entry_of
    from scrm_helpers.sample import write_sample
    from scrm_helpers.sample.sample_company import file_names

    with owned(out, SAMPLE, follows=(SAMPLE,)) as folder:
        folder.refuse_foreign(file_names(customers))
        with folder.work() as work:  # a cut-off company would pass for a whole one
            as_of = str(write_sample(work / "out", customers, seed).settings["as_of"])
            entry = entry_of(as_of, "", {"customers": customers, "seed": seed}, sample=True)  # it reads no data
            folder.publish(work / "out", entry)
    warn(folder.warnings)
    print_line(f"The sample company is in {out}")
    return DONE


@commands.command()
@DATA
@AS_OF
@click.option("--to", "target", type=Place(), required=True, help="Workbook to write, outside of DATA; a new one.")
def coding(data: Path, as_of: str | None, target: Path) -> int:
    """Draw conversations for two people to read, with their texts: the only command by which texts leave DATA."""
    from scrm_helpers.report.coding_workbook import sheets_for_coders
    from scrm_helpers.report.whole_files import PERSONAL, write_whole
    from scrm_helpers.tables import open_company

    where = path_in_words(target)
    if target.exists() or target.is_symlink():
        raise PlainError(f"{where} is there already, and somebody may have coded in it: name another file.")
    if target.resolve().is_relative_to(data.resolve()):
        raise PlainError(f"{where} lies in the company folder, which would be read as data: name a file elsewhere.")
    company = open_company(data, as_of=as_of)
    if not company.has("interactions"):
        raise PlainError("The company folder has no table interactions: there is nothing to read.")
    content = sheets_for_coders(company)
    with told(f"The workbook cannot be written to {where}", "Name another."):
        write_whole(target, content, PERSONAL)
    print_line(f"The conversations to read are in {target}, with their texts: keep it where these may be.")
    return DONE


@commands.command()
@click.argument("file", type=Place())
@click.option("--data", type=Place(), required=True, help="Company folder that the list was made from.")
@KEY
@click.option("--to", "target", type=Place(), help="Copy to write, outside of every output folder; a new file.")
def reveal(file: Path, data: Path, key: str | None, target: Path | None) -> int:
    """Copy a list of pseudonyms with the ids of its people beside them: for the owner of DATA and of the key."""
    from scrm_helpers.report.privacy.pseudonym_keys import write_revealed

    print_line(write_revealed(file, data, key, target or Path.cwd() / f"{file.stem}-revealed{file.suffix}"))
    return 0


@commands.command()
@click.argument("folder", type=Place())
@click.option("--names", type=Place(), help="Names and ids to look for: a file with one a line, or the company folder.")
def scan(folder: Path, names: Path | None) -> int:
    """Look for people in every file of FOLDER: addresses, phone and card-like numbers, known names and ids."""
    from scrm_helpers.answers.numbers import plural
    from scrm_helpers.report.privacy.leaks import Known, read_known, scan_folder

    known = read_known(names) if names else Known()
    found = scan_folder(folder, known)
    warn(f"{sentence}." for sentence in found.unread)
    if known.unsought:
        said = plural(known.unsought, "name or id is", "names or ids are")
        warn([f"{said} too short or plain to be told from other words, and not looked for."])
    for line in found.lines:
        print_line(line)
    files = plural(found.files, "file")
    print_line(f"{plural(len(found.lines), 'place')} in {files}." if found.lines else f"Nothing found in {files}.")
    return int(bool(found.lines))


@commands.command()
@DATA
@click.option("--id", "names", required=True, multiple=True, help="Id or mail address of the person; may be repeated.")
@click.option("--out", "outs", type=Place(), multiple=True, help="Output folder of an earlier run; may be repeated.")
@KEY
def forget(data: Path, names: tuple[str, ...], outs: tuple[Path, ...], key: str | None) -> int:
    """Remove a person from every table of DATA and from outputs, and keep a receipt and a mark that name nobody."""
    from scrm_helpers.answers.numbers import plural
    from scrm_helpers.report.privacy.forgetting import forget_person

    removed, rows_left, left = forget_person(data, names, outs, key)
    for file, rows in removed.items():
        print_line(f"{file}: {plural(rows, 'row or place', 'rows or places')} removed.")
    warn(f"still there: {line}." for line in (*rows_left, *left))
    print_line(f"The receipt is {data / 'forgotten.json'}; exports and backups elsewhere are yours to mend.")
    return int(bool(rows_left))


@commands.command()
def doctor() -> int:
    """Say whether this machine has what the kit needs."""
    from scrm_helpers.report.doctor import examine

    code = DONE
    for fine, text in examine():
        print_line(f"{'ok  ' if fine else 'LOOK'} {text}")
        code = code if fine else REFUSED
    return code


def _split(texts: tuple[str, ...]) -> dict[str, str]:
    given: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name in given:
            fault = "has no '='" if not equals else f"gives {name!r} twice"
            raise PlainError(f"The option -P {text!r} {fault}: write it as -P name=value.")
        given[name] = value
    return given


def _work() -> Any:
    """Run the command with streams that take every sign; a closed one would lend its number to a file of the kit."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:  # input, output and errors
        continue
    os.close(handle)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w")
    if sys.stdout is None:
        raise PlainError("The output of the command is closed: send it to a file or to a terminal and run it again.")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    return commands.main(standalone_mode=False)


def main() -> None:
    """Run the command line and leave with its exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that private files are taken away on the way out
    sys.exit(guarded(_work))


if __name__ == "__main__":
    main()
