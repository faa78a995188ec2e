"""Return on initiative: what individual and team initiatives cost, bring back and teach, quarter by quarter."""

from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.attribution.waves_and_lags import lag_shape, latest_wave
from scrm_helpers.initiatives.goals.goal_chain import tool_beyond_goal
from scrm_helpers.initiatives.goals.goal_lines import goal_board, goal_returns, goals_served
from scrm_helpers.initiatives.goals.goal_table import current_values, goal_progress
from scrm_helpers.initiatives.hindsight.looking_back import look_back
from scrm_helpers.initiatives.hindsight.realisation import case_record, realisation_ratio
from scrm_helpers.initiatives.ledger.flows import ledger_of
from scrm_helpers.initiatives.ledger.horizons import compare_horizons
from scrm_helpers.initiatives.ledger.quarterly_view import ledger_bridge, quarter_blindness
from scrm_helpers.initiatives.ledger.unpriced import break_even_weights, cost_views, preparation_ratio
from scrm_helpers.initiatives.staff.collaboration import collaboration_condition, collaboration_order
from scrm_helpers.initiatives.staff.contacts_with_customers import staff_network
from scrm_helpers.initiatives.staff.employees import employee_score, employee_voice, participation, rewards
from scrm_helpers.initiatives.staff.loyalty import repeat_buyers
from scrm_helpers.initiatives.staff.mediation import SERVICE_PROFIT_CHAIN, one_level_chain, staff_chain
from scrm_helpers.initiatives.staff.teams import aggregation_gate, red_tape
from scrm_helpers.initiatives.valuation.case_report import CaseChoices, case_text, remember, report_case
from scrm_helpers.initiatives.valuation.portfolio import fund_initiatives

__all__ = [
    "SERVICE_PROFIT_CHAIN",
    "CaseChoices",
    "aggregation_gate",
    "break_even_weights",
    "case_record",
    "case_text",
    "collaboration_condition",
    "collaboration_order",
    "compare_horizons",
    "cost_views",
    "current_values",
    "employee_score",
    "employee_voice",
    "fund_initiatives",
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
    "preparation_ratio",
    "quarter_blindness",
    "realisation_ratio",
    "red_tape",
    "remember",
    "repeat_buyers",
    "report_case",
    "rewards",
    "staff_chain",
    "staff_network",
    "tool_beyond_goal",
]
