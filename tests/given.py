"""What many tests are given alike."""

from types import SimpleNamespace

import pandas as pd

from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.terms import Terms

TERMS = Terms(pd.Timestamp("2026-09-30"))


def on(day, **terms):
    """The terms of a report on a day."""
    return Terms(pd.Timestamp(day), **terms)


class Said(Answer):
    """An answer whose words and named numbers are given."""

    given: Words
    numbers: tuple[Measure, ...]

    def words(self):
        return self.given


def said(kind=Said, numbers=(), **words):
    return kind(given=Words(**words), numbers=tuple(numbers))


class TinyCompany:
    """The few attributes that preparing reads."""

    part = None

    def __init__(self, tables, as_of="2026-06-30", **settings):
        self.tables, self.as_of = tables, pd.Timestamp(as_of)
        usual = {
            "margin_rate": None,
            "discount_rate_annual": 0.10,
            "p_type1_default": 0.5,
            "currency": "EUR",
            "cost_per_contact": 8.0,
        }
        self.settings = SimpleNamespace(**{**usual, **settings})
        self.terms = Terms(self.as_of, self.settings.currency, self.settings.discount_rate_annual)

    customers = property(lambda self: self.tables["customers"])
    transactions = property(lambda self: self.tables["transactions"])

    def has(self, *names):
        return all(name in self.tables for name in names)

    def table(self, name):
        return self.tables[name]
