"""Which data do we own and which do we only borrow? The data register, classified and counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure

MEANING = {
    "owned": "our system is the source",
    "copied": "stored here, the source is elsewhere",
    "borrowed": "used in rules, not stored",
    "displayed": "shown on a screen only",
    "absent": "named, but out of reach",
}
FLAGS = ["canonical", "stored", "actionable", "shown"]


def ownership_class(*held: bool) -> str:
    """Classify one field of one system: by whether it is canonical there, stored, actionable, shown."""
    return next(name for name, holds in zip(MEANING, (*held, True), strict=True) if holds)


@dataclass(frozen=True, kw_only=True)
class DataRegister(Answer):
    """The register by class."""

    by_class: tuple[Measure, ...] = ()  # count of fields of each class
    systems: dict[str, int] = field(default_factory=dict)  # class -> systems with such fields
    n_systems: int = 0
    without_consent: int = 0  # fields about people for which the register names no consent

    @property
    def fields(self) -> dict[str, int]:
        """Count of fields by class, those without one included."""
        return {name: int(count.value or 0) for name, count in zip(MEANING, self.by_class, strict=True)}

    def words(self) -> Words:
        """How many fields are ours, and how many an analysis that looks back can use."""
        fields, total = self.fields, sum(self.fields.values())
        present = [name for name in fields if fields[name]]
        owned, copied, borrowed, displayed, _ = map(numbers.count, fields.values())
        kept, all_fields = numbers.count(fields["owned"] + fields["copied"]), numbers.plural(total, "field")
        sentence = (
            f"{owned} of {all_fields} in the register are ours, {copied} are copies, {borrowed} are borrowed and "
            f"{displayed} are only displayed: an analysis that looks back can use {kept} of them."
        )
        if self.without_consent:
            sentence += f" For {numbers.plural(self.without_consent, 'field')} the register names no consent."
        columns = {"Class": [name.capitalize() for name in present], "Meaning": [MEANING[name] for name in present]}
        counts = {"Fields": [fields[name] for name in present], "Systems": [self.systems[name] for name in present]}
        return Words(
            sentence=sentence,
            table=pd.DataFrame(columns | counts),
            title=f"{kept} of {all_fields} can be analysed over time",
            caption="Fields in the data register by class",
            note=f"n = {all_fields}, {numbers.plural(self.n_systems, 'system')}.",
            alt="Bars of fields per class: " + ", ".join(f"{name} {fields[name]}" for name in present) + ".",
            formats={"Fields": "count", "Systems": "count"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        """Draw one bar per class, with its count."""
        ax = style.axes_for(ax, height=2.4)
        shown = [(name, count) for name, count in self.fields.items() if count][::-1]
        colours = [style.BLUE if name in ("owned", "copied") else style.BAR_GREY for name, _ in shown]
        labels, values = [f"{name.capitalize()}: {MEANING[name]}" for name, _ in shown], [count for _, count in shown]
        ax.barh(labels, values, color=colours, height=0.62)
        for place, value in enumerate(values):
            ax.annotate(numbers.count(value), (value, place), xytext=(5, 0), textcoords="offset points", va="center")
        ax.set_xlabel("Fields in the register")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.margins(x=0.08)
        return ax


def data_register(register: pd.DataFrame) -> DataRegister:
    """Count which fields a company owns, copies, borrows or only displays."""
    flags, total = register[FLAGS].fillna(False).astype(bool), len(register)
    classes = pd.Series([ownership_class(*row) for row in flags.itertuples(index=False)], index=register.index)
    return DataRegister(
        by_class=tuple(
            Measure(name=f"fields_{name}", value=float((classes == name).sum()), unit="count", n=total)
            for name in MEANING
        ),
        systems={name: register.loc[classes == name, "system"].nunique() for name in MEANING},
        n_systems=register["system"].nunique(),
        without_consent=int(register["consent"].isna().sum()) if "consent" in register else total,
    )
