"""What the data register allows: which fields are ours, copied, borrowed or only displayed, and on what ground."""

from typing import Literal

import pandas as pd

DataClass = Literal["owned", "copied", "borrowed", "displayed", "absent"]
CLASSES: tuple[DataClass, ...] = ("owned", "copied", "borrowed", "displayed", "absent")
"""From the firmest hold to none."""
FLAGS = ("canonical", "stored", "actionable", "shown")
"""The first that holds makes the class, in the order of `CLASSES`."""
GROUNDS = ("consent", "purpose")
Field = tuple[str, str]
"""Table and column."""


def classified(register: pd.DataFrame) -> pd.Series:
    """Return the class of each row of a register; a blank flag does not hold."""
    flags = register[list(FLAGS)].fillna(False).astype(bool)
    return flags.assign(absent=True).set_axis([*CLASSES], axis=1).idxmax(axis=1)


def in_force(register: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return what holds on a day: of each field in each system the row that began last, none that begins later."""
    if "valid_from" not in register:
        return register
    begun = register[~(register["valid_from"] > day)].sort_values("valid_from", na_position="first", kind="stable")
    return begun.drop_duplicates(["table", "field", "system"], keep="last").sort_index()


def firmest(register: pd.DataFrame) -> dict[Field, DataClass]:
    """Return the class of each field: the firmest among the systems that have it."""
    ranks = classified(register).map(CLASSES.index).groupby(_places(register), sort=False).min()
    return {place: CLASSES[rank] for place, rank in zip(ranks.index, ranks, strict=True)}


def without_ground(register: pd.DataFrame) -> dict[Field, str]:
    """Return fields for which no system names both a consent and a purpose, with what is missing; untold is no lack."""
    named = register[[name for name in GROUNDS if name in register]].notna()
    whole = named.all(axis=1).groupby(_places(register), sort=False).any()
    there = named.groupby(_places(register), sort=False).any().loc[whole.index[~whole]]
    return {
        place: " and ".join(there.columns[~row]) or "both in one system"
        for place, row in zip(there.index, there.to_numpy(), strict=True)
    }


def _places(register: pd.DataFrame) -> list[pd.Series]:
    return [register["table"].astype(str), register["field"].astype(str)]
