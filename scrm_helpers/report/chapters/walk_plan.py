"""The walk: which chapters there are, what each asks, and which tables it needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError

SUMMARY = "10"
START = "00-start-here"  # the notebook before the walk, which is no chapter: it has controls and stores no outputs


@dataclass(frozen=True)
class ChapterPlan:
    """One chapter of the walk."""

    number: str  # two digits, the place in the walk
    name: str  # file name of the notebook without number and ending
    question: str  # what the chapter answers
    needs: tuple[str, ...] = ()  # optional tables of the company without which the question has no answer
    helped_by: tuple[str, ...] = ()  # optional tables that add to the chapter
    begins_with: tuple[str, ...] = ()  # those of the needed that give a part of the chapter without the others
    of_company: bool = False  # whether it is about the whole company, and a batch has it once, not for every part

    @property
    def stem(self) -> str:
        """File name without ending, ``03-stated-versus-actual-referral``."""
        return f"{self.number}-{self.name}"

    @property
    def title(self) -> str:
        """Name in words."""
        words = self.name.replace("-", " ")
        return words[:3].upper() + words[3:] if words.startswith("roi ") else words[0].upper() + words[1:]

    def why_left_out(self, has: Callable[[str], bool], part: str = "") -> str:
        """Return the sentence that says why the chapter is left out, or an empty text when it can run."""
        if all(has(table) for table in self.begins_with or self.needs):
            return ""
        missing = [table for table in self.needs if not has(table)]
        lacks = f"{part} has no row in the" if part else "the company folder has no"
        return self.left_out(f"{lacks} {'table' if len(missing) == 1 else 'tables'} {' and '.join(missing)}.")

    def left_out(self, reason: str) -> str:
        """Return the sentence of a chapter that is not in the report because of the data, and not by a fault."""
        return f"Chapter {self.number} ({self.title}) is left out: {reason}"


WALK = (
    ChapterPlan("01", "data-readiness", "Can we trust the data, and which questions can they answer?"),
    ChapterPlan("02", "customer-value", "What are our customers worth, and how sure are we?"),
    ChapterPlan(
        "03",
        "stated-versus-actual-referral",
        "Do those who say that they would recommend us do it?",
        needs=("surveys", "referrals"),
        begins_with=("surveys",),
    ),
    ChapterPlan("04", "referral-network", "Who brings us customers, and how far do referrals reach?", ("referrals",)),
    ChapterPlan(
        "05",
        "engagement-value",
        "Who is worth more to us than their own purchases?",
        helped_by=("referrals", "interactions", "ideas", "surveys"),
    ),
    ChapterPlan(
        "06", "conversations", "How social are conversations, and whom should we answer first?", ("interactions",)
    ),
    ChapterPlan(
        "07",
        "roi-versus-return-on-initiative",
        "What did our initiatives return once the late value has come in?",
        needs=("initiatives", "initiative_ledger"),
        of_company=True,
    ),
    ChapterPlan(
        "08",
        "employees-and-collaboration",
        "Do engaged teams contribute, and does it pay?",
        ("employees",),
        ("ideas",),
        of_company=True,
    ),
    ChapterPlan(
        "09", "goals", "Are our goals worth what they cost, and are we on the way?", ("goals",), of_company=True
    ),
    ChapterPlan(SUMMARY, "executive-summary", "What should we do next, and how sure can we be?"),
)


def plan(number: str) -> ChapterPlan:
    """Return the chapter with this number."""
    wanted = str(number).strip().zfill(2)
    for chapter in WALK:
        if wanted in (chapter.number, chapter.stem):
            return chapter
    near = get_close_matches(wanted, [chapter.stem for chapter in WALK], n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    numbers = ", ".join(chapter.number for chapter in WALK)
    raise PlainError(f"There is no chapter {number!r}: the walk has {numbers}.{hint}")


def notebooks_folder() -> Path:
    """Folder of the walk's notebooks: beside the package."""
    return Path(__file__).resolve().parents[3] / "notebooks"


def on_disk(folder: Path, only: Iterable[str] | None = None) -> list[ChapterPlan]:
    """List the chapters whose notebook exists, in reading order."""
    present = [chapter for chapter in WALK if (folder / f"{chapter.stem}.ipynb").is_file()]
    if not present:
        raise PlainError(
            f"There are no chapter notebooks in {folder.name}/: the kit is not complete, install it again."
        )
    if only is None:
        return present
    wanted = {plan(number) for number in only}
    absent = sorted(chapter.number for chapter in wanted if chapter not in present)
    if absent:
        there = ", ".join(chapter.number for chapter in present)
        raise PlainError(f"Chapter {absent[0]} has no notebook yet: there are {there}.")
    return [chapter for chapter in present if chapter in wanted]
