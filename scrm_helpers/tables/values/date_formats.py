"""What to declare for dates that are not ISO: only a format that fits every value of the column is proposed."""

from __future__ import annotations

from itertools import product

import pandas as pd

from scrm_helpers.tables.contract.accepted_words import NOTHING

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
         "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%b %d %Y", "%d %B %Y",
         "%B %d, %Y", "%Y-%m-%d")  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p",
          " %H:%M %z", " %H:%M:%S %z", "T%H:%M:%S%z")  # fmt: skip
_SAMPLE = 50


def how_to_declare(text: pd.Series, found: pd.Series, declared: str = "") -> str:
    """Say what to do about dates that were not understood."""
    text = text[~text.str.strip().str.lower().isin(["", *NOTHING]).to_numpy()]
    found, fits = found[text.index], _fitting(text.dropna())
    line = '`sources: {{table}: {{source}dates: "%s"}}`'
    if not fits:
        good, bad = text[found.notna()], text[found.isna()]
        beside = f" ({bad.iloc[0][:40]!r} stands beside {good.iloc[0][:40]!r})" if len(good) and len(bad) else ""
        wanted = f"in the declared format {declared}" if declared else "as 2026-09-30"
        return (
            f"Write all dates {wanted}; no one format fits every value of the column{beside}. All dates such as "
            '31.12.2026 would be declared as `dates: "%d.%m.%Y"`.'
        )
    if len(fits) == 1:
        return f"Every value fits one format: declare it in company.yaml with {line % fits[0]}, or write 2026-09-30."
    readings = [f"{pd.to_datetime(text.dropna().iloc[0], format=fit):%-d %B %Y} by {line % fit}" for fit in fits[:2]]
    return (
        f"Nothing in the column tells day from month (no such part is above 12): {text.dropna().iloc[0]} is "
        f"{' and '.join(readings)}. Declare the one that your system writes, or write 2026-09-30."
    )


def _fitting(text: pd.Series) -> list[str]:
    """Formats by which every value is a day from 1990 on."""
    some = text.head(_SAMPLE)
    fits = [day + time for day, time in product(_DAYS, _TIMES) if _fit(some, day + time)]
    return [form for form in fits if _fit(text, form)]


def _fit(text: pd.Series, form: str) -> bool:
    days = pd.to_datetime(text, format=form, errors="coerce", utc="%z" in form)
    return bool(len(days)) and bool((days.dt.year >= 1990).all())
