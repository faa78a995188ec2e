"""How a company is divided, and whose rows a part has."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.batch.batch_file import BatchWish, PartEntry
from scrm_helpers.report.batch.division import Division, cut, folder_of, own_groups, too_few
from scrm_helpers.report.checked_company import open_checked

DAY = "2026-02-15"
FILES = {
    "customers": "customer_id,joined_on,region,country,consent_contact\n"
    + "".join(
        f"C{n:02},2024-12-01,{'North' if n < 8 else 'South'},{'NL' if n % 2 else ''},{n < 9}\n" for n in range(12)
    ),
    "transactions": "order_id,customer_id,ordered_on,amount\n"
    + "".join(f"O{n:02},C{n % 12:02},202{5 if n < 20 else 6}-01-{n + 1:02},10\n" for n in range(24)),
    "referrals": "referrer_id,referred_id,referred_on,converted_on\nC01,C09,2025-01-05,2025-01-10\n"
    "C10,C02,2025-01-05,2025-01-03\nC10,C11,2025-01-05,\nX,C03,2025-01-05,\n",
    "interactions": "interaction_id,occurred_on,channel,customer_id,author_role,thread_id\n"
    "M1,2025-03-01,forum,C01,customer,T1\nM2,2025-03-02,forum,C09,customer,T1\nM3,2025-03-02,forum,C10,customer,T2\n",
    "suppress": "customer_id\nC10\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    for name, text in FILES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def divided(folder):
    opened = cache(lambda *groups: open_checked(folder, DAY, groups=groups)[0])

    def divide(*by, **more):
        wish = BatchWish(data=folder, by=by, **more)
        return Division(opened(*own_groups(wish)), wish)

    return divide


def test_groups_and_closed_periods(divided):
    assert divided("region").parts() == [{"region": "North"}, {"region": "South"}]
    quarters = [f"2025-Q{n}" for n in (1, 2, 3, 4)]
    assert [part["quarter"] for part in divided("quarter").parts()] == quarters
    both = divided("half", "consent_contact")
    assert both.parts()[0] == {"half": "2025-H1", "consent_contact": "no"}
    assert f"{both.day(both.parts()[-1]):%Y-%m-%d}" == "2025-12-31"
    assert divided("year").parts() == [{"year": "2025"}]


def test_a_fiscal_year_is_named_after_the_year_in_which_it_ends(divided):
    company = divided("half").company
    settings = company.settings.model_copy(update={"fiscal_year_start": 4})
    found = Division(replace(company, settings=settings), BatchWish(data=Path())).periods("half")
    assert {label: f"{day:%Y-%m-%d}" for label, day in found.items()} == {
        "2025-H2": "2025-03-31",
        "2026-H1": "2025-09-30",
    }


def test_a_column_of_the_companys_own_divides_and_blank_cells_are_told(divided):
    own = divided("country")
    assert own.parts() == [{"country": "NL"}]
    assert own.in_no_part() == ["6 customers of 12 without country: in no part."]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (["regoin"], "'regoin' is not a column of customers. Did you mean region? There are region, consent_contact, "),
        (["customer_id"], "'customer_id' is not a group of customers."),
        (["quarter", "year"], "A batch has one kind of period."),
    ],
)
def test_what_is_no_division_is_refused_with_what_there_is(divided, by, said):
    with pytest.raises(PlainError) as refused:
        divided(*by).parts()
    assert said in str(refused.value)


def test_parts_that_are_listed_or_chosen_must_be_there(divided):
    with pytest.raises(PlainError, match=r"There is no region 'Nort'\. Did you mean North\?|There is no region 'Nort'"):
        divided(parts=[PartEntry(where={"region": "Nort"})]).parts()
    assert divided("region", "quarter").chosen(["region=North"]) == {"region": "North"}
    with pytest.raises(PlainError, match="names no part"):
        divided("region").chosen(["quarter=2025-Q4"])


def test_a_part_has_the_rows_of_its_people_and_whole_conversations(divided):
    company = divided("region").company
    north = cut(company, {"region": "North"})
    assert len(north.customers) == 8
    assert set(north.transactions["customer_id"]) == {f"C{n:02}" for n in range(8)}
    assert list(north.table("referrals")["referrer_id"]) == ["C01", "C10", "X"]
    assert list(north.table("interactions")["interaction_id"]) == ["M1", "M2"]
    assert len(north.table("suppress")) == 1  # whoever is not to be contacted is not
    assert "fewer than 5 of 3 people who referred and fewer than 5 of 3 people who were referred" in north.part.note
    assert north.fingerprint != company.fingerprint
    assert all(receipt.rows_kept == len(north.table(name)) for name, receipt in north.receipts.items())
    assert too_few(north) == ""
    assert "fewer than 5 customers" in too_few(cut(company, {"region": "South"}))


def test_parts_of_like_names_have_folders_of_their_own():
    folders = {folder_of({"region": name}) for name in ("Öst", "Ost", "ost", "O/st", "..", "Süd")}
    assert len(folders) == 6
    assert all(folder.startswith("parts/region-") and folder.isascii() for folder in folders)
