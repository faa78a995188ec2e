"""Referral networks: who brings whom, how far it reaches, and what it is worth."""

from scrm_helpers.network.forest import Forest, build_forest
from scrm_helpers.network.people import forest_table

__all__ = ["Forest", "build_forest", "forest_table"]
