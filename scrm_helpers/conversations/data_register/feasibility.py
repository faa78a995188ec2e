"""Which question of the kit can these data carry, which of them dies if a source closes, and how old are the data?"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, unknown
from scrm_helpers.conversations.data_register.ownership import NO_REGISTER, TODAY
from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.data_classes import Field, firmest, in_force
from scrm_helpers.tables.values.periods import COUNT, last_days, read_periods

HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.0}
_WORDS = {"a": 1.0, "an": 1.0, "one": 1.0, "two": 2.0, "three": 3.0, "half a": 0.5, "half an": 0.5}
_AGE = re.compile(rf"({'|'.join(sorted(_WORDS, key=len, reverse=True))}|\d+(?:\.\d+)?) ?({'|'.join(HOURS)})s?")
FEWEST = 30  # values below which nothing can be said of a field over time


@dataclass(frozen=True)
class Need:
    """What one question asks of the data."""

    chapter: str
    question: str
    fields: tuple[Field, ...]
    within: float = 0.0  # hours: an operational question, where an older value is useless
    months: int = 0  # an analytic question: how far back the values must reach


def _of(table: str, *columns: str) -> tuple[Field, ...]:
    return tuple((table, column) for column in columns)


_PROMISES = _of("surveys", "score") + _of("referrals", "referrer_id")
NEEDS = (
    Need("02", "What is a customer worth?", _of("transactions", "customer_id", "ordered_on", "amount"), months=12),
    Need("03", "Do those who would recommend us do it?", _PROMISES, months=12),
    Need("04", "Who brings us customers?", _of("referrals", "referrer_id", "referred_id"), months=12),
    Need("05", "Whose messages do others act on?", _of("interactions", "author_id", "in_reply_to"), months=12),
    Need("06", "How social are our conversations?", _of("interactions", "author_id", "thread_id"), months=6),
    Need("06", "Do the unhappy reach further?", _of("interactions", "sentiment", "reach"), months=6),
    Need("06", "Whom should we answer today?", _of("interactions", "text", "intent", "sentiment"), within=24),
    Need("07", "What did initiatives return?", _of("initiative_ledger", "amount"), months=24),
    Need("08", "Do engaged teams contribute?", _of("employees", "engagement_mean"), months=12),
    Need("10", "Who may be written to?", _of("customers", "consent_contact"), within=7 * 24),
)


class Feasibility(Answer):
    """Which questions the data can carry, the gaps of the others, and what each source would take with it."""

    ABSENT = "Which question dies with which source cannot be said: {reason}."

    population: str = "questions of this kit"
    window: str = TODAY
    carried: Measure = unknown("questions_carried", "count")
    borrowed_gaps: int = 0  # questions that look back and rest on a borrowed field
    verdicts: pd.DataFrame = field(default_factory=pd.DataFrame)
    dying: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # system -> questions that die without it

    def words(self) -> Words:
        n, able = self.carried.n or 0, numbers.count(self.carried.value)
        fatal = {system: lost for system, lost in self.dying.items() if lost}
        text = f"{able} of {numbers.plural(n, 'question')} have data that may be used for them, as the register says."
        title = "No question dies with a single source"
        if fatal:
            most = max(map(len, fatal.values()))
            worst = [system for system, lost in fatal.items() if len(lost) == most]
            lost = numbers.plural(most, "question dies", "questions die")
            title = f"If the source {' or '.join(f'“{one}”' for one in worst)} closes, {lost}"
            text += f" {title}: {numbers.quoted(fatal[worst[0]])}." if len(worst) == 1 else f" {title}."
        else:
            text += " None of them dies if a single source closes."
        if self.borrowed_gaps:
            many = numbers.plural(self.borrowed_gaps, "question looks", "questions look")
            text += f" {many} back on a borrowed field, which needs a copy that its terms allow."
        return Words(
            sentence=text,
            title=title,
            table=self.verdicts,
            caption="Questions, what they need, and which source takes them with it",
            note="Operational: a field that is owned, copied or borrowed, young enough; analytic: owned or copied, "
            "with its history. Sources as in the data register; a question dies where no other source has the field.",
        )


def register_feasibility(
    register: pd.DataFrame | None,
    tables: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    needs: Iterable[Need] = NEEDS,
) -> Feasibility:
    """Say which questions the data can carry, and which die if a source closes.

    Parameters
    ----------
    register : pandas.DataFrame, optional, the table ``data_register``; None where the company keeps none
    tables : mapping of str to pandas.DataFrame, what the company holds
    as_of : pandas.Timestamp, day of the analysis
    needs : iterable of Need, what each question asks; those of the kit by default

    Returns
    -------
    Feasibility

    Notes
    -----
    "Operational versus analytics, it makes a difference": acting on one change allows borrowed data, understanding
    trends needs a copy (Lieberman 2010). Displayed data carry neither.

    Examples
    --------
    >>> register_feasibility(None, {}, pd.Timestamp("2026-09-30")).sentence
    'Which question dies with which source cannot be said: the company folder has no table data_register.'
    """
    if register is None:
        return Feasibility(reason=NO_REGISTER)
    register, needs = in_force(register, as_of), tuple(needs)
    spans = {place: _span(tables, place) for need in needs for place in need.fields}
    lacks = _lacks(register, spans, needs)
    dying, takes = {}, dict.fromkeys(needs, "")
    for system in sorted(register["system"].dropna().unique()):
        named = firmest(register[register["system"] == system])
        without = _lacks(register[register["system"] != system], spans, needs)
        lost = [
            need
            for need, lack, then in zip(needs, lacks, without, strict=True)
            if then and not lack and any(place in named for place in need.fields)
        ]
        dying[str(system)] = tuple(need.question for need in lost)
        takes |= {need: f"{takes[need]}, {system}".strip(", ") for need in lost}
    rows = []
    for need, lack in zip(needs, lacks, strict=True):
        able = "yes" if not lack else f"not known: {lack[2:]}" if lack.startswith("?") else f"no: {lack}"
        use, with_it = "analytic" if need.months else "operational", takes[need] or "no single source"
        rows.append((need.chapter, need.question, use, able, with_it))
    return Feasibility(
        carried=counted("questions_carried", sum(not lack for lack in lacks), len(needs)),
        borrowed_gaps=sum("needs a copy" in lack for lack in lacks),
        verdicts=pd.DataFrame(rows, columns=["Chapter", "Question", "Use", "Can be answered", "Dies with"]),
        dying=dying,
    )


def _lacks(register: pd.DataFrame, spans: Mapping[Field, tuple[int, float]], needs: Iterable[Need]) -> list[str]:
    """Say why each question cannot be answered: empty where it can, with a question mark where nobody knows."""
    classes, ages = firmest(register), dict[Field, float]()  # hours until the freshest system has it, where told
    for table, column, said in register.reindex(columns=["table", "field", "latency"]).itertuples(index=False):
        if (age := hours_of(said)) is not None:
            ages[table, column] = min(age, ages.get((table, column), age))

    def lack(need: Need, place: Field) -> str:
        name, held, (n, months) = f"{place[1]} of {place[0]}", classes.get(place, ""), spans[place]
        if held in ("displayed", "absent"):
            return f"{name} is {held}"
        if need.months and held == "borrowed":
            return f"{name} is borrowed: looking back needs a copy"
        if not n:
            return f"{name} holds no value"
        if need.months and (months < need.months - 1 or n < FEWEST):
            return f"{name} reaches back {numbers.plural(int(months), 'month')}, {need.months} are needed"
        if need.within and ages.get(place, 0.0) > need.within:
            return f"{name} comes after {numbers.count(ages[place])} hours, {need.within:.0f} are allowed"
        return "" if held else f"? {name} is not in the register"

    return [next(filter(None, (lack(need, place) for place in need.fields)), "") for need in needs]


def hours_of(said: object) -> float | None:
    """Read an age such as "at once", "half a day" or "3 hours"; None where it is not told."""
    text = str(said).strip().lower()
    if text in ("at once", "real time", "live", "immediately"):
        return 0.0
    found = _AGE.fullmatch(text)
    return None if found is None else (_WORDS.get(found[1]) or float(found[1])) * HOURS[found[2]]


def _span(tables: Mapping[str, pd.DataFrame], place: Field) -> tuple[int, float]:
    """Values of a field, and the months between the first and the last day on which there is one."""
    name, column = place
    frame = tables.get(name, pd.DataFrame())
    if column not in frame:
        return 0, 0.0
    rows = frame[frame[column].notna()]
    days = days_of(name, rows)
    return len(rows), float((days.max() - days.min()).days / 30.4375) if len(days) else 0.0


def days_of(name: str, frame: pd.DataFrame) -> pd.Series:
    """The different days on which rows of a table happened, of a period its last; none without such a column."""
    time, none = next((one.name for one in TABLES[name].columns if one.event), None), pd.Series(dtype="datetime64[us]")
    found = frame[time].dropna().drop_duplicates() if time in frame else none
    if pd.api.types.is_datetime64_any_dtype(found):
        return found
    read = read_periods(found)
    if not len(found) or read.granularity == COUNT:
        return none
    return pd.Series(last_days(read.places, read.granularity)).astype("datetime64[us]")


AGES, GAP = "Days since the newest row", "Longest gap before (days)"
PROMISED = "Promised age (days)"
OWN = ("lotteries", "coding")  # made by the kit and its owner when they wish, not by customers
RHYTHM = 9  # gaps between days with rows that show a rhythm


class Freshness(Answer):
    """Age of the newest row of each table, beside its usual gap and the age that the register promises."""

    ABSENT = "How old the data are cannot be said: {reason}."

    population: str = "tables with rows on ten days or more"
    window: str = TODAY
    stale: Measure = unknown("tables_stale", "count")
    by_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    names: tuple[str, ...] = ()  # of the stale ones

    def words(self) -> Words:
        n, late = self.stale.n or 0, int(self.stale.value or 0)
        text = f"None of {numbers.plural(n, 'table')} is older than its longest gap so far and its promised age allow."
        if late:
            older = f"{'is' if late == 1 else 'are'} older than the longest gap so far and the promised age allow"
            text = f"{numbers.plural(late, 'table')} of {n} {older}: {numbers.listed(self.names)}."
            text += " What happened since is unknown, not zero."
        return Words(
            sentence=text,
            table=self.by_table,
            formats={AGES: "count", GAP: "count", PROMISED: "decimal1"},
            caption="How old the tables are on the day of the report",
            note="A gap lies between two days with rows; the promised age is the latency in the data register.",
        )


def freshness(register: pd.DataFrame | None, tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> Freshness:
    """Set the age of each table beside its usual rhythm and the age that the data register promises.

    Parameters
    ----------
    register : pandas.DataFrame, optional, the table ``data_register``; where there is none no age is promised
    tables : mapping of str to pandas.DataFrame, what the company holds
    as_of : pandas.Timestamp, day of the analysis

    Returns
    -------
    Freshness

    Examples
    --------
    >>> orders = pd.DataFrame({"ordered_on": pd.date_range("2026-01-01", periods=20)})
    >>> freshness(None, {"transactions": orders}, pd.Timestamp("2026-09-30")).stale.value
    1.0
    """
    promised: dict[str, float] = {}
    if register is not None and "latency" in register:
        for name, said in in_force(register, as_of)[["table", "latency"]].itertuples(index=False):
            if (age := hours_of(said)) is not None:
                promised[name] = max(age / 24, promised.get(name, 0.0))
    rows = []
    for name, frame in sorted(tables.items()):
        days = days_of(name, frame)
        gaps = days.dt.normalize().drop_duplicates().sort_values().diff().dt.days.dropna()
        if name not in OWN and len(gaps) >= RHYTHM:
            longest, age = float(gaps.max()), max((as_of - days.max().normalize()).days, 0)
            rows.append((name, float(age), longest, promised.get(name), age > 1 + longest + promised.get(name, 0.0)))
    if not rows:
        return Freshness(reason=f"no table has rows on more than {RHYTHM} days")
    table = pd.DataFrame(rows, columns=["Table", AGES, GAP, PROMISED, "late"])
    late = tuple(table.loc[table["late"], "Table"])
    stale = counted("tables_stale", len(late), len(table))
    return Freshness(stale=stale, by_table=table.drop(columns="late"), names=late)
