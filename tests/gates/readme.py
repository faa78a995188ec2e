"""Rules for the README: two commands that exist, and a table with exactly the notebooks on disk."""

import re
from collections.abc import Container, Iterator, Sequence


def commands(text: str) -> list[str]:
    """Lines of the first block of code, without comments."""
    block = re.search(r"(?s)```sh\n(.*?)```", text)
    lines = block.group(1).splitlines() if block else []
    return [line.partition("#")[0].strip() for line in lines if line.strip()]


def problems(text: str, rows: Sequence[str], known: Container[str], files: Container[str]) -> Iterator[str]:
    """What a README gets wrong about the commands and the notebooks of the project, one table row each."""
    first = commands(text)
    if first != ["python3 kit.py report", "python3 kit.py test"]:
        yield f"the first block of code is not the two commands: {first}"
    for name in re.findall(r"python3 kit\.py (\w+)", text):
        if name not in known:
            yield f"kit.py has no command {name}"
    if re.findall(r"(?m)^\| \[.*\]\(notebooks/.*\.ipynb\).*$", text) != list(rows):
        yield "the table of notebooks is not:\n" + "\n".join(rows)
    for alt, path in re.findall(r"!\[(.*?)\]\((.*?)\)", text):
        if not alt:
            yield f"the picture {path} has no description"
        if path not in files:
            yield f"the picture {path} is not there"
