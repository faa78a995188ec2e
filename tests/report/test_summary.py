"""The executive summary says what the chapters found, and no more."""

import pandas as pd
import pytest

from scrm_helpers.report.comparison import verdict
from scrm_helpers.report.summary import executive_summary
from scrm_helpers.tables import open_company

CUSTOMERS = "customer_id,joined_on\nA,2024-01-01\nB,2024-01-01\n"
ORDERS = "order_id,customer_id,ordered_on,amount\n1,A,2026-02-01,100\n2,B,2026-02-01,10\n"


@pytest.fixture
def company(tmp_path):
    (tmp_path / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (tmp_path / "transactions.csv").write_text(ORDERS, encoding="utf-8")
    return open_company(tmp_path, as_of="2026-09-30")


def value(crv=(0.0, 80.0)):
    return pd.DataFrame(
        {
            "is_customer": [True, True],
            "margin_12m": [100.0, 10.0],
            "crv": list(crv),
            "cell": ["Affluents", "Advocates"],
        }
    )


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
    assert summary.sentence.startswith("69% of the customers asked say they would recommend us, but only 34% referred")
    assert "bring 100% of the referral value" in summary.sentence


def test_doing_as_much_as_saying_is_not_called_a_gap(company):
    kept = chapter(share_intending=number(0.4, low=0.3, high=0.5), share_referring=number(0.35, low=0.25, high=0.45))
    summary = executive_summary(company, value(), {"03": kept})
    assert summary.claim == "No gap between saying and doing can be shown."
    assert "but only" not in summary.sentence


def test_cards_carry_range_and_base(company):
    cards = {card.label: card for card in executive_summary(company, value(), SAID).cards}
    assert cards["Stated: Net Promoter Score"].value == "+22"
    assert cards["Stated: Net Promoter Score"].range == "95% range +17 to +27, n = 100"
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


def test_without_surveys_and_referrals_the_answer_is_about_spending(company):
    nothing = value(crv=(float("nan"), float("nan"))).assign(cell=pd.Series([None, None], dtype="str"))
    summary = executive_summary(company, nothing, {})
    assert summary.claim == "What customers spend."
    assert [card.label for card in summary.cards] == ["Margin of the last twelve months"]
    assert summary.take_aways == []


def test_with_an_earlier_run_each_figure_gets_its_verdict(company):
    before = {"03": chapter(nps=number(40.0, "points", 35.0, 45.0)), "10": chapter(referral_value=number(50.0, "EUR"))}
    cards = {card.label: card.verdict for card in executive_summary(company, value(), SAID, before).cards}
    assert cards["Stated: Net Promoter Score"] == "▼ −18 on the earlier run: outside the margin"
    assert cards["Referral value (CRV), attributed"] == "+€30.00 on the earlier run"


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


def test_another_unit_is_not_compared():
    assert verdict(number(1.0, "EUR", 0, 2), number(1.0, "USD", 0, 2)) == ""
