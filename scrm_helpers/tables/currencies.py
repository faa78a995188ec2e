"""Currencies as exports write them, read as ISO 4217 codes; a sign or name that several currencies share is not."""

from __future__ import annotations

from scrm_helpers.tables.words import Vocabulary

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
_SHARED = ("$", "¥", "kr", "kr.", "dollar", "dollars", "pound", "pounds", "yen", "krona", "krone", "franc", "peso")


def read_currency(text: str) -> str | None:
    """The ISO code that a cell means; None where it is no currency, or one that several countries use.

    >>> read_currency("EUR"), read_currency(" eur "), read_currency("€"), read_currency("$"), read_currency("hours")
    ('EUR', 'EUR', 'EUR', None, None)
    """
    code = text.strip().upper()
    return code if code in _ISO else _NAMES.read(text)


def several_share(text: str) -> bool:
    """Whether a cell is a sign or name of money in several currencies, such as $."""
    return text.strip().lower() in _SHARED
