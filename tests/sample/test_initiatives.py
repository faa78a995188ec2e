import pandas as pd
import pytest

from scrm_helpers.sample.drawn_initiatives import HORIZON, INITIATIVES, true_net

MONEY_OUT = ["cash", "reward"]


@pytest.fixture(scope="module")
def ledger(small):
    return small.tables["initiative_ledger"]


def net_after(ledger: pd.DataFrame, initiative: str, quarters: int) -> float:
    """Booked benefit less cash and rewards over the first quarters."""
    rows = ledger[ledger["booked"] & (ledger["initiative_id"] == initiative) & (ledger["unit"] == "EUR")]
    first = sorted(rows["quarter"].unique())[:quarters]
    rows = rows[rows["quarter"].isin(first)]
    benefit = rows.loc[rows["kind"] == "benefit", "amount"].sum()
    return benefit - rows.loc[rows["kind"].isin(MONEY_OUT), "amount"].sum()


def test_first_quarter_misleads_in_both_directions(ledger):
    assert net_after(ledger, "autumn-discount", 1) > 0 > net_after(ledger, "autumn-discount", 8)
    for late in ("helpdesk", "idea-forum", "referral-thanks"):
        assert net_after(ledger, late, 1) < 0 < net_after(ledger, late, HORIZON)


def test_one_was_stopped_too_early_and_one_is_really_bad():
    by_id = {item.id: item for item in INITIATIVES}
    assert by_id["partner-portal"].stopped_after == 2
    assert true_net(by_id["partner-portal"]) > 0
    assert true_net(by_id["loyalty-app"]) == min(map(true_net, INITIATIVES))
    assert true_net(by_id["loyalty-app"]) < -60_000
    assert 6 <= len(INITIATIVES) <= 8


def test_cost_is_the_cash_and_rewards_booked(small, ledger):
    paid = ledger[ledger["booked"] & ledger["kind"].isin(MONEY_OUT)].groupby("initiative_id")["amount"].sum()
    cost = small.tables["initiatives"].set_index("initiative_id")["cost"]
    assert (cost - paid).abs().max() < 0.01


def test_booked_flows_are_past_and_forecasts_are_ahead_of_their_vintage(ledger):
    assert (ledger.loc[ledger["booked"], "quarter"] == ledger.loc[ledger["booked"], "vintage"]).all()
    assert (ledger.loc[~ledger["booked"], "quarter"] > ledger.loc[~ledger["booked"], "vintage"]).all()
    assert ledger["vintage"].max() == "2026Q3"
    assert not ledger.duplicated(["initiative_id", "quarter", "stream", "kind", "vintage"]).any()


def test_all_streams_kinds_and_units_occur(ledger):
    assert {"direct", "retained", "referral", "deflection", "ideas", "employee", "cost"} <= set(ledger["stream"])
    assert set(ledger["kind"]) == {"benefit", "cash", "paid_time", "volunteered_time", "reward"}
    assert set(ledger["unit"]) == {"EUR", "hours", "points"}


def test_last_forecast_of_a_stopped_initiative_is_zero(ledger):
    stopped = ledger[(ledger["initiative_id"] == "partner-portal") & ~ledger["booked"]]
    last = stopped["vintage"] == stopped["vintage"].max()
    assert (stopped.loc[last, "amount"] == 0).all()
    assert (stopped.loc[~last & (stopped["kind"] == "benefit"), "amount"] > 0).all()


def test_every_initiative_serves_a_goal(small):
    initiatives, goals = small.tables["initiatives"], small.tables["goals"]
    assert initiatives["goal_id"].isin(goals["goal_id"]).all()
    assert (initiatives[["case_p10", "case_p50", "case_p90"]].diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    without_teeth = goals["plan"].isna() | goals["cost"].isna() | goals["current"].isna()
    assert goals.loc[without_teeth, "goal_id"].tolist() == ["G6"]
