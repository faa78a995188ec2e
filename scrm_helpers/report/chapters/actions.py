"""What to do next, person by person: whom to thank, ask, answer, leave alone, manage, sell to and win back, and why."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.conversations.triage.answers_planned import AnswersPlanned, plan_answers
from scrm_helpers.report.chapters.findings import Findings
from scrm_helpers.report.chapters.results import ranged
from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, pseudonyms
from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes
from scrm_helpers.report.whole_files import PERSONAL, write_whole
from scrm_helpers.stats.intervals import detectable_change
from scrm_helpers.tables import Company
from scrm_helpers.value.matrix.whale import ACTIVE_FROM, three_moves, told_apart

FEW = "fewer than "  # begins the reason for a number that would tell of a few
COUNTED = "counted in the list, so without a range"
INTENDS = 8  # lowest answer that counts as an intention, where chapter 03 is given no other
TOLD: Mapping[str, tuple[str, ...]] = {  # the numbers of chapter 06 for those who wrote in public
    "respond": ("messages_to_answer", "net_value_of_answers"),
    "leave": ("messages_to_leave",),
}
VERBS = {"respond": "answer", "leave": "leave alone", "retain": "win back", "sell": "sell to"}
NO_CONSENT = "customers has no consent_contact, yes or no for each of them"
LOTTERIES = "lotteries.csv"  # what a reply lottery drew, for the company folder
_MONEY = ["value", "value_low", "value_high"]
COLUMNS = ["person_id", "action", "reason", *_MONEY, "channel", "consent", "owner", "due_on", "arm"]
# What somebody is expected to bring in the coming twelve months: by referring where that is known, else by buying.
BY_REFERRING, BY_BUYING = ["crv_next", "crv_next_low", "crv_next_high"], ["clv", "clv_low", "clv_high"]


class Kind(NamedTuple):
    """One kind of action: whom it is for, who does it and by when."""

    name: str
    whom: str
    owner: str
    days: int | None

    def due(self, company: Company) -> str:
        """Day by which it is due; empty where nothing is done."""
        return "" if self.days is None else f"{company.as_of + pd.Timedelta(days=self.days):%Y-%m-%d}"


KINDS = (
    Kind("thank", "Brought a customer in the last twelve months", "Community", 7),
    Kind("ask", "Would recommend us, has not yet", "Marketing", 14),
    Kind("respond", "Wrote in public and is worth an answer", "Social care", 1),
    Kind("leave", "Wrote in public and is better left, for the reason given", "Social care", None),
    Kind("manage", "Active, in the fifth of the highest expected value", "Account management", 30),
    Kind("retain", "Earned well before, now probably gone", "Customer service", 30),
    Kind("sell", "Active, expected value above the middle", "Sales", 30),
)


def plan_actions(
    company: Company, value: pd.DataFrame, intends_from: int = INTENDS, answers: AnswersPlanned | None = None
) -> pd.DataFrame:
    """List what to do next for whom, why, and what each is expected to bring; who is probably active comes first."""
    talk = [] if answers is None else [answers.actions]
    parts = [_thank(company, value), _ask(company, value, intends_from), *talk, *_moves(value)]
    rows = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=["person_id", "action"])])
    rows = rows.reindex(columns=[*COLUMNS, "active", "order"]).astype(dict.fromkeys(_MONEY, "float64"))
    due = {kind.name: kind.due(company) for kind in KINDS}
    rows = rows.assign(
        owner=rows["action"].map({kind.name: kind.owner for kind in KINDS}),
        due_on=rows["action"].map(due),
        order=rows["action"].map({name: place for place, name in enumerate(due)}),
        arm=rows["arm"].astype("object").fillna(""),
    )
    people = value.set_index("person_id")
    alive, ahead = people["p_alive"].reindex(rows["person_id"]).to_numpy(float), rows["action"].isin(["thank", "ask"])
    rows["active"] = alive >= ACTIVE_FROM
    others = ~ahead & ~rows["action"].isin([*TOLD])
    for chosen, columns in ((others, BY_BUYING), (ahead, BY_REFERRING if _tells(people, BY_REFERRING) else BY_BUYING)):
        if _tells(people, columns):
            rows.loc[chosen, _MONEY] = people[columns].reindex(rows.loc[chosen, "person_id"]).to_numpy(float)
    rows[_MONEY] = rows[_MONEY].round(2)  # the last bits differ between machines
    rows["ahead"] = rows["active"] & ~rows["action"].isin([*TOLD])  # an answer is worth what it adds, to whomever
    by = {"order": True, "ahead": False, "value": False, "person_id": True}
    rows = rows.sort_values([*by], ascending=[*by.values()], kind="stable")
    rows = rows[~rows["person_id"].isin(company.suppressed)]  # the last word, whatever was planned
    return rows.drop(columns=["order", "ahead"]).reset_index(drop=True)


def _tells(people: pd.DataFrame, columns: list[str]) -> bool:
    """Tell whether these values are known and tell people apart; a value that all share ranks nobody."""
    return set(columns) <= set(people) and told_apart(people[columns[0]])


class ActionsInShort(Answer):
    """The action list by kind of action: the same rows as the file has."""

    sums: tuple[Measure, ...] = ()  # of each kind: people, the probably active among them, what they will bring
    by_kind: pd.DataFrame = field(default_factory=pd.DataFrame)
    rows: int | None = 0  # of the list; None where the small groups in it would be told by their sum
    suppressed: int = 0  # people who are not to be contacted
    blank: Mapping[str, str] = field(default_factory=dict)  # actions for which nobody can be named, and why
    to_tell: Measure = unknown("gain_that_a_lot_would_tell", "share")
    currency: str = "EUR"
    min_group: int = 5

    def words(self) -> Words:
        few = 0 < (self.rows or 0) < self.min_group
        rows = f"{FEW}{self.min_group} rows" if few else "" if self.rows is None else numbers.plural(self.rows, "row")
        text = "" if self.rows == 0 else f"The action list has {rows}." if rows else "There is an action list."
        waiting = [kind.name for kind in KINDS if kind.name in self.blank and kind.days is not None]
        if waiting:
            text += f" Whom to {', '.join(waiting)} is not known."
        if self.suppressed:
            objected = numbers.plural(self.suppressed, "person who is", "people who are")
            text += f" The table suppress names {objected} not to be contacted: none of them is on it."
        lot = "" if self.to_tell.value is None else (
            f" Whether asking adds anything is not known: a lot over the {numbers.count(self.to_tell.n)} to be asked, "
            f"half of them left alone, would tell a difference of {numbers.percent(self.to_tell.value)[:-1]} points in "
            "the share who refer, four times in five."
        )  # fmt: skip
        return Words(
            sentence=text.strip() or "Nobody is on the action list at the moment.",
            table=self.by_kind[~self.by_kind["Action"].str.lower().isin(self.blank)],
            caption=f"Action list: {rows + ' in ' if rows else ''}actions.csv, with pseudonymous ids",
            note=f"Expected value in {self.currency} of the coming twelve months, not what the action adds: to thank "
            "and ask, by customers they will bring; to manage, retain and sell, by what they buy; to respond, what "
            "answers are expected to add, net, as chapter 06 has it. Ends are summed. n/a: does not apply, not known, "
            f"or hidden for fewer than {self.min_group} people, here or in another row. A person may be in several "
            f"rows.{lot}",
            formats={"Rows": "count", "Probably active": "count"},
        )

    @property
    def unnamed(self) -> list[str]:
        """Say whom nobody can be named for, a line for each reason."""
        lines = []
        for why in dict.fromkeys(self.blank.values()):
            *first, last = (VERBS.get(name, name) for name, cause in self.blank.items() if cause == why)
            who = f"{', '.join(first)} or {last}" if first else last
            lines.append(f"Whom to {who} is not known: {why}.")
        return lines


def actions_in_short(
    actions: pd.DataFrame, company: Company, reasons: Mapping[str, str], chapters: Mapping[str, Mapping[str, Any]]
) -> ActionsInShort:
    """Sum the action list by kind of action for the executive page; `reasons` say why nobody can be named."""
    # Whom to answer was decided in chapter 06, whose numbers are taken over.
    found = Findings(chapters)
    summed: list[Measure] = []
    rows: list[tuple[Any, ...]] = []
    blank: dict[str, str] = {}
    own = [kind.name for kind in KINDS if kind.name not in TOLD]
    hidden = too_small(actions["action"].value_counts().reindex(own, fill_value=0), company.settings.min_group)
    for kind in KINDS:
        chosen = actions[actions["action"] == kind.name]
        if kind.name in TOLD:
            measures = tuple(
                found.measure("06", name)
                or unknown(name, "count", company.missing("interactions") or found.reason("06", name))
                for name in TOLD[kind.name]
            )
        else:
            why = "" if len(chosen) else reasons.get(kind.name, "")
            measures = _sums(kind, chosen, company, why, bool(hidden[kind.name]))
        summed += measures
        people, *active = measures[:-1] or measures
        worth = ranged(measures[-1]) if len(measures) > 1 else numbers.MISSING
        why = "" if people.reason.startswith(FEW) else people.reason
        blank |= {kind.name: why} if why else {}
        due = "nobody at the moment" if people.value == 0 else kind.due(company) or "no action"
        likely = active[0].value if active else None
        said = (people.value, likely, "" if why else worth, kind.owner, f"not known: {why}" if why else due)
        rows.append((kind.name.capitalize(), kind.whom, *said))
    told = [one for one in summed if one.name in (TOLD["respond"][0], *TOLD["leave"])]
    known = not any(one.reason.startswith(FEW) for one in told)
    columns = ["Action", "Whom", "Rows", "Probably active", "Expected value", "Owner", "By"]
    return ActionsInShort(
        population="customers who may be contacted, and people who wrote in public",
        window=f"as of {company.as_of:%Y-%m-%d}; value: the coming twelve months",
        sums=tuple(summed),
        by_kind=pd.DataFrame(rows, columns=columns).astype({"Rows": "float64", "Probably active": "float64"}),
        rows=len(actions) + int(sum(one.value or 0 for one in told)) if known else None,
        blank=blank,
        suppressed=len(company.suppressed),
        to_tell=_to_tell(int((actions["action"] == "ask").sum()), company.settings.min_group, reasons.get("ask", "")),
        currency=company.settings.currency,
        min_group=company.settings.min_group,
    )


def _sums(kind: Kind, chosen: pd.DataFrame, company: Company, why: str, hide: bool) -> tuple[Measure, ...]:
    """How many are on the list, how many of them are probably active, and what they are expected to bring."""
    few = f"{FEW}{company.settings.min_group} people, here or in another row" if hide else ""
    count, small = (None if hide else len(chosen)), why or few or ("" if len(chosen) else "nobody is on it")
    no_value = small or ("" if chosen["value"].notna().any() else "expected value tells nobody apart")
    likely = None if small else float(chosen["active"].sum())
    value, low, high = (None, None, None) if no_value else chosen[_MONEY].sum()
    people, name = None if why or hide else len(chosen), f"value_to_{kind.name}"
    return (
        counted(f"people_to_{kind.name}", people, len(company.customers), no_range=COUNTED, reason=why or few),
        counted(f"active_to_{kind.name}", likely, count, no_range=COUNTED, reason=small),
        Measure(name=name, value=value, unit=company.settings.currency, n=count, low=low, high=high, reason=no_value),
    )


def _to_tell(asked: int, min_group: int, why: str) -> Measure:
    """Smallest difference between asked and left alone that half and half would show, whatever share refers."""
    name = "gain_that_a_lot_would_tell"
    if asked < 2 * min_group:
        return unknown(name, "share", why or f"fewer than {2 * min_group} people are to be asked", asked)
    least = detectable_change(asked / 2, variance=0.25)
    if least >= 1:
        return unknown(name, "share", "too few people are to be asked for a lot to tell anything", asked)
    return Measure(name=name, value=least, unit="share", n=asked, no_range="a size of a test, not an estimate")


def cannot_plan(company: Company, value: pd.DataFrame) -> dict[str, str]:
    """Say for which actions nobody can be named, why, and what would change that; nobody at the moment is no reason."""
    consent = "" if value["consent_contact"].notna().any() else NO_CONSENT
    apart = three_moves(value)
    moves = consent or ("" if len(apart.assigned) else "expected value tells nobody apart (chapter 02)")
    reasons = {
        "thank": company.missing("referrals") or consent,
        "ask": company.missing("surveys") or company.missing("referrals") or consent,
        **dict.fromkeys(("manage", "retain", "sell"), moves),
    }
    return {name: reason for name, reason in reasons.items() if reason}


def _thank(company: Company, value: pd.DataFrame) -> pd.DataFrame:
    if not company.has("referrals"):
        return pd.DataFrame()
    referrals = company.table("referrals")
    year = company.as_of - pd.DateOffset(months=12)
    strangers = referrals["referrer_id"] != referrals["referred_id"]  # nobody brings oneself
    recent = referrals[referrals["converted_on"].between(year, company.as_of) & strangers]
    brought = recent.groupby("referrer_id")["referred_id"].nunique()
    people = _with_consent(value).merge(brought.rename("brought"), left_on="person_id", right_index=True)
    reasons = [f"brought {numbers.plural(count, 'customer')} in the last twelve months" for count in people["brought"]]
    return _rows(people, "thank", reasons)


def _ask(company: Company, value: pd.DataFrame, intends_from: int) -> pd.DataFrame:
    if not (company.has("surveys") and company.has("referrals")):
        return pd.DataFrame()
    intending = value[value["last_score"] >= intends_from]
    silent = _with_consent(intending[intending["referrals_made"].fillna(0) == 0])
    return _rows(silent, "ask", [f"answered {score:.0f}, has referred nobody so far" for score in silent["last_score"]])


def _moves(value: pd.DataFrame) -> list[pd.DataFrame]:
    """Turn the moves of the segmentation by value into rows: manage, retain and sell, each with the value expected."""
    assigned = three_moves(value).assigned
    if assigned.empty:
        return []
    able = _with_consent(value).merge(assigned.rename("move"), left_on="person_id", right_index=True)
    moved = [(kind, able[able["move"] == kind.name.capitalize()]) for kind in KINDS]
    return [
        _rows(people, kind.name, [f"{kind.whom[0].lower()}{kind.whom[1:]}"] * len(people))
        for kind, people in moved
        if len(people)
    ]


def _with_consent(value: pd.DataFrame) -> pd.DataFrame:
    return value[value["consent_contact"].fillna(False).astype(bool)]


def _rows(people: pd.DataFrame, action: str, reasons: list[str]) -> pd.DataFrame:
    """Shape rows of the list; each says how likely the person is to buy again, where the model tells."""
    alive = people["p_alive"].tolist()
    said = ["" if pd.isna(one) else f"; still active with a probability of {numbers.percent(one)}" for one in alive]
    named = {"person_id": people["person_id"].to_numpy(), "action": action, "channel": "e-mail", "consent": "given"}
    return pd.DataFrame({**named, "reason": [f"{why}{likely}" for why, likely in zip(reasons, said, strict=True)]})


def write_actions(
    company: Company,
    value: pd.DataFrame,
    folder: Path,
    intends_from: int = INTENDS,
    given: Mapping[str, Any] | None = None,
) -> int:
    """Write the list whole or not at all, for its owner's eyes only, and beside it what a reply lottery drew."""
    # Whom to answer is planned as in chapter 06, whose parameters are `given`; not at all where that did not say it.
    answers = None if given is None else plan_answers(company, value, given)
    listed = plan_actions(company, value, intends_from, answers)[COLUMNS].rename(columns={"person_id": "person"})
    listed["person"] = pseudonyms(listed["person"], pseudonym_key(company.settings)).to_numpy()
    if answers and answers.queue.how.lottery_share and len(answers.lottery.drawn):
        before = [company.table("lotteries")] if company.has("lotteries") else []
        drawn = pd.concat([*before, answers.lottery.drawn])
        drawn["drawn_on"] = drawn["drawn_on"].dt.strftime("%Y-%m-%d")
        write_whole(folder / LOTTERIES, csv_bytes(drawn), mode=PERSONAL)
    write_whole(folder / "actions.csv", csv_bytes(listed), mode=PERSONAL)
    styles = {"Actions": {**dict.fromkeys(_MONEY, "money"), "due_on": "date"}}
    book = workbook_bytes({"Actions": listed}, styles, company.settings.currency)
    write_whole(folder / "actions.xlsx", book, mode=PERSONAL)
    return len(listed)
