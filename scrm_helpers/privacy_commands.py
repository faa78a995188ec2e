"""Commands that keep people unknown or make them known to their owner: reveal, forget and scan."""

from pathlib import Path

import click

from scrm_helpers.command_parts import DATA, KEY, Place, print_line


@click.command()
@click.argument("file", type=Place())
@click.option("--data", type=Place(), required=True, help="Company folder that the list was made from.")
@KEY
@click.option("--to", "target", type=Place(), help="Copy to write, outside of every output folder; a new file.")
def reveal(file: Path, data: Path, key: str | None, target: Path | None) -> int:
    """Copy a list of pseudonyms with the ids of its people beside them: for the owner of DATA and of the key."""
    from scrm_helpers.report.privacy.pseudonym_keys import write_revealed

    print_line(write_revealed(file, data, key, target or Path.cwd() / f"{file.stem}-revealed{file.suffix}"))
    return 0


@click.command()
@click.argument("folder", type=Place())
@click.option("--names", type=Place(), help="Names and ids to look for: a file with one a line, or the company folder.")
def scan(folder: Path, names: Path | None) -> int:
    """Look for people in every file of FOLDER: addresses, phone and card-like numbers, known names and ids."""
    from scrm_helpers.answers.numbers import plural
    from scrm_helpers.report.privacy.leaks import Known, read_known, scan_folder

    known = read_known(names) if names else Known()
    found = scan_folder(folder, known)
    for sentence in found.unread:
        click.echo(f"Warning: {sentence}.", err=True)
    if known.unsought:
        said = plural(known.unsought, "name or id is", "names or ids are")
        click.echo(f"Warning: {said} too short or plain to be told from other words, and not looked for.", err=True)
    for line in found.lines:
        print_line(line)
    files = plural(found.files, "file")
    print_line(f"{plural(len(found.lines), 'place')} in {files}." if found.finds else f"Nothing found in {files}.")
    return int(bool(found.finds))


@click.command()
@DATA
@click.option("--id", "names", required=True, multiple=True, help="Id or mail address of the person; may be repeated.")
@click.option("--out", "outs", type=Place(), multiple=True, help="Output folder of an earlier run; may be repeated.")
@KEY
def forget(data: Path, names: tuple[str, ...], outs: tuple[Path, ...], key: str | None) -> int:
    """Remove a person from every table of DATA and from outputs, and keep a receipt and a mark that name nobody."""
    from scrm_helpers.answers.numbers import plural
    from scrm_helpers.report.privacy.forgetting import forget_person

    found = forget_person(data, names, outs, key)
    for file, rows in found.removed.items():
        print_line(f"{file}: {plural(rows, 'row or place', 'rows or places')} removed.")
    for line in (*found.rows_left, *found.left):
        click.echo(f"Warning: still there: {line}.", err=True)
    print_line(f"The receipt is {data / 'forgotten.json'}; exports and backups elsewhere are yours to mend.")
    return int(bool(found.rows_left))


PRIVACY = (reveal, forget, scan)
