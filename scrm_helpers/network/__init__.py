"""Referral networks: who brings whom, how far it reaches, what it is worth, and who is listened to."""

from scrm_helpers.network.forest.bringers import referral_value_spread
from scrm_helpers.network.forest.fraud import fraud_hints, referral_receipt
from scrm_helpers.network.forest.growth import time_to_refer, viral_growth
from scrm_helpers.network.forest.reach import cascade_reach
from scrm_helpers.network.forest.referral_forest import build_forest
from scrm_helpers.network.graph.contacts import contact_balance
from scrm_helpers.network.graph.homophily import homophily_or_influence
from scrm_helpers.network.graph.influencers import influential_people
from scrm_helpers.network.graph.tie_graph import influence_graph
from scrm_helpers.network.pictures.exchange import forest_view, map_view
from scrm_helpers.network.pictures.network_map import community_map
from scrm_helpers.network.pictures.trees import largest_cascades

__all__ = [
    "build_forest",
    "cascade_reach",
    "community_map",
    "contact_balance",
    "forest_view",
    "fraud_hints",
    "homophily_or_influence",
    "influence_graph",
    "influential_people",
    "largest_cascades",
    "map_view",
    "referral_receipt",
    "referral_value_spread",
    "time_to_refer",
    "viral_growth",
]
