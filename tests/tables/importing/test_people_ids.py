"""One id for each person, whatever the files of several vendors call them."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.tables.importing.joining import people_ids
from scrm_helpers.tables.values.identity import Told


def who_is_who(tables):
    return people_ids.who_is_who(tables, Told())


def frames(**tables):
    """Tables written as rows of (vendor, key, mail) or, with four places, (vendor, key, mail, name)."""
    made = {}
    for table, rows in tables.items():
        names = (
            ["_vendor", "old_id", "customer_id"] if table == "aliases" else ["_vendor", "customer_id", "_mail", "_name"]
        )
        made[table] = pd.DataFrame([(*row, "")[: len(names)] for row in rows], columns=names, dtype="str")
    return made


def ids(found, vendor, *keys):
    return found.of(pd.Series(keys, dtype="str"), pd.Series([vendor] * len(keys))).tolist()


CONTACTS = [("crm", "K1", "ann@example.com"), ("crm", "K2", "bob@example.com"), ("crm", "K3", "")]


def test_orders_by_mail_and_answers_by_id_meet_in_the_contacts():
    found = who_is_who(
        frames(customers=CONTACTS, transactions=[("shop", "bob@example.com", "")], surveys=[("s", "K2", "")])
    )
    assert ids(found, "shop", "bob@example.com", "") == ["K2", ""]
    assert ids(found, "s", "K2", "K9") == ["K2", ""]  # nobody has seen K9
    assert found.said == ()


def test_without_contacts_the_mail_is_the_id_and_an_id_beside_a_mail_is_taken():
    found = who_is_who(frames(transactions=[("shop", "ann@example.com", "")], surveys=[("s", "77", "ann@example.com")]))
    assert ids(found, "shop", "ann@example.com") == ["77"]
    assert ids(who_is_who(frames(surveys=[("s", "x@example.com", "x@example.com")])), "s", "x@example.com") == [
        "x@example.com"
    ]


def test_merged_ids_lead_through_all_steps_to_the_one_of_today():
    merged = [("crm", "K0", "K7"), ("crm", "K7", "K1"), ("crm", "K1", "K1")]
    found = who_is_who(frames(customers=CONTACTS, aliases=merged, surveys=[("s", "K0", ""), ("s", "K7", "")]))
    assert ids(found, "s", "K0", "K7", "K1") == ["K1"] * 3


def test_one_mailbox_under_two_ids_is_one_person_and_said():
    found = who_is_who(frames(customers=[*CONTACTS, ("crm", "K4", "ann@example.com")]))
    assert ids(found, "crm", "K4", "ann@example.com") == ["K1", "K1"]
    assert found.said == ("1 person has several ids under one mail: joined under the first id.",)


@pytest.mark.parametrize(
    "rows",
    [
        [("crm", f"K{n}", "till@example.com") for n in range(4)],
        [("crm", "K1", "till@example.com", "Ann Ash"), ("crm", "K2", "till@example.com", "Bob Birch")],
    ],
)
def test_a_mail_of_many_joins_nobody(rows):
    found = who_is_who(frames(customers=rows, transactions=[("shop", "till@example.com", "")]))
    keys = [row[1] for row in rows]
    assert ids(found, "crm", *keys) == keys
    assert ids(found, "shop", "till@example.com") == ["till@example.com"]
    assert found.said == ("1 mail stands beside several people, so that no row is joined by it.",)


def test_numbers_of_two_systems_that_name_other_people_stay_apart():
    shop = [("shop", str(n), f"s{n}@example.com") for n in range(1, 6)]
    crm = [("crm", str(n), f"c{n}@example.com") for n in range(1, 5)] + [("crm", "99", "s2@example.com")]
    found = who_is_who(frames(customers=crm, transactions=shop, surveys=[("s", "99", "")]))
    assert len(set(ids(found, "crm", *"1234")) | set(ids(found, "shop", *"1345"))) == 8
    assert ids(found, "shop", "2") == ids(found, "crm", "99") == ids(found, "s", "99")
    assert "4 of the 4 ids that crm and shop share stand beside different mails" in found.said[0]


people = st.lists(st.tuples(st.integers(0, 8), st.booleans(), st.booleans()), min_size=1, max_size=25)


@settings(max_examples=6, deadline=None)
@given(people, st.randoms(use_true_random=False))
def test_who_is_who_does_not_hang_on_the_order_of_the_rows(rows, order):
    """Rows of people who show their id, their mail or both: all rows of whoever once showed both get one id."""

    def made(some):
        return [("shop", f"N{who}" if by_id else f"m{who}@example.com", f"m{who}@example.com" if mail else "")
                for who, by_id, mail in some]  # fmt: skip

    first = who_is_who(frames(transactions=made(rows)))
    shuffled = list(rows)
    order.shuffle(shuffled)
    second = who_is_who(frames(transactions=made(shuffled)))
    keys = [key for _, key, _ in made(rows)]
    assert ids(first, "shop", *keys) == ids(second, "shop", *keys)
    tied = {who for who, by_id, mail in rows if by_id and mail}
    for (who, by_id, _), found in zip(rows, ids(first, "shop", *keys), strict=True):
        assert found == (f"N{who}" if by_id or who in tied else f"m{who}@example.com")


def test_an_id_that_an_alias_ties_to_a_mail_is_the_id_and_only_further_ones_are_former():
    ties = [("crm", "K1", "ann@example.com"), ("crm", "K9", "ann@example.com")]
    people = [("crm", "ann@example.com", "ann@example.com")]
    found = who_is_who(frames(customers=people, transactions=[("crm", "K9", "")], aliases=ties))
    assert ids(found, "crm", "K9", "K1", "ann@example.com") == ["K1"] * 3


def test_numbers_that_aliases_tie_to_other_mails_stay_apart():
    ties = [("crm", "1", "ann@example.com"), ("crm", "2", "bob@example.com")]
    ties += [("shop", "1", "cem@example.com"), ("shop", "2", "dan@example.com")]
    found = who_is_who(frames(aliases=ties))
    assert len(set(ids(found, "crm", "1", "2") + ids(found, "shop", "1", "2"))) == 4
