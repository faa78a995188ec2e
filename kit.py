"""The front door: `python3 kit.py report` and `python3 kit.py test` do all set-up and then the work.

Standard library only. Nothing here needs the network once the set-up is done.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# Not the Python of an environment, which may be the one that is made anew.
BASE = getattr(sys, "_base_executable", None) or sys.executable
OLDEST = (3, 11)
HELP = """\
usage: python3 kit.py COMMAND [OPTIONS]

  report [DATA]   set up, then write the report about DATA (default: the sample company data/sample)
  test            set up, then run every check and test; --part checks, fast, slow or long runs that part alone
  check [DATA]    set up, then check a company folder without writing a report
  scrm COMMAND    set up, then run any command: init, import, coding, explore, reveal, forget, scan, sample, doctor
  lab             set up JupyterLab in its own environment and open the notebooks
  notebooks       run every notebook with its defaults and store the outputs
  lock            after a change of pyproject.toml: write the locks and environment.yml again
  clean           remove everything that these commands made, and nothing else

Further options go to the command behind: python3 kit.py report my-company --as-of 2026-06-30
"""


class Stopped(Exception):
    """A reason to stop, in one sentence that says what to do."""


class Place:
    """One environment of the kit: its folder, its lock and the stamp that says it is whole."""

    def __init__(self, folder, lock):
        self.folder = ROOT / folder
        self.lock = ROOT / lock
        self.stamp = self.folder / "kit-stamp"
        binaries = "Scripts" if os.name == "nt" else "bin"
        self.python = self.folder / binaries / ("python.exe" if os.name == "nt" else "python")

    def wanted(self):
        """Return what the stamp of a whole and current environment says."""
        digest = hashlib.sha256(sys.version.encode())
        for path in (self.lock, ROOT / "pyproject.toml"):
            digest.update(path.read_bytes())
        return "complete " + digest.hexdigest()

    def ready(self):
        """Tell whether the environment was finished by an earlier run and nothing changed since."""
        return self.python.exists() and self.stamp.is_file() and self.stamp.read_text() == self.wanted()

    def set_up(self):
        """Make the environment unless it is whole; the stamp comes last, so half a set-up is never trusted."""
        if self.ready():
            return
        if self.folder.exists() and not self.stamp.exists():
            raise Stopped(f"The folder {self.folder.name} was not made by kit.py: rename or delete it, then try again.")
        say(f"Setting up {self.folder.name} (once, about a minute) ...")
        self._begin()
        install = self._install_with_uv if shutil.which("uv") else self._install_with_pip
        install()
        self.stamp.write_text(self.wanted())

    def _begin(self):
        """Put an empty folder with a stamp in place; what was there steps aside first, as it may still be in use."""
        if self.folder.exists():
            self.folder.rename(f"{self.folder}-old-{os.getpid()}")
        self.folder.mkdir()
        self.stamp.write_text("incomplete")
        for old in ROOT.glob(self.folder.name + "-old-*"):
            shutil.rmtree(old, ignore_errors=True)

    def _install_with_uv(self):
        quiet(["uv", "venv", "--quiet", "--allow-existing", "--python", BASE, str(self.folder)])
        uv = ["uv", "pip", "install", "--quiet", "--python", str(self.python), "--no-deps"]
        quiet([*uv, "--require-hashes", "-r", str(self.lock)])
        quiet([*uv, "--no-build-isolation", "-e", str(ROOT)])

    def _install_with_pip(self):
        pip = [*make_environment(self), "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
        # what is imported is compiled at its first use: the whole of it would take as long again as all else here
        quiet([*pip, "--no-compile", "--require-hashes", "--only-binary", ":all:", "-r", str(self.lock)])
        quiet([*pip, "--no-build-isolation", "-e", str(ROOT)])


WORK = Place(".venv", "requirements.lock")
LAB = Place(".venv-lab", "requirements-lab.lock")


CHECKS = {
    "ruff (rules)": ["ruff", "check", "--quiet", "."],
    "ruff (format)": ["ruff", "format", "--check", "--quiet", "."],
    "mypy (types)": ["mypy", "--no-error-summary"],
    "import-linter (one direction)": ["lint-imports", "--no-logo"],
    "codespell (spelling)": ["codespell"],
}
PARTS = ["checks", "fast", "slow", "long"]  # what belongs to the last three: tests/gates/parts.py
WITHOUT_ASKING = PARTS[:3]


def make_environment(place):
    """Make an empty environment and return the pip command that installs into it."""
    if has("ensurepip") and has("venv"):
        quiet([BASE, "-m", "venv", str(place.folder)])
        return [str(place.python), "-m", "pip"]
    if has("venv") and has("pip"):
        quiet([BASE, "-m", "venv", "--without-pip", str(place.folder)])
        return [BASE, "-m", "pip", "--python", str(place.python)]
    if has("virtualenv"):
        quiet([BASE, "-m", "virtualenv", "--quiet", str(place.folder)])
        return [str(place.python), "-m", "pip"]
    raise Stopped(
        "This Python comes without venv and pip: install them (Debian, Ubuntu: apt install python3-venv) and try again."
    )


def has(module):
    """Tell whether this Python can run a module."""
    return works(BASE, "import " + module)


def works(python, code="pass"):
    """Tell whether an interpreter exists and runs a line of code."""
    return bool(shutil.which(python)) and not subprocess.call(
        [python, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def quiet(command):
    """Run one step of the set-up; its output is shown only when it fails."""
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise Stopped(f"{tail}\n\nThe set-up stopped at the lines above: mend their cause and try again.")


def say(text):
    """Tell the reader what happens, also when the output goes to a file."""
    print(text, file=sys.stderr, flush=True)


def run(place, program, *arguments):
    """Run a program of an environment and return its exit code."""
    binaries = place.python.parent
    path = os.pathsep.join([str(binaries), os.environ.get("PATH", "")])
    environment = {**clean_environment(), "PATH": path, "VIRTUAL_ENV": str(place.folder), "JUPYTER_PLATFORM_DIRS": "1"}
    return subprocess.run([str(binaries / program), *arguments], cwd=ROOT, env=environment, check=False).returncode


def clean_environment():
    """Return the reader's variables without those that would lead Python elsewhere, or let it compile all anew."""
    unwanted = ("PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def company(arguments):
    """Put the sample company in where the reader named no folder of their own."""
    return arguments if arguments and not arguments[0].startswith("-") else ["data/sample", *arguments]


def report(arguments):
    """Set up and write the report; the command behind says where it is."""
    WORK.set_up()
    named = any(argument == "--out" or argument.startswith("--out=") for argument in arguments)
    out = [] if named else ["--out", "build/report"]
    return run(WORK, "scrm", "run", *company(arguments), *out)


def check(arguments):
    """Set up and check a company folder."""
    WORK.set_up()
    return run(WORK, "scrm", "check", *company(arguments))


def scrm(arguments):
    """Set up and run any command of the kit; the app to explore lives beside JupyterLab."""
    place = LAB if arguments[:1] == ["explore"] else WORK
    place.set_up()
    return run(place, "scrm", *arguments)


def test(arguments):
    """Set up and run the parts asked for, by default all but the long runs; further arguments go to pytest."""
    parts, further = asked(arguments)
    WORK.set_up()
    failed = []
    for name, command in CHECKS.items() if "checks" in parts else ():
        say(f"{name} ...")
        if run(WORK, *command):
            failed.append(name)
    of_pytest = [f"--part={part}" for part in parts if part != "checks"]
    if of_pytest:
        say("pytest (tests, examples in the package, stored notebooks) ...")
        if run(WORK, "pytest", *of_pytest, *further):
            failed.append("pytest")
    if failed:
        say(f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def asked(arguments):
    """Return the parts that `--part` asks for, and what remains for pytest."""
    parts, further, words = [], [], iter(arguments)
    for word in words:
        option, equals, part = word.partition("=")
        if option == "--part":
            parts.append(part if equals else next(words, ""))
        else:
            further.append(word)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise Stopped(f"There is no part {unknown[0]!r}: choose one of {', '.join(PARTS)}.")
    return parts or WITHOUT_ASKING, further


def lab(arguments):
    """Set up JupyterLab and open the notebook to start with; named as a file it would hide the folders around it."""
    LAB.set_up()
    # No news from a network; a kernel that names its version makes JupyterLab call what another one stored changed.
    shutil.copytree(ROOT / "scrm_helpers" / "report" / "explore" / "lab", LAB.folder, dirs_exist_ok=True)
    return run(LAB, "jupyter-lab", "--LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb", *arguments)


def notebooks(arguments):
    """Run every notebook with its defaults and store what it shows."""
    WORK.set_up()
    return run(WORK, "python", "-m", "scrm_helpers.report.engine.one_notebook", *arguments)


def lock(arguments):
    """Write the locks and environment.yml from pyproject.toml; needs uv and the network."""
    if not shutil.which("uv"):
        raise Stopped("Writing the locks needs uv: install it (pip install uv) and try again.")
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    how = ["uv", "pip", "compile", "--quiet", "--universal", "--fork-strategy", "fewest", "--generate-hashes"]
    how += ["--no-emit-index-url", "--no-annotate", "--no-header", "--python-version", ".".join(map(str, OLDEST))]
    build = "\n".join(project["build-system"]["requires"])
    for place, also in ((WORK, ["test"]), (LAB, ["lab", "--extra", "explore", "-c", WORK.lock.name])):
        command = [*how, "--extra", *also, *arguments, "pyproject.toml", "-", "-o", place.lock.name]
        subprocess.run(command, cwd=ROOT, input=build, text=True, check=True)
    (ROOT / "environment.yml").write_text(conda_environment(project))
    return 0


def conda_environment(project):
    """Return environment.yml for conda and Binder, from the dependencies in pyproject.toml."""
    renamed = {"duckdb": "python-duckdb", "matplotlib": "matplotlib-base"}
    needs = project["project"]["dependencies"] + project["project"]["optional-dependencies"]["lab"]
    lines = ["# Written by `python3 kit.py lock` from pyproject.toml: change that file, not this one.", "name: scrm"]
    lines += ["channels:", "  - conda-forge", "dependencies:", f"  - python={'.'.join(map(str, OLDEST))}", "  - pip"]
    for need in sorted(needs):
        name = need.split(">")[0].split("<")[0].split("=")[0]
        lines.append(f"  - {json.dumps(renamed.get(name, name) + need[len(name) :])}")
    return "\n".join([*lines, "  - pip:", "      - -e .", ""])


def clean(_arguments):
    """Remove the environments and every report in build/; what the kit did not make stays and is named."""
    caches = [".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache"]
    environments = [place.folder for place in (WORK, LAB) if place.stamp.is_file()]
    for made in (*environments, *(ROOT / name for name in caches), ROOT / "scrm_helpers.egg-info"):
        shutil.rmtree(made, ignore_errors=True)
    build = ROOT / "build"
    for lock in build.rglob(".lock"):
        if not held(lock):
            remove_report(lock.parent)
    for folder in (*sorted((path for path in build.rglob("*") if path.is_dir()), reverse=True), build):
        remove_empty(folder)
    kept = [path for path in build.rglob("*") if not path.is_dir() and path.name not in (".lock", "manifest.jsonl")]
    kept += [place.folder for place in (WORK, LAB) if place.folder.exists()]
    for path in sorted(kept):
        say(f"Kept, because the kit did not make it or it was changed since: {path.relative_to(ROOT)}")
    return 0


def remove_report(folder):
    """Remove the files that the manifest names and that are as the kit wrote them; the manifest goes with the last."""
    manifest = folder / "manifest.jsonl"
    try:
        entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        made = [(name, sha256) for entry in entries for name, sha256 in entry["files"].items()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        made = []
    for name, sha256 in made:
        path, place = folder / name, folder.resolve()
        inside = path.is_file() and path.resolve() == place / name and place in path.resolve().parents
        if inside and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            path.unlink()
            remove_empty(path.parent)
    for left in folder.glob(".work-*/.made-by-scrm"):  # what a killed run could not take away
        shutil.rmtree(left.parent, ignore_errors=True)
    if made and {path.name for path in folder.iterdir()} <= {".lock", "manifest.jsonl"}:
        manifest.unlink()
        (folder / ".lock").unlink()


def remove_empty(folder):
    """Remove a folder in which nothing lies."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def held(lock):
    """Tell whether a running command holds its folder."""
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        with lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
    return False


COMMANDS = {f.__name__: f for f in (report, test, check, scrm, lab, notebooks, lock, clean)}


def main(arguments):
    """Run one command and return its exit code."""
    if sys.version_info < OLDEST:
        here, wanted = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        newer = next((name for name in (f"python3.{n}" for n in range(19, 10, -1)) if works(name)), "")
        hint = f"try {newer} kit.py" if newer else "install a newer one"
        raise Stopped(f"The kit needs Python {wanted} or newer and this is {here}: {hint}.")
    if not arguments or arguments[0] not in COMMANDS:
        print(HELP, end="")
        return 0 if not arguments or arguments[0] in ("-h", "--help", "help") else 1
    return COMMANDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stopped as reason:
        say(str(reason))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
