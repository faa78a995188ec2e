"""The board page of companies with few tables: absent, unknown and zero are three things, each with its reason."""

import itertools

import pandas as pd
import pytest

from scrm_helpers.conversations import plan_answers
from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value
from scrm_helpers.report.chapters.actions import NO_CONSENT, actions_in_short, cannot_plan, plan_actions
from scrm_helpers.report.chapters.results import document
from scrm_helpers.report.chapters.summary import executive_summary
from scrm_helpers.report.chapters.walk_plan import plan
from scrm_helpers.sample import write_sample
from scrm_helpers.tables import open_company
from scrm_helpers.value.matrix.four_cells import value_matrix

OPTIONAL = ("surveys", "referrals", "interactions")
SUBSETS = [set(some) for n in range(4) for some in itertools.combinations(OPTIONAL, n)]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, customers=400, seed=7)
    return {name: pd.read_csv(folder / f"{name}.csv") for name in ("customers", "transactions", *OPTIONAL)}


class Page:
    """What the board reads of a company whose chapters have not run."""

    def __init__(self, company):
        value = prepare_value(People(company))
        self.value, self.summary = value, executive_summary(company, {})
        self.matrix = value_matrix(value, company.settings.currency)
        answers = plan_answers(company, value)
        self.planned = plan_actions(company, value, answers=answers)
        talk = {"06": document(plan("06"), company.fingerprint, [answers.queue])[0]}
        short = actions_in_short(plan_actions(company, value), company, cannot_plan(company, value), talk)
        self.actions, self.rows = (short.by_kind.set_index("Action")[name] for name in ("By", "Rows"))
        cards = " ".join(f"{card.label} {card.value} {card.range}" for card in self.summary.cards)
        missing = self.summary.missing
        self.text = " ".join([self.summary.sentence, cards, self.matrix.sentence, *self.actions, *missing])


@pytest.fixture
def page(tmp_path):
    def read(settings="", **tables):
        for name, table in tables.items():
            table.to_csv(tmp_path / f"{name}.csv", index=False)
        (tmp_path / "company.yaml").write_text(f'as_of: "2026-09-30"\n{settings}', encoding="utf-8")
        return Page(open_company(tmp_path))

    return read


@pytest.mark.parametrize("there", SUBSETS, ids=lambda there: "+".join(sorted(there)) or "none")
def test_what_is_there_is_not_called_absent_and_what_is_absent_is_not_called_nothing(there, sample, page):
    given = {name: table for name, table in sample.items() if name in there or name not in OPTIONAL}
    found = page(**given)
    for name in OPTIONAL:
        absent = f"no table {name}" in found.text or (
            "no tables surveys and referrals" in found.text and name[0] in "sr"
        )
        assert absent == (name not in there), found.text
    assert found.matrix.drawable == ("referrals" in there)
    added = " ".join(found.summary.missing)
    assert ("interactions" in added) == ("interactions" not in there)
    assert "€0" not in found.text
    assert "nobody waits" not in found.text
    assert found.actions["Respond"].startswith("not known: ") == ("interactions" not in there)
    counts = found.planned["action"].str.capitalize().value_counts()
    shown = found.rows.dropna()
    assert (counts.reindex(shown.index, fill_value=0) == shown).all()  # the page counts the rows of the file
    assert not shown.between(1, 4).any()


def test_friends_who_are_no_customers_are_not_known_and_not_nothing(sample, page):
    tables = {name: sample[name] for name in ("customers", "transactions", "referrals")}
    tables["referrals"] = tables["referrals"].assign(referred_id="CRM-" + tables["referrals"]["referred_id"])
    found = page(**tables)
    assert found.value["crv"].isna().all()
    assert "€0" not in found.text
    assert not found.matrix.drawable
    assert "referred_id must be the customer_id of who came" in " ".join(found.value.attrs["notes"])


def test_some_friends_who_are_no_customers_are_counted(sample, page):
    tables = {name: sample[name] for name in ("customers", "transactions", "referrals")}
    odd = tables["referrals"].index % 2 == 1
    ids = tables["referrals"]["referred_id"]
    found = page(**tables | {"referrals": tables["referrals"].assign(referred_id=ids.where(odd, "CRM-" + ids))})
    assert found.value["crv"].sum() > 0


def test_another_currency_no_consent_and_no_margin(sample, page):
    tables = {name: sample[name] for name in ("customers", "transactions", "referrals")}
    tables["customers"] = tables["customers"].drop(columns="consent_contact")
    tables["transactions"] = tables["transactions"].drop(columns="margin").assign(currency="GBP")
    found = page('currency: "GBP"\n', **tables)
    assert "£" in found.text
    assert "€" not in found.text
    assert len(found.planned) == 0
    assert (found.actions[["Thank", "Manage", "Retain", "Sell"]] == f"not known: {NO_CONSENT}").all()


def test_a_model_that_tells_nobody_apart_makes_no_cells_and_no_lists(sample, page):
    """Everybody bought once, and a few twice with nothing between: the purchase model is not identified."""
    orders = sample["transactions"][sample["transactions"]["amount"] > 0]
    first = orders.drop_duplicates("customer_id").assign(ordered_on="2025-09-30")
    again = first.head(40).assign(ordered_on="2026-03-11")
    again = again.assign(order_id="R" + again["order_id"], margin=again["margin"] * 1.5)
    people = sample["customers"].assign(joined_on="2025-09-30")
    found = page(customers=people, transactions=pd.concat([first, again]), referrals=sample["referrals"])
    assert found.value[["clv", "p_alive", "cell"]].isna().all(axis=None)
    assert "tells these customers apart" in found.matrix.sentence
    assert not found.matrix.drawable
    assert not set(found.planned["action"]) & {"manage", "retain", "sell"}
    assert found.actions["Manage"] == "not known: expected value tells nobody apart (chapter 02)"
    assert "nobody is ranked, listed or put into a cell" in " ".join(found.value.attrs["notes"])
