"""The referral network as a file for Gephi, for its owner's eyes only."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.network.forest.referral_forest import Rule, build_forest
from scrm_helpers.network.pictures.exchange import write_gexf
from scrm_helpers.network.pictures.pseudonyms import shareable
from scrm_helpers.report.page.privacy import pseudonym_key, pseudonyms
from scrm_helpers.report.publishing.whole_files import PERSONAL

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

REFERRALS = "04"  # the chapter whose network it is


def write_network(company: Company, path: Path, given: Mapping[str, Any]) -> bool:
    """Write the large cascades of a company's referrals as GEXF, under pseudonyms."""
    rule: Rule = given.get("credit_rule", "first")
    key = pseudonym_key(company.is_sample)
    forest = build_forest(company.table("referrals"), company.customers, as_of=company.as_of, rule=rule)
    part = shareable(forest, lambda ids: pseudonyms(ids, key), min_group=company.settings.min_group)
    if not part.cascades:
        return False
    path.touch(mode=PERSONAL)
    try:
        write_gexf(part.forest, path, description=part.description)
    except BaseException:
        path.unlink()  # a file is whole or not there
        raise
    return True
