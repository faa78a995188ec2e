"""A small company varied in every way the contract gives: a number changes with a word about it, or not at all."""

import copy
from collections import Counter

import pytest
from checked import check_company

from scrm_helpers.tables import TABLES, CompanyRefused, open_company, pipeline

from .conftest import AS_OF
from .sheets import small_company
from .variations import EMPTY, SAID, spread, variations

N_CASES, SEED = 305, 20261129
FACTS_OF = ("customers", "transactions", "interactions")


def neighbours(table):
    """The table, those it names, those that name it, and what every company must have."""
    refers = {name: {column.refers_to.partition(".")[0] for column in TABLES[name].columns} for name in TABLES}
    near = {name for name in TABLES if name == table or name in refers[table] or table in refers[name]}
    return [name for name in TABLES if name in near or TABLES[name].required]


class Laboratory:
    """The clean company, and a way to open it with one table varied beside those that have to do with it."""

    def __init__(self, folder):
        self.folder = folder
        self.sheets = small_company(folder / "sample")
        self.clean = {}

    def opened(self, table, sheet, with_facts=True):
        """Open the company with this sheet: tables and facts (None where it is refused), and the messages."""
        folder = self.folder / table
        if not folder.exists():
            folder.mkdir()
            for name in neighbours(table):
                self.sheets[name].write(folder)
        for path in folder.glob(f"{table}.*"):
            path.unlink()
        sheet.write(folder)
        (folder / "company.yaml").write_text(sheet.settings, encoding="utf-8")
        try:
            company = open_company(folder, AS_OF)
        except CompanyRefused as refusal:
            return None, None, refusal.messages
        facts = {**check_company(folder, AS_OF, by_customer=True).facts, "fingerprint": ""} if with_facts else {}
        return {name: company.table(name) for name in company.receipts}, facts, company.messages

    def varied(self, case):
        """The clean tables and facts, the varied ones, and the messages that are new."""
        table = case.sheet.table
        if table not in self.clean:
            self.clean[table] = self.opened(table, self.sheets[table])
        tables, facts, known = self.clean[table]
        assert tables is not None, known
        found, found_facts, messages = self.opened(table, case.sheet, case.harmless and table in FACTS_OF)
        said = {(m.table, m.column, m.what) for m in known}
        return (tables, facts), (found, found_facts), [m for m in messages if (m.table, m.column, m.what) not in said]


def _rows(frame):
    """The rows of a table without their order."""
    columns = sorted(frame.columns)
    return (
        columns,
        [str(frame[name].dtype) for name in columns],
        Counter(zip(*(frame[name].astype("object").where(frame[name].notna(), None) for name in columns), strict=True)),
    )


def _same(one, other):
    """Whether two tables hold the same rows, in whatever order."""
    return one.equals(other) or _rows(one) == _rows(other)


def _expected(clean, case):
    """The varied table where it may be what it says without a word about it."""
    frame = clean[case.sheet.table]
    if case.becomes == SAID:
        return frame
    if case.becomes == "DROPPED":
        return frame.drop(columns=case.column)
    values = frame[case.column].copy()
    values.iloc[slice(None) if case.row is None else case.row] = None if case.becomes == EMPTY else case.becomes
    return frame.assign(**{case.column: values})


def _names(message, case):
    """Whether a message says where: the varied column and row, or a column that refers to it."""
    if message.table != case.sheet.table:
        declared = TABLES[message.table].columns if message.table in TABLES else ()
        refers = f"{case.sheet.table}.{case.column}"
        return any(column.refers_to == refers for column in declared if column.name == message.column)
    line = case.row is None or case.row + 2 in message.lines or message.n > len(message.lines)
    return (
        bool(message.file)
        and line
        and (case.column == message.column or case.column in f"{message.what} {message.todo}")
    )


def verdict(laboratory, case):
    """What is wrong with the way a variation was taken; empty where nothing is."""
    (clean, facts), (tables, found_facts), messages = laboratory.varied(case)
    shown = [f"{m.level}: {m}" for m in messages]
    if not all(m.what and m.why and m.todo for m in messages):
        return f"a message without its parts: {shown}"
    if tables is not None:
        changed = [name for name in clean if not _same(clean[name], tables[name])]
        if not changed and found_facts in ({}, facts):
            return ""
        if case.harmless:
            return f"changed {changed}, {facts} -> {found_facts}, {shown}"
        if changed == [case.sheet.table] and _same(_expected(clean, case), tables[case.sheet.table]):
            return ""
    elif case.harmless:
        return f"refused: {shown}"
    if any(_names(message, case) for message in messages):
        return ""
    return f"{'refused' if tables is None else 'changed'} and not said where: {shown}"


@pytest.fixture(scope="module")
def quick():
    """Spare the second reading: a file that was understood before is not understood again."""
    drafts, understand = {}, pipeline.draft_of

    def draft_of(raw, settings, as_of):
        key = (raw.file, raw.sha256, settings.model_dump_json())
        if key not in drafts:
            drafts[key] = understand(raw, settings, as_of)
        draft = copy.copy(drafts[key])
        draft.frame, draft.keep = draft.frame.copy(), draft.keep.copy()
        for counts in ("left_out", "values_blanked", "ids_renamed"):
            setattr(draft, counts, dict(getattr(draft, counts)))
        draft.messages = list(draft.messages)
        return draft

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "draft_of", draft_of)
        yield


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory, quick):
    return Laboratory(tmp_path_factory.mktemp("varied"))


def test_no_variation_changes_a_number_without_a_word(laboratory):
    cases = spread(variations(laboratory.sheets, SEED), N_CASES, SEED)
    assert len(cases) >= 300
    faults = {case.name: fault for case in cases if (fault := verdict(laboratory, case))}
    assert not faults, "\n".join(f"{name} -> {fault}" for name, fault in faults.items())
