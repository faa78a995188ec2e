"""What an import cannot know and does not guess: it asks, with the choices there are."""

from dataclasses import dataclass

ALL = "all rows count"
"""Answer by which a filter leaves nothing out."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One open question about a file; answered in mapping.yaml under `answers`."""

    id: str
    text: str
    choices: tuple[str, ...] = ()
    decides: bool = True  # a number rests on it: nothing of the file is written until it is answered
