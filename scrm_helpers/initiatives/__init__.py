"""Return on initiative: what individual and team initiatives cost, bring back and teach, quarter by quarter."""

from scrm_helpers.initiatives.believed import beliefs
from scrm_helpers.initiatives.blindness import break_even_weights, quarter_blindness
from scrm_helpers.initiatives.bridge import ledger_bridge
from scrm_helpers.initiatives.business_case import read_case, write_example
from scrm_helpers.initiatives.case_record import case_record, case_spread
from scrm_helpers.initiatives.case_report import case_text, report_case
from scrm_helpers.initiatives.cost_views import cost_views
from scrm_helpers.initiatives.employees import employee_score, participation
from scrm_helpers.initiatives.evidence import gather_evidence
from scrm_helpers.initiatives.goal_board import goal_board
from scrm_helpers.initiatives.goal_returns import goal_returns
from scrm_helpers.initiatives.goals import goal_progress
from scrm_helpers.initiatives.hindsight import look_back
from scrm_helpers.initiatives.horizons import compare_horizons
from scrm_helpers.initiatives.lag_shape import lag_shape
from scrm_helpers.initiatives.ledger import read_ledger
from scrm_helpers.initiatives.literature import SERVICE_PROFIT_CHAIN
from scrm_helpers.initiatives.loyalty import repeat_buyers
from scrm_helpers.initiatives.portfolio import choose_portfolio, draws_from_ledger
from scrm_helpers.initiatives.realisation import realisation_ratio
from scrm_helpers.initiatives.selection import Conditions
from scrm_helpers.initiatives.store_chain import (
    ask_staff,
    collaboration_condition,
    goals_served,
    latest_wave,
    ledger_of,
    one_level_chain,
    rewards_of,
    staff_chain,
)
from scrm_helpers.initiatives.teams import aggregation_gate, red_tape
from scrm_helpers.initiatives.tool_test import tool_beyond_goal
from scrm_helpers.initiatives.vintages import remember

__all__ = [
    "SERVICE_PROFIT_CHAIN",
    "Conditions",
    "aggregation_gate",
    "ask_staff",
    "beliefs",
    "break_even_weights",
    "case_record",
    "case_spread",
    "case_text",
    "choose_portfolio",
    "collaboration_condition",
    "compare_horizons",
    "cost_views",
    "draws_from_ledger",
    "employee_score",
    "gather_evidence",
    "goal_board",
    "goal_progress",
    "goal_returns",
    "goals_served",
    "lag_shape",
    "latest_wave",
    "ledger_bridge",
    "ledger_of",
    "look_back",
    "one_level_chain",
    "participation",
    "quarter_blindness",
    "read_case",
    "read_ledger",
    "realisation_ratio",
    "red_tape",
    "remember",
    "repeat_buyers",
    "report_case",
    "rewards_of",
    "staff_chain",
    "tool_beyond_goal",
    "write_example",
]
