"""One owner of an output folder: what the kit did not make there is never deleted or overwritten.

A folder is new, empty, or one whose manifest says that the kit made it. New files are made aside and moved in at the
end. Before the first one moves, the manifest gets an unfinished entry with their hashes, so that a run killed between
two moves leaves a folder in which every file is still known: the next run goes on from there.
"""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words, told
from scrm_helpers.report import whole_files
from scrm_helpers.report.whole_files import LOCK, UNFINISHED, Manifest, hash_of, is_lock, read_manifest
from scrm_helpers.tables.contract import declarations
from scrm_helpers.tables.contract.receipts import listed
from scrm_helpers.tables.reading.files import MANIFEST


def output_place(out: Path, data: Path | None) -> Path:
    """Check that `out` may be written and has nothing to do with the input; nothing is created yet."""
    try:
        target = out.expanduser().resolve()
        fault = _why_no_place(target)
    except (OSError, RuntimeError, ValueError) as error:
        fault = f"cannot be used: {system_words(error)}"
    if fault:
        fault += ". Choose another place"
    elif data is not None:
        fault = _why_not_beside(target, data)
    if fault:
        raise PlainError(f"The output folder {path_in_words(out)} {fault}.") from None
    return target


def _why_no_place(target: Path) -> str:
    nearest = next(folder for folder in (target, *target.parents) if os.path.lexists(folder))
    if not nearest.is_dir():
        kind = "a link that leads nowhere" if nearest.is_symlink() else "a file"
        return f"cannot be made: {nearest.name} is {kind}"
    if not os.access(nearest, os.W_OK | os.X_OK):
        return "cannot be written: it is read-only, or you lack the right"
    for name in (target, *(nearest / part for part in target.relative_to(nearest).parts)):
        with suppress(FileNotFoundError):
            name.lstat()  # the system says which names it does not take
    return ""


def _why_not_beside(target: Path, data: Path) -> str:
    """Whether an output folder is the company folder, lies in it or holds it, by whatever name."""
    try:
        source = data.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        return ""  # the reader of the company says what is wrong with it
    if _same(target, source):
        return "is the company folder itself: choose another one"
    if any(_same(one, source) for one in target.parents):
        return "lies inside the company folder: choose one outside it"
    return "holds the company folder: choose one beside it" if any(_same(target, one) for one in source.parents) else ""


def _same(one: Path, other: Path) -> bool:
    """Whether two spellings of a name lead to one folder."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one == other


NETWORK = "network.gexf"
TABLES = "tables.xlsx"
_COMPANY = ("company.yaml", "mapping.yaml", "initiatives.yaml", "profiles")
_PRIVATE = ".work-"
_PRIVATE_NAME = re.compile(r"\.work-[a-z0-9_]{8}")
_MARK = ".made-by-scrm"  # tells a private folder of a killed run from one of the user
_OTHER = "Choose a new or empty folder."
_ELSEWHERE = "Choose another --out, or move {it} away, then run again."


@dataclass
class OutputFolder:
    """A folder that this process holds, its name in sentences, what an earlier command left, and what was spared."""

    path: Path
    shown: str
    command: str
    manifest: Manifest
    warnings: list[str] = field(default_factory=list)

    def refuse_foreign(self, names: Iterable[str]) -> None:
        """Refuse to go on where a file that may be written is not the kit's own, or no longer as the kit wrote it."""
        faults = [fault for fault in map(self.fault, sorted({*names, MANIFEST})) if fault]
        if faults:
            todo = _ELSEWHERE.format(it="it" if len(faults) == 1 else "them")
            todo = todo.replace("--out", "--to") if self.command == whole_files.IMPORT else todo
            raise PlainError(f"In the output folder {self.shown} {listed(faults)}. Nothing is overwritten. {todo}")

    def fault(self, name: str) -> str:
        """Say why a file must not be replaced; nothing where it is absent or as the kit wrote it."""
        *above, last = PurePosixPath(name).parts
        folder = self.path
        for part in above:
            folder /= part
            kind = _kind(folder)
            if kind in ("absent", "folder"):
                continue
            return f"{folder.relative_to(self.path).as_posix()} is a {kind}, where the kit needs a folder"
        kind = _kind(folder / last)
        if kind == "absent" or (name == MANIFEST and read_manifest(self.path) == self.manifest):
            return ""
        if kind != "file":
            return f"{name} is a {kind}, where the kit writes a file"
        known = self.manifest.hashes.get(name)
        if known is None:
            return f"{name} was not made by the kit"
        with suppress(OSError):
            if hash_of(folder / last) in known:
                return ""
        how = " (JupyterLab does that to a notebook that is opened)" if name.endswith(".ipynb") else ""
        return f"{name} was changed since the kit wrote it{how}"

    @contextmanager
    def work(self) -> Iterator[Path]:
        """Lend a private folder in the output folder, on the same disk, that is gone afterwards whatever happens."""
        try:
            take_private_away(self.path)  # what a killed run could not
            work = Path(tempfile.mkdtemp(prefix=_PRIVATE, dir=self.path))
            try:
                (work / _MARK).touch()
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
        except OSError as error:
            if isinstance(error.filename, str) and not Path(error.filename).is_relative_to(self.path):
                raise  # it is about another place
            with told(*_unwritable(self.shown)):
                raise

    def publish(self, stage: Path, entry: Mapping[str, Any], *, keep_others: bool = False) -> None:
        """Move all finished files into the folder and write the manifest last."""
        files = {path.relative_to(stage).as_posix(): hash_of(path) for path in stage.rglob("*") if path.is_file()}
        names = sorted(files)
        self.refuse_foreign(names)
        others = dict(self.manifest.entry.get("files", {})) if keep_others else {}
        whole = {"command": self.command, **entry, "files": {**others, **files}}
        self.note(stage.parent, [*self.manifest.lines, whole_files.line_of({**whole, UNFINISHED: True})])
        todo = "Run again: that goes on from there, and nothing of yours is lost."
        with told(f"The output folder {self.shown} is half written", todo):
            for name in names:
                (self.path / name).parent.mkdir(parents=True, exist_ok=True)
                (stage / name).replace(self.path / name)
            for name in sorted(self.manifest.hashes.keys() - whole["files"].keys()):
                if self.fault(name):
                    said = f"{name} belongs to an earlier report and was changed since, so it stays in {self.shown}."
                    self.warnings.append(said)
                else:
                    (self.path / name).unlink(missing_ok=True)
            self.note(stage.parent, [whole_files.line_of(whole)])

    def note(self, work: Path, lines: Sequence[str]) -> None:
        """Write the lines of the manifest, whole or not at all."""
        aside = work / MANIFEST  # a killed run leaves no half of it in the folder
        whole_files.write_whole(aside, "\n".join(lines) + "\n")
        aside.replace(self.path / MANIFEST)
        whole_files.sync_folder(self.path)


@contextmanager
def owned(
    out: Path, command: str, follows: Iterable[str], data: Path | None = None, *, company: bool = False
) -> Iterator[OutputFolder]:
    """Hold an output folder for one command, before its work; refuse one that is neither the kit's nor a company's."""
    target, shown = output_place(out, data), path_in_words(out)
    _recognised(target, shown, follows, company)  # before anything is written, even the lock
    new = [folder for folder in (target, *target.parents) if not folder.exists()]
    first = not (target / LOCK).exists()
    try:
        with told(*_unwritable(shown)):
            target.mkdir(parents=True, exist_ok=True)
        with whole_files.only_run(target):
            try:
                yield OutputFolder(target, shown, command, _recognised(target, shown, follows, company))
            except Exception:
                if first and not (target / MANIFEST).exists():
                    (target / LOCK).unlink(missing_ok=True)
                raise
    finally:
        with suppress(OSError):  # folders in which something lies stay
            for folder in new:
                folder.rmdir()


def _recognised(target: Path, shown: str, follows: Iterable[str], company: bool) -> Manifest:
    """Return the manifest of a folder that the kit made, an empty one where there is none to lose; else refuse it."""
    folder = f"The output folder {shown}"
    with told(f"{folder} cannot be read", _OTHER):
        names = sorted(path.name for path in target.iterdir()) if target.exists() else []
    private = {path.name for path in _private_folders(target)}
    strange = [name for name in names if name not in private and not (name == LOCK and is_lock(target / name))]
    manifest = read_manifest(target)
    tables = [name.removesuffix(".gz").removesuffix(".csv").removesuffix(".parquet") for name in strange]
    theirs = company and MANIFEST not in strange and not {*_COMPANY, *declarations.TABLES}.isdisjoint(strange + tables)
    if manifest is None and strange and not theirs:
        what = f"its {MANIFEST} is not one" if MANIFEST in strange else f"holds {listed(strange, 3)} and no manifest"
        verb = "is not the kit's own:" if MANIFEST in strange else "is not empty: it"
        raise PlainError(f"{folder} {verb} {what} that the kit wrote. What is in it could be lost. {_OTHER}")
    if LOCK in strange:
        raise PlainError(f"In the output folder {shown} {LOCK} was not made by the kit. {_ELSEWHERE.format(it='it')}")
    if manifest is not None and manifest.command not in follows:
        raise PlainError(f"{folder} holds what `scrm {manifest.command}` wrote, which would be lost. {_OTHER}")
    return manifest or Manifest()


def _private_folders(target: Path) -> list[Path]:
    """Folders that a killed run left: named as the kit names them, and empty or marked by it."""
    try:
        found = [path for path in target.iterdir() if _PRIVATE_NAME.fullmatch(path.name)]
        folders = [path for path in found if _kind(path) == "folder"]
        return [path for path in folders if _kind(path / _MARK) == "file" or not any(path.iterdir())]
    except OSError:
        return []


def take_private_away(target: Path) -> None:
    """Remove the private folders that a killed run left."""
    for left in _private_folders(target):
        shutil.rmtree(left, ignore_errors=True)


def _kind(path: Path) -> str:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "absent"
    return {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}.get(stat.S_IFMT(mode), "special file")


def _unwritable(shown: str) -> tuple[str, str]:
    return f"The output folder {shown} cannot be written", "What was there before is kept."
