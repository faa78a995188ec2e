"""The executive summary says what the chapters found, and no more."""

import pytest

from scrm_helpers.report.chapters.board_page import GAP
from scrm_helpers.report.chapters.earlier_run import Earlier
from scrm_helpers.report.chapters.findings import Findings
from scrm_helpers.report.chapters.results import document
from scrm_helpers.report.chapters.summary import executive_summary
from scrm_helpers.report.chapters.walk_plan import plan
from scrm_helpers.tables import open_company

CUSTOMERS = "customer_id,joined_on\nA,2024-01-01\nB,2024-01-01\n"
ANSWERS = "customer_id,responded_on,score\nA,2026-03-01,9\n"
FRIENDS = "referrer_id,referred_id,referred_on,converted_on\nB,A,2026-01-01,2026-01-01\n"
ORDERS = "order_id,customer_id,ordered_on,amount,margin\n1,A,2026-02-01,100,100\n2,B,2026-02-01,10,10\n"


@pytest.fixture
def opened(tmp_path):
    """Open a company of the two required tables and those that are given."""

    def write(**tables):
        for name, text in {"customers": CUSTOMERS, "transactions": ORDERS, **tables}.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return open_company(tmp_path, as_of="2026-09-30")

    return write


@pytest.fixture
def company(opened):
    return opened(surveys=ANSWERS, referrals=FRIENDS)


def chapter_without_answers():
    reason = "nobody answered long enough ago"
    return {"numbers": {"share_referring": {"value": None, "reason": reason, "unit": "share", "n": 0}}}


def number(value, unit="share", low=None, high=None, n=100, **more):
    kept = {"value": value, "unit": unit, "low": low, "high": high, "n": n, "level": 0.95, "kind": "descriptive"}
    place = {"population": "", "window": "", "window_from": None, "window_to": None, "no_range": ""}
    return kept | place | {"reason": "" if value is not None else "nobody was asked"} | more


def claim(name, verdict="shown", sentence="It is so.", **more):
    low, high = {"shown": (0.1, 0.3), "not shown": (-0.1, 0.3), "cannot say": (None, None)}[verdict]
    return {
        "name": name,
        "verdict": verdict,
        "sentence": sentence,
        "tested": "one beside the other",
        "estimate": None if verdict == "cannot say" else 0.2,
        "unit": "share",
        "low": low,
        "high": high,
        "level": 0.95,
        "n": 100,
        "population": "customers",
        "window": "a year",
        "window_from": None,
        "window_to": None,
        "reason": "too few people" if verdict == "cannot say" else "",
        "chance": {"value": 0.0, "low": None, "high": None, "how": "no difference"},
        "p": 0.04,
        "p_corrected": 0.04,
        "family": "all of them",
        "grade": None,
        "numbers": [],
    } | more


def chapter(*claims, **numbers):
    answers = [{"title": "Who refers?", "claims": [one["name"] for one in claims]}]
    return {"numbers": numbers, "claims": list(claims), "answers": answers}


YEAR = {"window": "the same twelve months", "window_from": "2025-10-01", "window_to": "2026-09-30"}
SAID = {
    "03": chapter(
        nps=number(22.0, "points", 17.0, 27.0, population="latest answers", window="until 2026-09-30"),
        share_intending=number(0.69, low=0.65, high=0.73),
        share_referring=number(0.34, low=0.30, high=0.39),
        share_bringing=number(0.16),
    ),
    "05": chapter(
        margin_12m=number(110.0, "EUR", n=2, no_range="counted", **YEAR),
        referral_value_12m=number(20.0, "EUR", 10.0, 30.0, n=2, **YEAR),
        referral_share_of_margin_12m=number(0.18, low=0.1, high=0.3),
    ),
}


def of(company, chapters, **more):
    return executive_summary(company, chapters, **more)


def cards_of(summary):
    return {card.label.split(":")[0].split(",")[0]: card for card in summary.cards}


@pytest.mark.parametrize(
    ("verdict", "short"),
    [
        ("shown", "Saying is not doing."),
        ("not shown", "No gap between saying and doing can be shown."),
        ("", "What customers say, and what they did."),
    ],
)
def test_a_gap_is_said_only_where_chapter_03_shows_it(company, verdict, short):
    made = [claim(GAP, verdict)] if verdict else []
    summary = of(company, SAID | {"03": SAID["03"] | {"claims": made}})
    assert summary.claim == short
    assert summary.sentence.startswith(
        "Of 100 customers who answered and could be followed since, 69% said they would recommend us and 34% referred "
        "somebody afterwards; 16% brought a customer."
    )
    assert "asked" not in summary.sentence  # the shares are of those who answered


def test_referral_value_stands_beside_own_value_only_of_the_same_months(company):
    card = cards_of(of(company, SAID))["Referral value (CRV)"]
    assert card.value == "€20.00"
    assert card.range == "95% range €10.00 to €30.00, n = 2; beside €110 of own margin in the same months"
    other = SAID | {"05": chapter(referral_value_12m=number(20.0, "EUR", 10.0, 30.0, window="three years"))}
    assert "beside" not in cards_of(of(company, other))["Referral value (CRV)"].range


def test_cards_carry_range_base_population_and_window(company):
    card = cards_of(of(company, SAID))["What they say"]
    assert (card.value, card.range) == ("+22", "95% range +17 to +27, n = 997".replace("997", "100"))
    assert card.where == "latest answers; until 2026-09-30"
    assert card.verdict == ""


def test_each_card_without_a_range_says_why(company):
    known = chapter(clv_total=number(9.0, "EUR", no_range="one order each"), retention=number(0.5))
    found = {"02": known, "05": chapter(margin_12m=SAID["05"]["numbers"]["margin_12m"])}
    ranges = [card.range for card in of(company, found).cards]
    assert ranges == ["no range: counted, n = 2", "no range: one order each, n = 100", "no range, n = 100"]


def test_points_rest_on_what_is_shown_or_say_that_nothing_is(company):
    said = claim("answers_tell", sentence="Who answered higher referred more.")
    found = SAID | {
        "03": SAID["03"] | chapter(claim("other", "not shown"), said) | {"numbers": SAID["03"]["numbers"]},
        "05": chapter(claim("hidden", "not shown"), claim("missed", "not shown")),
        "07": chapter(claim("pays", "cannot say")),
    }
    summary = of(company, found)
    first, second, third = summary.take_aways  # how people talk no table tells, which is said among the missing
    assert first.claim == "Who answered higher referred more."
    assert (first.chapter, first.anchor) == ("03", "chapter-03-figure-who-refers")
    assert second.claim == "Nothing is shown of what customers are worth: 2 tests of it found nothing beyond chance."
    assert third.claim == "Nothing is shown of what initiatives and goals return: too few people."
    assert [one.name for one in summary.claims] == ["answers_tell"]


def test_what_the_page_takes_over_is_what_the_chapter_wrote_and_names_its_place(company):
    said = claim("answers_tell")
    chapters = SAID | {"04": chapter(said)}
    found, faults = document(plan("10"), "data", [of(company, chapters)])
    assert not faults
    assert found["numbers"]["nps"] == SAID["03"]["numbers"]["nps"] | {"from": "03/nps"}
    assert found["claims"] == [said | {"from": "04/answers_tell"}]
    assert found["numbers"]["portfolio_net"]["reason"] == "chapter 07 is not in this report"
    assert {"margin_12m", "referral_value_12m", "portfolio_net"} <= set(found["numbers"])


NO_BRINGERS = number(None, "EUR", reason="nobody who was referred is found in the table customers")


@pytest.mark.parametrize(
    ("tables", "chapters", "said"),
    [
        ({}, {}, "no tables surveys and referrals"),
        ({"surveys": ANSWERS}, {}, "whether they do is not known: the company folder has no table referrals"),
        ({"referrals": FRIENDS}, {}, "What they say is not known: the company folder has no table surveys"),
        (
            {"referrals": FRIENDS},
            {"05": SAID["05"]},
            "first year: before marketing costs €19.80, beside €110 of margin of everybody in these months (18%).",
        ),
        (
            {"referrals": FRIENDS},
            {"05": chapter(margin_12m=SAID["05"]["numbers"]["margin_12m"], referral_value_12m=NO_BRINGERS)},
            "What their referrals bring is not known: nobody who was referred is found in the table customers.",
        ),
        ({"surveys": ANSWERS, "referrals": FRIENDS}, {}, "chapter 03, which does so, is not in this run"),
        (
            {"surveys": ANSWERS, "referrals": FRIENDS},
            {"03": chapter_without_answers()},
            "did afterwards is not known: nobody answered long enough ago.",
        ),
    ],
)
def test_absent_unknown_and_zero_are_three_sentences(opened, tables, chapters, said):
    bought = chapter(margin_12m=SAID["05"]["numbers"]["margin_12m"])
    summary = of(opened(**tables), {"05": bought} | chapters)
    assert summary.claim == "What customers spend."
    assert summary.sentence.startswith("Customers brought €110 of margin in the last twelve months.")
    assert said in summary.sentence
    assert "not in these tables" not in summary.sentence


def test_sales_are_not_called_margin_and_no_order_is_not_called_nothing(opened):
    bought = chapter(margin_12m=SAID["05"]["numbers"]["margin_12m"])
    orders = "order_id,customer_id,ordered_on,amount\n1,A,2026-02-01,100\n2,B,2026-02-01,10\n"
    summary = of(opened(transactions=orders), {"05": bought})
    assert "brought €110 of sales in the last twelve months." in summary.sentence
    assert any("sales stand for margin everywhere: set `margin_rate: 0.4`" in line for line in summary.trust)
    assert summary.cards[0].label == "Sales of the last twelve months"
    old = opened(transactions=ORDERS.replace("2026-02", "2024-02"))
    nothing = {"05": chapter(margin_12m=number(0.0, "EUR", no_range="counted"))}
    assert "Nobody ordered in the last twelve months: the last order is of 2024-02-01." in of(old, nothing).sentence


def test_a_long_claim_is_said_by_the_sentence_with_its_figure_or_by_its_title(company):
    long = (
        "Something else is so that takes many words to say and says nothing of it, as long as one likes, and on and on."
    )
    figure = f"{long} Of those who answered 20% more referred somebody. {long}"
    (first, *_) = of(company, {"03": chapter(claim("answers", sentence=figure))}).take_aways
    assert first.claim == "Of those who answered 20% more referred somebody."
    (first, *_) = of(company, {"03": chapter(claim("answers", sentence=f"{long} {long}"))}).take_aways
    assert first.claim == "Who refers?"


def test_each_missing_table_says_what_it_would_answer(opened):
    lines = of(opened(), {}).missing
    assert lines[0].startswith("No tables surveys and referrals: they would answer “Do those who say")
    assert any(line.startswith("No table referrals: it would answer “Who brings us customers") for line in lines)
    assert any("chapter 07" in line for line in lines)
    assert not any("table referrals" in line for line in of(opened(referrals=FRIENDS), {}).missing)


def test_referral_value_that_is_not_known_is_no_zero(opened):
    summary = of(opened(referrals=FRIENDS), {"05": chapter(referral_value_12m=NO_BRINGERS)})
    card = cards_of(summary)["Referral value (CRV)"]
    assert card.value == "n/a"
    assert card.range == "not known: nobody who was referred is found in the table customers"


def test_a_number_that_a_chapter_could_not_give_is_counted(company):
    found = SAID | {"07": chapter(quarter_blindness=number(None))}
    assert "1 number could not be given" in " ".join(of(company, found).trust)


def test_how_far_to_trust_it_is_what_chapter_01_found_and_how_many_claims_hold(company):
    made = chapter(claim("a"), claim("b"), claim("c", "not shown"))
    found = {**SAID, "01": chapter(rows_linked=number(0.904, n=14_877), rows_left_out=number(1.0, "count")), "04": made}
    trust = of(company, found).trust
    assert trust[:2] == ["90% of 14,877 rows name a known customer.", "1 row was left out: chapter 01 says why."]
    assert trust[2] == "Of 3 claims in the chapters 2 are shown, 1 is not."
    assert of(company, SAID).trust[0].endswith("is not said: chapter 01 did not run.")


def test_with_an_earlier_run_each_figure_gets_its_verdict(company):
    before = {
        "03": chapter(nps=number(40.0, "points", 35.0, 45.0)),
        "05": chapter(referral_value_12m=number(50.0, "EUR")),
    }
    cards = cards_of(of(company, SAID, earlier=Earlier(before, "Compared.")))
    assert cards["What they say"].verdict == "▼ −18 on the earlier run: outside the margin"
    assert cards["Referral value (CRV)"].verdict == "● −€30.00 on the earlier run: no margin known"


@pytest.mark.parametrize("status", ["failed", "left out"])
def test_a_chapter_that_is_not_in_the_report_is_not_taken_for_one_that_knows_nothing(company, status):
    fault = {"cell": "", "place": "the whole chapter", "sentence": "Chapter 03 failed."}
    absent = {"numbers": {}, "status": status, "faults": [fault] if status == "failed" else []}
    found = Findings({"03": absent})
    assert not found.has("03")
    said = " ".join(executive_summary(company, {"03": absent}).trust)
    assert ("By a fault in the program chapter 03 could not be made" in said) == (status == "failed")
