"""An earlier run beside this one: a change inside its margin is no rise, and what is not the same is not judged."""

import pytest

from scrm_helpers.report.chapters.earlier_run import Earlier, beside, compare_runs
from scrm_helpers.tables import open_company


def number(value, low=None, high=None, unit="points", **more):
    kept = {"value": value, "unit": unit, "low": low, "high": high, "n": 100, "kind": "descriptive"}
    return kept | {"population": "people who answered", "window": "up to 2026-06-30"} | more


def moved(now, before, **more):
    return Earlier({"03": {"numbers": {"nps": before}}}, **more).moved("03", "nps", now)


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        # Half-widths 3 and 4 make a margin of 5.
        (4.9, "within the margin", "● +5 on the earlier run: within the margin"),
        (5.1, "higher", "▲ +5 on the earlier run: outside the margin"),
        (-5.1, "lower", "▼ −5 on the earlier run: outside the margin"),
    ],
)
def test_a_change_inside_the_margin_is_never_called_a_rise(change, verdict, said):
    found = moved(number(20.0 + change, 17.0 + change, 23.0 + change), number(20.0, 16.0, 24.0))
    assert (found.verdict, found.words) == (verdict, said)


def test_of_a_skewed_range_the_half_that_faces_the_other_run_counts():
    # Up by 8: 6 below now and 4 above then make 7.2; 8 below then and 2 above now would make 8.2.
    up = moved(number(28.0, 22.0, 30.0, "EUR"), number(20.0, 12.0, 24.0, "EUR"))
    assert up.verdict == "higher"
    assert up.range == pytest.approx((8 - 52**0.5, 8 + 68**0.5))
    assert moved(number(20.0, 12.0, 24.0, "EUR"), number(28.0, 22.0, 30.0, "EUR")).verdict == "lower"
    assert moved(number(28.0, 19.0, 30.0, "EUR"), number(20.0, 12.0, 24.0, "EUR")).verdict == "within the margin"


def test_a_difference_of_two_percentages_is_in_points():
    found = moved(number(0.336, 0.30, 0.39, "share"), number(0.34, 0.30, 0.38, "share"))
    assert found.words == "● −0.4 points on the earlier run: within the margin"
    same = moved(number(0.33999, 0.30, 0.38, "share"), number(0.34, 0.30, 0.38, "share"))
    assert same.words == "● 0.0 points on the earlier run: within the margin"


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ({"unit": "USD"}, "it was in USD then"),
        ({"kind": "gross"}, "it was gross then"),
        ({"population": "people who were invited"}, "it was over people who were invited then"),
        ({"window": "the twelve months to 2026-03-31"}, "it was of the twelve months to 2026-03-31 then"),
        ({"window": "up to 2026-03-31"}, ""),  # the same words of another day
        ({"n": 90}, ""),
    ],
)
def test_what_is_not_the_same_figure_is_said_and_not_judged(before, why):
    found = moved(number(30.0, 29.0, 31.0), number(20.0, 19.0, 21.0, **before))
    assert found.reason == why
    assert found.verdict == ("not compared" if why else "higher")
    assert (found.document()["change"] is None) == bool(why)


def test_a_figure_that_one_run_does_not_give_is_in_neither():
    assert moved(number(None), number(20.0)) is None
    assert moved(number(20.0), number(None)) is None
    assert Earlier().moved("03", "nps", number(20.0)) is None


def chapters(**numbers):
    return {"03": {"numbers": numbers}}


def test_every_figure_is_in_the_table_and_chance_is_counted():
    then = {f"a{at}": number(20.0, 19.0, 21.0) for at in range(40)}
    now = then | {"a0": number(30.0, 29.0, 31.0), "plain": number(3.0), "new": number(1.0)}
    found = compare_runs(Earlier(chapters(**then, plain=number(2.0))), chapters(**now))
    said = "Of 40 figures with a range in both runs 1 moved beyond the margin; about 2 would if nothing had changed."
    assert found.sentence == said
    assert len(found.table) == 40
    assert found.table.iloc[0]["Change"] == "+10 (+9 to +11)"
    verdicts = [one["verdict"] for one in found.document()["figures"]]
    assert (verdicts[0], verdicts[-1], verdicts.count("within the margin")) == ("higher", "no margin known", 39)


def test_a_number_that_a_chapter_took_over_is_compared_once():
    taken = {"10": {"numbers": {"nps": number(30.0) | {"from": "03/nps"}}}}
    now = chapters(nps=number(30.0)) | taken
    assert [one.name for one in compare_runs(Earlier(now), now).figures] == ["03/nps"]


def test_without_an_earlier_run_there_is_one_sentence_and_no_table():
    found = compare_runs(Earlier(), chapters(nps=number(30.0)))
    assert (found.sentence, found.table.empty) == ("There is no earlier run to compare with.", True)


@pytest.fixture
def company(tmp_path):
    (tmp_path / "customers.csv").write_text("customer_id,joined_on\nA,2024-01-01\nB,2026-08-01\n")
    orders = "order_id,customer_id,ordered_on,amount,margin\n1,A,2026-02-01,100,100\n"
    (tmp_path / "transactions.csv").write_text(orders)
    return open_company(tmp_path, as_of="2026-09-30")


def test_other_parameters_of_a_chapter_are_said_and_its_figures_not_judged(company):
    run = {"chapters": chapters(nps=number(20.0, 19.0, 21.0)), "as_of": "2026-06-30", "n_customers": 1, "n_orders": 1}
    same = beside({**run, "parameters": {"03": {"seed": 1}}, "given": {}}, company)
    assert same.sentence == "Compared with the earlier run as of 2026-06-30. Since then 1 customer came."
    other = beside({**run, "parameters": {"03": {"window_days": 90}}, "given": {"03": {}}, "kit": "0.0.1"}, company)
    assert "It is of kit 0.0.1, this one of kit" in other.sentence
    assert other.sentence.endswith("Other parameters were set then in chapter 03.")
    assert other.moved("03", "nps", number(30.0, 29.0, 31.0)).reason == "window_days was 90 then, is as declared now"


def test_other_settings_leave_amounts_and_ratios_unjudged(company):
    settings = {"discount_rate_annual": 0.08, "margin_rate": None}
    run = {"chapters": chapters(nps=number(20.0, 19.0, 21.0)), "settings": settings}
    found = beside(run, company)
    changed = "discount_rate_annual was 0.08 then, is 0.1 now"
    assert (
        found.sentence
        == f"Compared with the earlier run. In company.yaml {changed}: amounts and ratios are not compared."
    )
    assert found.moved("03", "nps", number(30.0, 29.0, 31.0)).verdict == "higher"
    amount = number(30.0, 29.0, 31.0, "EUR")
    assert Earlier(chapters(crv=amount), weighed=changed).moved("03", "crv", amount).reason == changed
