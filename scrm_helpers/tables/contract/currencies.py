"""Currencies as exports write them, read as ISO 4217 codes; a sign or name that several currencies share is not."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from scrm_helpers.tables.contract.accepted_words import Vocabulary
from scrm_helpers.tables.contract.receipts import CompanyRefused, quoted

EARLIEST = pd.Timestamp("1990-01-01")
LATEST = pd.Timestamp("2199-12-31")
"""Days beyond are marks such as 9999-12-31, and counting on from them leaves the calendar of the machine."""
_WHY = "Every figure is as of one day, and the kit never asks the clock."


def day_of_analysis(given: str | dt.date | pd.Timestamp | None) -> pd.Timestamp:
    """Understand the day of the analysis."""
    if given is None:
        todo = "Add --as-of 2026-09-30, or `as_of:` to company.yaml."
        raise CompanyRefused.because("No day of the analysis is given.", _WHY, todo)
    try:
        text = given if isinstance(given, str) else given.isoformat()[:10]
        day = pd.Timestamp(dt.date.fromisoformat(text)).as_unit("us") if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        what = f"The day of the analysis {quoted(given)} is not a day from 1990 to 2199."
        raise CompanyRefused.because(what, _WHY, "Write it as 2026-09-30.")
    return day


_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL"
)
_ISO = frozenset(_CODES.split())
_NAMES = Vocabulary(
    (
        ("EUR", "€|euro|euros|eur €|€ eur"),
        ("GBP", "£|pound sterling|pounds sterling|sterling|gbp £"),
        ("USD", "us$|usd $|us dollar|us dollars|u.s. dollar"),
        ("CHF", "swiss franc|swiss francs|schweizer franken|franken|sfr|sfr."),
        ("PLN", "zł|zloty|złoty"),
        ("INR", "₹"),
        ("CZK", "kč"),
    )
)
_SCALE = r"(k|t|m|b|thsd|tsd|tausend|thousands?|mio|mn|mm|millions?|mrd|bn|'?000s?|in 1000|1000|1,000|cents?|ct)\.?"
_SCALED = re.compile(rf"{_SCALE}[ -]?(?P<before>\S+)|(?P<behind>\S+?)[ -]?{_SCALE}", re.IGNORECASE)
_COMMON = ("eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars")
_SHARED = ("$", "¥", "kr", "kr.", "dollar", "dollars", "pound", "pounds", "yen", "krona", "krone", "franc", "peso")


def read_currency(text: str) -> str | None:
    """The ISO code that a cell means; None where it is no currency, or one that several countries use.

    >>> read_currency("EUR"), read_currency(" eur "), read_currency("€"), read_currency("$"), read_currency("hours")
    ('EUR', 'EUR', 'EUR', None, None)
    """
    code = text.strip().upper()
    return code if code in _ISO else _NAMES.read(text)


def unclear(text: str) -> bool:
    """Whether a cell is money that cannot be counted as it stands: $ of many countries, thousands or hundredths of one.

    >>> unclear("$"), unclear("kEUR"), unclear("T€"), unclear("Mio. EUR"), unclear("EUR"), unclear("points")
    (True, True, True, True, False, False)
    """
    plain = re.sub("[()]", "", text).strip()
    scaled = _SCALED.fullmatch(plain)
    money = (scaled["before"] or scaled["behind"]) if scaled else ""
    named = money and (money.isupper() or money.lower() in _COMMON or not money.isalpha())
    return plain.lower() in _SHARED or bool(named and (read_currency(money) or money.lower() in _SHARED))
