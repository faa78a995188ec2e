"""Which data do we own and which do we only borrow? The data register, classified and counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLASSES = ("owned", "copied", "borrowed", "displayed", "absent")
MEANING = {
    "owned": "our system is the source",
    "copied": "stored here, the source is elsewhere",
    "borrowed": "used in rules, not stored",
    "displayed": "shown on a screen only",
    "absent": "named, but out of reach",
}


def ownership_class(canonical: bool, stored: bool, actionable: bool, shown: bool) -> str:
    """Classify one field of one system."""
    held = (canonical, stored, actionable, shown, True)
    return next(name for name, holds in zip(CLASSES, held, strict=True) if holds)


@dataclass(frozen=True, kw_only=True)
class DataRegister(Result):
    """The register by class."""

    fields: dict[str, int]  # count of fields per class
    without_consent: int  # fields about people for which the register names no consent

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one bar per class, with its count."""
        ax = style.axes_for(ax, height=2.4)
        shown = [name for name in CLASSES if self.fields[name]][::-1]
        values = [self.fields[name] for name in shown]
        colours = [style.BLUE if name in ("owned", "copied") else style.BAR_GREY for name in shown]
        ax.barh([f"{name.capitalize()}: {MEANING[name]}" for name in shown], values, color=colours, height=0.62)
        for place, value in enumerate(values):
            ax.annotate(numbers.count(value), (value, place), xytext=(5, 0), textcoords="offset points", va="center")
        ax.set_xlabel("Fields in the register")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.margins(x=0.08)
        return ax


def data_register(register: pd.DataFrame) -> DataRegister:
    """Count which fields a company owns, copies, borrows or only displays."""
    flags = register[["canonical", "stored", "actionable", "shown"]].fillna(False).astype(bool)
    classes = pd.Series([ownership_class(*row) for row in flags.itertuples(index=False)], index=register.index)
    fields = {name: int((classes == name).sum()) for name in CLASSES}
    systems = {name: register.loc[classes == name, "system"].nunique() for name in CLASSES}
    present = [name for name in CLASSES if fields[name]]
    table = pd.DataFrame(
        {
            "Class": [name.capitalize() for name in present],
            "Meaning": [MEANING[name] for name in present],
            "Fields": [fields[name] for name in present],
            "Systems": [systems[name] for name in present],
        }
    )
    total = len(register)
    kept = fields["owned"] + fields["copied"]
    consent = register["consent"] if "consent" in register else pd.Series(pd.NA, index=register.index)
    without_consent = int(consent.isna().sum())
    measures = tuple(
        Measure(name=f"fields_{name}", value=float(fields[name]), unit="count", n=total) for name in CLASSES
    )
    sentence = (
        f"{numbers.count(fields['owned'])} of {numbers.plural(total, 'field')} in the register are ours, "
        f"{numbers.count(fields['copied'])} are copies, {numbers.count(fields['borrowed'])} are borrowed and "
        f"{numbers.count(fields['displayed'])} are only displayed: an analysis that looks back can use "
        f"{numbers.count(kept)} of them."
    )
    if without_consent:
        sentence += f" For {numbers.plural(without_consent, 'field')} the register names no consent."
    return DataRegister(
        sentence=sentence,
        table=table,
        title=f"{numbers.count(kept)} of {numbers.plural(total, 'field')} can be analysed over time",
        caption="Fields in the data register by class",
        note=f"n = {numbers.plural(total, 'field')}, {numbers.plural(register['system'].nunique(), 'system')}.",
        alt="Bars of fields per class: " + ", ".join(f"{name} {fields[name]}" for name in present) + ".",
        formats={"Fields": "count", "Systems": "count"},
        measures=measures,
        fields=fields,
        without_consent=without_consent,
    )
