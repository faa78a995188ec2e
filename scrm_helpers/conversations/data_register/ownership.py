"""Who owns social data? Fields of the register by class: owned, copied, borrowed, displayed."""

from dataclasses import field

import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, style, unknown
from scrm_helpers.tables.contract.data_classes import classified, in_force, without_ground

TODAY = "up to the day of the report"
NO_REGISTER = "the company folder has no table data_register"
MEANING = {  # and the two coarser views of the panel of 2010, by use and by hold, which both follow from the class
    "owned": ("our system is the source", "created", "owned"),
    "copied": ("stored here, the source is elsewhere", "stored", "managed"),
    "borrowed": ("used in rules, not stored", "used", "managed"),
    "displayed": ("shown on a screen only", "used", "displayed"),
    "absent": ("named, but out of reach", "none", "none"),
}


class DataRegister(Answer):
    """Which fields of the data register are owned and which only borrowed, by class."""

    ABSENT = "Nobody can say which data are owned and which are only borrowed: {reason}."

    population: str = "fields of the data register"
    window: str = TODAY
    by_class: tuple[Measure, ...] = ()  # count of fields of each class
    systems: dict[str, int] = field(default_factory=dict)  # class -> systems with such fields
    n_systems: int = 0
    barred: tuple[str, ...] = ()  # fields for which no consent or no purpose is named, in words
    beside: int = 0  # copies of which the register names the source as well
    drifted: Measure = unknown("fields_drifted", "count")

    @property
    def fields(self) -> dict[str, int]:
        """Count of fields by class, those without one included."""
        return {name: int(count.value or 0) for name, count in zip(MEANING, self.by_class, strict=True)}

    def words(self) -> Words:
        fields, total = self.fields, sum(self.fields.values())
        present = [name for name in fields if fields[name]]
        owned, copied, borrowed, displayed, _ = map(numbers.count, fields.values())
        kept, all_fields = numbers.count(fields["owned"] + fields["copied"]), numbers.plural(total, "field")
        sentence = (
            f"{owned} of {all_fields} in the register are ours, {copied} are copies, {borrowed} are borrowed and "
            f"{displayed} are only displayed: an analysis that looks back can use {kept} of them."
        )
        if fields["copied"]:
            sentence += (
                f" The register names the source of {numbers.count(self.beside)} of the copies; a company folder holds "
                "one value of each field, so how many copies have drifted from their source is unknown, not zero."
            )
        if self.barred:
            what = numbers.plural(len(self.barred), "field")
            sentence += (
                f" For {what} the register does not name both consent and purpose ({numbers.listed(self.barred)}): "
                "no action list may rest on them."
            )
        rows = [(name.capitalize(), *MEANING[name], fields[name], self.systems[name]) for name in present]
        return Words(
            sentence=sentence,
            table=pd.DataFrame(rows, columns=["Class", "Meaning", "By use", "By hold", "Fields", "Systems"]),
            title=f"{kept} of {all_fields} can be analysed over time",
            caption="Fields in the data register by class",
            note=f"n = {all_fields}, {numbers.plural(self.n_systems, 'system')}. By use: created, stored, used "
            "(Kolsky); by hold: owned, managed, displayed (Patel).",
            alt="Bars of fields per class: " + ", ".join(f"{name} {fields[name]}" for name in present) + ".",
            formats={"Fields": "count", "Systems": "count"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.4)
        shown = {name: count for name, count in self.fields.items() if count}
        colours = [style.BLUE if name in ("owned", "copied") else style.BAR_GREY for name in shown]
        labels = [f"{name.capitalize()}: {MEANING[name][0]}" for name in shown]
        style.rows(ax, labels, [*shown.values()], words=map(numbers.count, shown.values()), color=colours)
        ax.margins(x=0.08)
        return style.labelled(ax, "Fields in the register")


def data_register(register: pd.DataFrame | None, as_of: pd.Timestamp) -> DataRegister:
    """Count which fields a company owns, copies, borrows or only displays.

    Parameters
    ----------
    register : pandas.DataFrame, optional, the table ``data_register``, one row per field in a system
    as_of : rows valid from a later day do not count; of two of one field in one system the later counts

    Returns
    -------
    DataRegister

    Notes
    -----
    A row is owned where the system is the source, else copied where it is stored, else borrowed where logic can use it,
    else displayed (Lieberman, "Who owns social data?", 2010): of the sixteen combinations 8, 4, 2, 1, and 1 absent.

    Examples
    --------
    >>> row = dict(table="orders", field="amount", system="shop", canonical=False, stored=True, actionable=True)
    >>> data_register(pd.DataFrame([row | {"shown": True}]), pd.Timestamp("2026-09-30")).fields["copied"]
    1
    """
    if register is None:
        return DataRegister(reason=NO_REGISTER)
    held = in_force(register, as_of)
    classes, total, barred = classified(held), len(held), without_ground(held)
    places = pd.MultiIndex.from_frame(held[["table", "field"]])
    source, copy = (places[(classes == one).to_numpy()] for one in ("owned", "copied"))
    none = "a company folder holds one value of each field, that of a copy or that of its source" if len(copy) else ""
    return DataRegister(
        by_class=tuple(counted(f"fields_{name}", (classes == name).sum(), total) for name in MEANING),
        systems={name: held.loc[classes == name, "system"].nunique() for name in MEANING},
        n_systems=held["system"].nunique(),
        beside=int(copy.isin(source).sum()),
        drifted=unknown("fields_drifted", "count", none or "the register names no copy", len(copy)),
        barred=tuple(f"{column} of {table}" for table, column in barred),
    )
