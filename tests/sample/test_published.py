import pytest

from scrm_helpers.sample import published, world
from scrm_helpers.sample.published_facts import FOLDER

NAMES = sorted(file.stem for file in FOLDER.glob("*.csv"))


@pytest.mark.parametrize("name", NAMES)
def test_every_row_has_a_source_and_says_how_sure_it_is(name):
    table = published(name)
    assert table["source"].str.len().min() > 3
    assert (table["status"].str.startswith("verified") | (table["status"] == "recalled, illustration only")).all()
    assert f"``{name}``" in (published.__doc__ or ""), "the docstring is the data dictionary"
    assert f"`{name}.csv`" in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_deciles_are_recalled_and_marked_so():
    assert set(published("telecom_deciles")["status"]) == {"recalled, illustration only"}
    verified = published("customer_value_matrix").query("status == 'verified'")
    assert dict(zip(verified["cell"] + " " + verified["measure"], verified["value"], strict=True)) == {
        "Affluents CLV": 1219,
        "Advocates CLV": 180,
        "Advocates CRV": 670,
    }


def test_sample_funnel_is_the_published_one():
    bank = published("referral_funnel").query("firm == 'financial services' and status == 'verified'")
    assert bank["share"].tolist() == list(world.FUNNEL.values())


def test_forrester_totals_follow_from_its_years():
    table = published("tei_salesloft")
    totals = table[table["year"].isna()].set_index("measure")["value"]
    years = table.dropna(subset=["year"])
    present = (years["value"] / (1 + totals["discount rate"]) ** years["year"]).groupby(years["measure"]).sum()
    assert present["cost"] == pytest.approx(totals["present value of costs"], abs=1)
    assert present["benefit"] == pytest.approx(totals["present value of benefits"], abs=1)
    assert totals["net present value"] / totals["present value of costs"] == pytest.approx(3.29, abs=0.005)


def test_unknown_table_is_named_with_what_there_is():
    with pytest.raises(ValueError, match=r"no published table 'deciles'.*telecom_deciles"):
        published("deciles")
