"""What a customer is worth: own purchases, referrals, influence, knowledge, and all of them together."""

from scrm_helpers.value.backtest import rolling_backtest
from scrm_helpers.value.bgbb import fit_bgbb
from scrm_helpers.value.bridge import to_pymc
from scrm_helpers.value.campaigns import no_campaign_migration, published_campaigns
from scrm_helpers.value.cell_certainty import cell_certainty, cell_probabilities
from scrm_helpers.value.cells import cut_points, with_cells
from scrm_helpers.value.concentration import benchmarks, concentration_of, persistence
from scrm_helpers.value.contract_cohorts import cohort_of_orders, survivors_from
from scrm_helpers.value.contracts import project_contracts
from scrm_helpers.value.dimensions import overlap_at, valuable_set
from scrm_helpers.value.engagement import people_outside
from scrm_helpers.value.gammagamma import fit_gammagamma
from scrm_helpers.value.gompertz import fit_gompertz
from scrm_helpers.value.imported import imported_note, imported_values, own_value_above
from scrm_helpers.value.leaving import evidence_of_leaving
from scrm_helpers.value.lifetime import fit_purchases, lifetime_values
from scrm_helpers.value.margins import with_margin
from scrm_helpers.value.matrix import value_matrix
from scrm_helpers.value.moves import three_moves
from scrm_helpers.value.nbd import fit_nbd
from scrm_helpers.value.occasion_check import check_occasions
from scrm_helpers.value.occasions import coming_occasions, occasions_taken
from scrm_helpers.value.outcomes import chance_above, single_customers
from scrm_helpers.value.posterior_check import check_ranges
from scrm_helpers.value.profile import with_profile_ranges
from scrm_helpers.value.purchase_checks import check_purchases, returns_rule
from scrm_helpers.value.purchase_counts import probability_of_count
from scrm_helpers.value.purchases import purchase_history, yearly_sums
from scrm_helpers.value.referral_switches import switch_effects
from scrm_helpers.value.refits import refit_by_group
from scrm_helpers.value.simple_clv import simple_lifetime_value
from scrm_helpers.value.social import social_value
from scrm_helpers.value.stickiness import topic_stickiness
from scrm_helpers.value.together import dimensions_together
from scrm_helpers.value.tracking import calibration, track_purchases
from scrm_helpers.value.whale import profit_by_customer, whale_curve

__all__ = [
    "benchmarks",
    "calibration",
    "cell_certainty",
    "cell_probabilities",
    "chance_above",
    "check_occasions",
    "check_purchases",
    "check_ranges",
    "cohort_of_orders",
    "coming_occasions",
    "concentration_of",
    "cut_points",
    "dimensions_together",
    "evidence_of_leaving",
    "fit_bgbb",
    "fit_gammagamma",
    "fit_gompertz",
    "fit_nbd",
    "fit_purchases",
    "imported_note",
    "imported_values",
    "lifetime_values",
    "no_campaign_migration",
    "occasions_taken",
    "overlap_at",
    "own_value_above",
    "people_outside",
    "persistence",
    "probability_of_count",
    "profit_by_customer",
    "project_contracts",
    "published_campaigns",
    "purchase_history",
    "refit_by_group",
    "returns_rule",
    "rolling_backtest",
    "simple_lifetime_value",
    "single_customers",
    "social_value",
    "survivors_from",
    "switch_effects",
    "three_moves",
    "to_pymc",
    "topic_stickiness",
    "track_purchases",
    "valuable_set",
    "value_matrix",
    "whale_curve",
    "with_cells",
    "with_margin",
    "with_profile_ranges",
    "yearly_sums",
]
