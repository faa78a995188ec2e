"""The executive summary says what the chapters found, and no more."""

import pandas as pd
import pytest

from scrm_helpers.report.chapters.results import Earlier, Findings, verdict
from scrm_helpers.report.chapters.summary import executive_summary
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


def value(crv=(0.0, 80.0)):
    return pd.DataFrame(
        {
            "is_customer": [True, True],
            "margin_12m": [100.0, 10.0],
            "crv": list(crv),
            "crv_12m": [crv[0], crv[1] / 4],
            "cell": ["Affluents", "Advocates"],
        }
    )


def chapter_without_answers():
    reason = "nobody answered long enough ago"
    return {"numbers": {"share_referring": {"value": None, "reason": reason, "unit": "share", "n": 0}}}


def number(value, unit="share", low=None, high=None, n=100):
    return {"value": value, "unit": unit, "low": low, "high": high, "n": n, "level": 0.95, "kind": "descriptive"}


def chapter(**numbers):
    return {"numbers": numbers}


SAID = {
    "03": chapter(
        nps=number(22.0, "points", 17.0, 27.0),
        share_intending=number(0.69, low=0.65, high=0.73),
        share_referring=number(0.34, low=0.30, high=0.39),
        share_bringing=number(0.16),
        promoters_who_did_not_refer=number(0.62),
    ),
    "07": chapter(
        initiatives_judged=number(8.0, "count"),
        paid_after_one_quarter=number(1.0, "count"),
        paid_to_date=number(3.0, "count"),
        quarter_blindness=number(None),
    ),
}


def test_saying_more_than_doing_is_the_claim(company):
    summary = executive_summary(company, value(), SAID)
    assert summary.claim == "Saying is not doing."
    assert summary.sentence.startswith(
        "Of 100 customers who answered and could be followed since, 69% say they would recommend us, but only 34% "
        "referred somebody afterwards and 16% brought a customer."
    )
    assert "asked" not in summary.sentence  # the shares are of those who answered


def spenders(low_brings):
    """Sixty customers of one age, half of whom spend little; `low_brings` says what share of the bringers they are."""
    n = 60
    people = pd.DataFrame({"is_customer": True, "margin_12m": 10.0, "revenue": [1.0] * 30 + [9.0] * 30}, index=range(n))
    brings = [place < 30 * low_brings for place in range(30)] + [place >= 30 * low_brings for place in range(30)]
    people["crv"] = [8.0 if one else 0.0 for one in brings]
    people["crv_12m"] = people["crv"] / 4
    return people.assign(joined_on=pd.Timestamp("2024-01-01"), cell="Advocates")


@pytest.mark.parametrize(
    ("low_brings", "share", "said"),
    [(0.9, "90%", "a ranking by sales overlooks them"), (0.1, "10%", "less than chance"), (0.5, "", "")],
)
def test_the_split_by_sales_is_by_sales_and_is_said_only_beyond_chance(company, low_brings, share, said):
    sentence = executive_summary(company, spenders(low_brings), SAID).sentence
    assert ("sales to date" in sentence) == bool(share)
    assert share in sentence
    assert said in sentence


def test_value_and_margin_stand_beside_each_other_for_the_same_year(company):
    summary = executive_summary(company, value(), SAID)
    assert "from 2025-10-01 to 2026-09-30 bring €20.00 (CRV: " in summary.sentence
    assert "18% of the margin of the same twelve months, before these costs" in summary.sentence  # 20 of 110, not 80
    assert not any("€80" in card.value for card in summary.cards)


UNKNOWN = {"crv": (float("nan"), float("nan"))}


@pytest.mark.parametrize(
    ("tables", "chapters", "crv", "said"),
    [
        ({}, {}, UNKNOWN, "no tables surveys and referrals"),
        ({"surveys": ANSWERS}, {}, UNKNOWN, "whether they do is not known: the company folder has no table referrals"),
        ({"referrals": FRIENDS}, {}, {}, "What they say is not known: the company folder has no table surveys"),
        ({"referrals": FRIENDS}, {}, {}, "bring €20.00"),
        ({"referrals": FRIENDS}, {}, UNKNOWN, "nobody who was referred is found in the table customers"),
        ({"referrals": FRIENDS}, {}, {"crv": (0.0, 0.0)}, "No referral brought a customer in the last twelve months."),
        ({"surveys": ANSWERS, "referrals": FRIENDS}, {}, {}, "chapter 03, which does so, is not in this run"),
        (
            {"surveys": ANSWERS, "referrals": FRIENDS},
            {"03": chapter_without_answers()},
            {},
            "did afterwards is not known: nobody answered long enough ago.",
        ),
    ],
)
def test_absent_unknown_and_zero_are_three_sentences(opened, tables, chapters, crv, said):
    summary = executive_summary(opened(**tables), value(**crv), chapters)
    assert summary.claim == "What customers spend."
    assert said in summary.sentence
    assert "not in these tables" not in summary.sentence


def test_sales_are_not_called_margin(opened):
    orders = "order_id,customer_id,ordered_on,amount\n1,A,2026-02-01,100\n2,B,2026-02-01,10\n"
    summary = executive_summary(opened(transactions=orders), value(**UNKNOWN), {})
    assert summary.sentence.startswith(
        "2 customers brought €110 of sales in the last twelve months. Their margin is not"
    )
    assert "margin_rate to company.yaml" in summary.sentence
    assert summary.cards[0].label == "Sales of the last twelve months"


def test_referral_value_that_is_not_known_is_no_zero(opened):
    cards = executive_summary(opened(referrals=FRIENDS), value(**UNKNOWN), {}).cards
    unknown = next(card for card in cards if card.label == "Referral value (CRV)")
    assert unknown.value == "n/a"
    assert unknown.range.startswith("not known: ")


def test_doing_as_much_as_saying_is_not_called_a_gap(company):
    kept = chapter(share_intending=number(0.4, low=0.3, high=0.5), share_referring=number(0.35, low=0.25, high=0.45))
    summary = executive_summary(company, value(), {"03": kept})
    assert summary.claim == "No gap between saying and doing can be shown."
    assert "but only" not in summary.sentence


def test_cards_carry_range_and_base(company):
    cards = {card.label: card for card in executive_summary(company, value(), SAID).cards}
    assert cards["Stated: Net Promoter Score, latest answers"].value == "+22"
    assert cards["Stated: Net Promoter Score, latest answers"].range == "95% range +17 to +27, n = 100"
    assert cards["Initiatives that have paid for themselves"].value == "3 of 8"
    assert {card.verdict for card in cards.values()} == {""}


def test_a_number_that_a_chapter_could_not_give_is_not_spoken_of(company):
    summary = executive_summary(company, value(), SAID)
    assert not any("after one quarter" in point.claim for point in summary.take_aways)
    assert "1 number could not be given" in " ".join(summary.trust)


def test_how_far_to_trust_it_is_what_chapter_01_found(company):
    found = {**SAID, "01": chapter(rows_linked=number(0.904, n=14_877), rows_left_out=number(1.0, "count"))}
    trust = executive_summary(company, value(), found).trust
    assert trust[:2] == ["90% of 14,877 rows name a known customer.", "1 row was left out: chapter 01 says why."]
    assert executive_summary(company, value(), SAID).trust[0].endswith("is not said: chapter 01 did not run.")


def test_without_surveys_and_referrals_the_answer_is_about_spending(opened):
    nothing = value(crv=(float("nan"), float("nan"))).assign(cell=pd.Series([None, None], dtype="str"))
    summary = executive_summary(opened(), nothing, {})
    assert summary.claim == "What customers spend."
    assert [card.label for card in summary.cards] == ["Margin of the last twelve months"]
    assert summary.take_aways == []


def test_with_an_earlier_run_each_figure_gets_its_verdict(company):
    before = {
        "03": chapter(nps=number(40.0, "points", 35.0, 45.0)),
        "10": chapter(referral_value_12m=number(50.0, "EUR")),
    }
    beside = Earlier(before, "Compared.")
    cards = {card.label: card.verdict for card in executive_summary(company, value(), SAID, beside).cards}
    assert cards["Stated: Net Promoter Score, latest answers"] == "▼ −18 on the earlier run: outside the margin"
    assert cards["Referral value (CRV) of twelve months, attributed"] == "−€30.00 on the earlier run"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        # Half-widths 3 and 4 make a margin of 5.
        (4.9, "● +5 on the earlier run: within the margin"),
        (5.1, "▲ +5 on the earlier run: outside the margin"),
        (-5.1, "▼ −5 on the earlier run: outside the margin"),
    ],
)
def test_a_change_inside_the_margin_is_never_called_a_rise(change, said):
    now = number(20.0 + change, "points", 17.0 + change, 23.0 + change)
    assert verdict(now, number(20.0, "points", 16.0, 24.0)) == said


def test_a_difference_of_two_percentages_is_in_points():
    now = number(0.336, low=0.30, high=0.39)
    assert verdict(now, number(0.34, low=0.30, high=0.39)) == "● −0.4 points on the earlier run: within the margin"


def test_another_unit_is_not_compared():
    assert verdict(number(1.0, "EUR", 0, 2), number(1.0, "USD", 0, 2)) == ""


@pytest.mark.parametrize("status", ["failed", "left out"])
def test_a_chapter_that_is_not_in_the_report_is_not_taken_for_one_that_knows_nothing(company, status):
    fault = {"cell": "", "place": "the whole chapter", "sentence": "Chapter 03 failed."}
    absent = {"numbers": {}, "status": status, "faults": [fault] if status == "failed" else []}
    found = Findings({"03": absent})
    assert not found.has("03")
    said = " ".join(executive_summary(company, value(), {"03": absent}).trust)
    assert ("By a fault in the program chapter 03 could not be made" in said) == (status == "failed")
