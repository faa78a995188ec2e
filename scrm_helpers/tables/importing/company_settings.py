"""company.yaml of an imported company: what the files tell of it, and what they leave to its owner as a question."""

from scrm_helpers.tables.contract.plain_yaml import load_plain
from scrm_helpers.tables.contract.receipts import CompanyRefused
from scrm_helpers.tables.contract.settings import FILE, NODE_LIMIT, Settings
from scrm_helpers.tables.importing.joining.derived_tables import UNKNOWN, Completed

_AS_OF = """\
# Question: {day} is the last day in the files. Is it the day of your analysis? Correct it if not.
as_of: {day}
"""
_NO_CURRENCY = """\
# Question: no file names the currency of the amounts; without a line here they are shown as EUR.
# currency: EUR
"""
_SEVERAL = """\
# Question: the amounts are in {codes}. In which currency does the company count, and what is one of the others worth?
# currency: {first}
# rates: {{{rates}}}
"""
_NO_MARGIN = """\
# Question: what share of an amount is margin? Exports of shops do not tell; without it sales stand for margin.
# margin_rate: 0.40
"""
_HEAD = "# Settings of the company, from `scrm import`; every line may be changed.\n"
_ZONE = "# Days are days of this zone; where it is another, change it and import again.\n# timezone: Europe/Berlin\n"


def settings_text(done: Completed, as_of: str) -> str:
    """The settings of a company that has none yet."""
    return _HEAD + "".join(_lines(done, as_of).values()) + _ZONE


def _lines(done: Completed, as_of: str) -> dict[str, str]:
    """Lines by the setting that they are about."""
    lines = {"as_of": _AS_OF.format(day=as_of)} if as_of else {}
    if done.currencies == (UNKNOWN,):
        lines["currency"] = _NO_CURRENCY
    elif len(done.currencies) == 1:
        lines["currency"] = f"currency: {done.currencies[0]}\n"
    elif done.currencies:
        first, *others = [code for code in done.currencies if code != UNKNOWN]
        rates = ", ".join(f"{code}: 1.00" for code in others)
        lines["currency"] = _SEVERAL.format(codes=" and ".join(done.currencies), first=first, rates=rates)
    orders = done.tables.get("transactions")
    if orders is not None and len(orders) and "margin" not in orders:
        lines["margin_rate"] = _NO_MARGIN
    return lines


def unrated(done: Completed, settings: Settings) -> list[str]:
    """Refuse money in several currencies without rates: each is counted by itself, and no figure adds them."""
    own = settings.currency if "currency" in settings.model_fields_set else next(iter(done.currencies), UNKNOWN)
    strange = [code for code in done.currencies if code not in (UNKNOWN, own, *settings.rates)]
    if not strange:
        return []
    lines = f"`currency: {own}` and `rates: {{{', '.join(f'{code}: <{own} for one {code}>' for code in strange)}}}`"
    what = f"The amounts are in {' and '.join(done.currencies)}, and no rate is given for {' and '.join(strange)}."
    return [f"{what} Money is never added across currencies without a rate. Put {lines} into {FILE}, then check."]


def added_settings(raw: bytes, settings: Settings, done: Completed, as_of: str) -> tuple[str, str]:
    """Add what is missing to settings that the user wrote; where that cannot be, return the lines to paste."""
    before, known = raw.decode("utf-8-sig"), settings.model_fields_set
    more = "".join(text for name, text in _lines(done, as_of).items() if name not in known and text not in before)
    if not more:
        return "", ""
    text = before.rstrip("\n") + "\n\n" * bool(before.strip()) + more
    try:
        old, new = (load_plain(part.encode(), FILE, most_entries=NODE_LIMIT) or {} for part in (before, text))
        if {**new, **old} == new:
            return text, f"{FILE} is yours; to its end was added: {'; '.join(more.splitlines())}"
    except CompanyRefused:
        pass
    return "", f"{FILE} is yours and stays as it is. Put into it:\n{more}"
