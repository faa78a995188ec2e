"""The words of the contract: states, roles, yes and no, and currencies, with what means the same."""

import re
from functools import lru_cache

INVISIBLE = "\\s\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
"""Characters that the eye overlooks, for use inside a character class."""
BLANK = f"^[{INVISIBLE}]*$"
NOTHING = ("na", "n/a", "nan", "null", "(null)", "\\n", "none", "nil", "-", "--", "<na>", "undefined")
"""Words that programs write where nothing is known, in lower case."""

TOTALS = ("total", "totals", "grand total", "grand totals", "sum", "summe", "gesamt", "gesamtsumme", "insgesamt",
          "subtotal", "subtotals", "zwischensumme", "totale", "suma", "somme", "totaal")  # fmt: skip
"""Words that stand in a row of totals below a table, in lower case."""


class Vocabulary:
    """The words of a column, each with other spellings of it; further words are refused, or kept as `own` ones."""

    def __init__(self, *, own: bool = False, silent: str = "", **spellings: str) -> None:
        self.own, self.spellings = own, spellings  # word -> other spellings, set apart by bars
        self.words = tuple(spellings)
        self._silent = silent.split("|")  # spellings that need no remark
        told = ((one, word) for word, others in spellings.items() for one in (word, *others.split("|")) if one)
        self._meanings = {_plain(one): word for one, word in told}

    def read(self, text: str) -> str | None:
        """The word that a text means, or the text itself where own words are kept; None where it is none of them."""
        return self._meanings.get(_plain(text)) or (text.strip() if self.own else None)

    def needs_remark(self, text: str, word: str) -> bool:
        """Whether a reader should be told that a text was read as a word."""
        return text != word and _plain(text) not in self._silent


def _plain(text: str) -> str:
    return re.sub(f"[{INVISIBLE}_-]+", " ", text).strip().casefold()


YES_NO = Vocabulary(
    yes="true|t|y|1|1.0|ja|j|oui|vrai|sí|si|sim|verdadero|wahr|tak|x|✓|checked",
    no="false|f|n|0|0.0|nein|non|faux|não|nao|falso|falsch|nie|unchecked",
    silent="yes|true|t|y|1|1.0|no|false|f|n|0|0.0",
)
AUTHOR_ROLE = Vocabulary(
    customer="client|user|member|buyer|kunde|kundin|end user|requester",
    employee="staff|agent|support|team member|mitarbeiter|mitarbeiterin",
    brand="company|firm|official|page|admin|marke",
    partner="reseller|dealer|affiliate",
    other="unknown|guest|anonymous|visitor|public|none",
)
FUNCTION = Vocabulary(
    service="support|customer service|customer care|care|help|kundendienst",
    sales="selling|vertrieb|verkauf",
    marketing="advertising|communications|pr|werbung",
    product="product management|development|research|r&d|innovation|produkt|entwicklung",
    own=True,
)
LOTTERY_KIND = Vocabulary(reply="answer|response", ask="invitation|invite", reward="bonus|incentive")
LEDGER_KIND = Vocabulary(
    benefit="benefits|income|revenue|return|saving|savings|nutzen",
    cash="cost|costs|expense|expenses|cash cost|cash out|kosten",
    paid_time="paid hours|working time|staff time|arbeitszeit",
    volunteered_time="volunteer time|volunteer hours|voluntary time|volunteered hours",
    reward="rewards|incentive|incentives",
)
REFERRAL_STATUS = Vocabulary(
    converted=(
        "conversion|convert|paid|approved|confirmed|completed|complete|successful|success|won|closed won|"
        "purchased|bought|ordered|customer|became customer|rewarded|redeemed|credited|fulfilled|earned|"
        "gewonnen|bezahlt|bestätigt|abgeschlossen|geworben"
    ),
    pending=(
        "open|invited|sent|shared|clicked|waiting|new|lead|referred|created|submitted|started|in progress|"
        "in review|under review|processing|signed up|registered|draft|on hold|offen|ausstehend|eingeladen"
    ),
    declined=(
        "rejected|cancelled|canceled|refused|expired|lost|closed lost|invalid|failed|denied|void|voided|fraud|"
        "fraudulent|blocked|ineligible|not eligible|disqualified|refunded|reversed|duplicate|spam|deleted|"
        "abgelehnt|storniert|abgelaufen|ungültig|verloren|not converted|unconverted|no"
    ),
    own=True,
)
IDEA_STATUS = Vocabulary(
    submitted="new|open|received|pending|in review|under review|waiting|eingereicht|offen",
    accepted="approved|planned|in progress|started|selected|angenommen|geplant",
    implemented="done|shipped|live|launched|completed|complete|released|delivered|umgesetzt|realised|realized",
    rejected="declined|closed|refused|not planned|cancelled|canceled|duplicate|abgelehnt",
    own=True,
)
STAGE = Vocabulary(
    idea="proposed|planned|draft|idee",
    running="active|live|in progress|started|ongoing|laufend|aktiv",
    stopped="cancelled|canceled|ended early|aborted|gestoppt|abgebrochen",
    finished="completed|complete|done|ended|closed|beendet|abgeschlossen",
    own=True,
)
UNIT = Vocabulary(
    currency="money|geld|währung",
    hours="hour|h|hr|hrs|stunden|stunde|std|heures|person hours",
    points="point|pts|punkte",
    own=True,
)
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
    EUR="€|euro|euros|eur €|€ eur",
    GBP="£|pound sterling|pounds sterling|sterling|gbp £",
    USD="us$|usd $|us dollar|us dollars|u.s. dollar",
    CHF="swiss franc|swiss francs|schweizer franken|franken|sfr|sfr.",
    PLN="zł|zloty|złoty",
    INR="₹",
    CZK="kč",
)
_SCALE = r"(k|t|m|b|thsd|tsd|tausend|thousands?|mio|mn|mm|millions?|mrd|bn|'?000s?|in 1000|1000|1,000|cents?|ct)\.?"
_SCALED = re.compile(rf"{_SCALE}[ -]?(?P<before>\S+)|(?P<behind>\S+?)[ -]?{_SCALE}", re.IGNORECASE)
_COMMON = ("eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars")
_SHARED = ("$", "¥", "kr", "kr.", "dollar", "dollars", "pound", "pounds", "yen", "krona", "krone", "franc", "peso")


@lru_cache(1000)  # few are different, and millions of rows have one
def read_currency(text: str) -> str | None:
    """The ISO code that a cell means; None where it is no currency, or one that several countries use."""
    code = text.strip().upper()
    return code if code in _ISO else _NAMES.read(text)


def unclear(text: str) -> bool:
    """Whether a cell is money that cannot be counted as it stands: $ of many countries, thousands or cents of one."""
    plain = re.sub("[()]", "", text).strip()
    scaled = _SCALED.fullmatch(plain)
    money = (scaled["before"] or scaled["behind"]) if scaled else ""
    named = money and (money.isupper() or money.lower() in _COMMON or not money.isalpha())
    return plain.lower() in _SHARED or bool(named and (read_currency(money) or money.lower() in _SHARED))
