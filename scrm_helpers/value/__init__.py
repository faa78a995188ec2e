"""What a customer is worth: own purchases, referrals, influence, knowledge, and all of them together."""

from scrm_helpers.value.backtest import rolling_backtest
from scrm_helpers.value.concentration import benchmarks, concentration_of, persistence
from scrm_helpers.value.gammagamma import fit_gammagamma
from scrm_helpers.value.lifetime import fit_purchases, lifetime_values
from scrm_helpers.value.margins import with_margin
from scrm_helpers.value.matrix import value_matrix
from scrm_helpers.value.moves import three_moves
from scrm_helpers.value.outcomes import single_customers
from scrm_helpers.value.purchase_checks import check_purchases, returns_rule
from scrm_helpers.value.purchases import purchase_history, yearly_sums
from scrm_helpers.value.simple_clv import simple_lifetime_value
from scrm_helpers.value.tracking import calibration, track_purchases
from scrm_helpers.value.whale import profit_by_customer, whale_curve

__all__ = [
    "benchmarks",
    "calibration",
    "check_purchases",
    "concentration_of",
    "fit_gammagamma",
    "fit_purchases",
    "lifetime_values",
    "persistence",
    "profit_by_customer",
    "purchase_history",
    "returns_rule",
    "rolling_backtest",
    "simple_lifetime_value",
    "single_customers",
    "three_moves",
    "track_purchases",
    "value_matrix",
    "whale_curve",
    "with_margin",
    "yearly_sums",
]
