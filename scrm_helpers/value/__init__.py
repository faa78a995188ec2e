"""What a customer is worth: own purchases, referrals, influence, knowledge, and all of them together."""

from scrm_helpers.value.history.purchases import check_purchases
from scrm_helpers.value.lifetime.backtest import rolling_backtest, track_purchases
from scrm_helpers.value.lifetime.clv import single_customers
from scrm_helpers.value.lifetime.contracts import cohort_of_orders, project_contracts
from scrm_helpers.value.lifetime.occasions import occasions_taken
from scrm_helpers.value.lifetime.purchase_models import evidence_of_leaving
from scrm_helpers.value.lifetime.refits import refit_by_group
from scrm_helpers.value.lifetime.without_model import simple_lifetime_value
from scrm_helpers.value.matrix.cell_stability import PublishedCampaigns, cell_certainty, no_campaign_migration
from scrm_helpers.value.matrix.concentration import concentration_of, persistence
from scrm_helpers.value.matrix.dimensions import dimensions_together, overlap_at, valuable_set
from scrm_helpers.value.matrix.four_cells import cut_points, value_matrix
from scrm_helpers.value.matrix.whale import three_moves, whale_curve
from scrm_helpers.value.models.posterior import check_ranges, with_profile_ranges
from scrm_helpers.value.social.engagement import people_outside

__all__ = [
    "PublishedCampaigns",
    "cell_certainty",
    "check_purchases",
    "check_ranges",
    "cohort_of_orders",
    "concentration_of",
    "cut_points",
    "dimensions_together",
    "evidence_of_leaving",
    "no_campaign_migration",
    "occasions_taken",
    "overlap_at",
    "people_outside",
    "persistence",
    "project_contracts",
    "refit_by_group",
    "rolling_backtest",
    "simple_lifetime_value",
    "single_customers",
    "three_moves",
    "track_purchases",
    "valuable_set",
    "value_matrix",
    "whale_curve",
    "with_profile_ranges",
]
