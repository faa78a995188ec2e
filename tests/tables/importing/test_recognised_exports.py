"""Made exports of vendors are recognised by their header and give the rows that went in."""

import random

import pytest

from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from . import exports_of_programmes, exports_of_shops, exports_of_surveys

PROFILES = load_profiles(None)
EXPORTS = exports_of_programmes.EXPORTS | exports_of_shops.EXPORTS | exports_of_surveys.EXPORTS


@pytest.mark.parametrize("name", ["friendbuy", "shopify_orders", "shopify_orders_resaved", "delighted"])
def test_every_row_is_kept_or_left_out_for_the_reason_it_was_made_with(tmp_path, name):
    made = EXPORTS[name](random.Random(5))
    (found,) = import_file(made.write(tmp_path), PROFILES)
    assert found.refused == ""
    assert (found.vendor, dict(found.left_out)) == (made.vendor, dict(made.left_out))
    assert found.rows_read == found.rows_kept + sum(found.left_out.values())
