"""Columns that an export may not have: a pulse that names people, or that points to them by several traits together."""

from collections.abc import Iterable, Mapping
from typing import Any

from scrm_helpers.tables.contract.receipts import listed
from scrm_helpers.tables.importing.exports.recognition import Header
from scrm_helpers.tables.importing.vendor_profile import RefusedColumns

_YES = {"yes", "true", "1"}


def why_refused(header: Header, rules: Iterable[RefusedColumns], answers: Mapping[str, Any]) -> str:
    """Why this file may not be read at all; "" where no rule stands against it."""
    for rule in rules:
        found = [header.names[place] for place in sorted(header.find(rule.columns))]
        lifted = rule.unless and str(answers.get(rule.unless, "")).strip().casefold() in _YES
        if len(found) > rule.more_than and not lifted:
            most = f" (at most {rule.more_than} may be there)" if rule.more_than else ""
            said = f" Or write `answers: {{{rule.unless}: yes}}` for this file in mapping.yaml." if rule.unless else ""
            return f"{rule.words} Columns: {listed(found)}{most}.{said}"
    return ""
