"""A draft for a file that no profile knows: the likely table, and for every column its likely field; never applied."""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import pandas as pd

from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import escaped, listed, quoted
from scrm_helpers.tables.importing.imported_file import ALL, Question
from scrm_helpers.tables.reading.header import nearness

_DRAFTED = ("customers", "transactions", "surveys", "referrals", "interactions", "employees")
_CALLED = {  # beside the names of the contract, what systems call these columns
    "customer_id": "contact id|user id|member|email|mail|client|kunde|kundennummer|kundennr|correo|cliente",
    "joined_on": "created|create date|signup date|registered|member since|first seen|date added|optin time|confirm time"
    "|kunde seit|inscription|alta|iscrizione",
    "order_id": "id|order|order number|order no|invoice|invoice no|transaction id|receipt|deal id|bestellnummer"
    "|bestellnr|rechnungsnummer|rechnungsnr|commande|facture|pedido|factura|ordine|fattura",
    "ordered_on": "order date|date|created at|purchase date|paid at|invoice date|won time|close date|datum|bestelldatum"
    "|date de commande|fecha|data ordine|data",
    "amount": "total|order total|total ex tax|grand total|price|value|revenue|net amount|net sales|sum|betrag|summe"
    "|umsatz|montant|importe|importo",
    "currency": "currency code|währung|devise|moneda|divisa|valuta",
    "score": "nps|nps score|rating|stars|answer|likelihood to recommend|bewertung|note|puntuación|voto",
    "responded_on": "date|submitted at|response date|response received at|completed|created|created at|timestamp|datum"
    "|fecha|data",
    "text": "comment|comments|content|feedback|message|reason|kommentar|commentaire|comentario|commento|body",
    "referrer_id": "referrer|advocate|referred by|referrer email|inviter|empfehler|parrain|padrino",
    "referred_id": "friend|referee|referred|friend email|invitee|geworbener|filleul|invitado|invitato",
    "referred_on": "date|created at|referral date|datum|fecha|data",
    "converted_on": "conversion date|purchase date",
    "interaction_id": "message id|ticket id|conversation id|case number",
    "occurred_on": "date|created|created at|timestamp|datum|fecha|data",
    "channel": "source|medium|via|kanal|canal|canale",
    "team": "department|group|abteilung",
    "quarter": "period|survey",
    "n": "responses|respondents|headcount",
    "engagement_mean": "engagement|mean|average",
}
_LOOKS: dict[str, re.Pattern[str]] = {
    "date": re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*"),
    "yes_no": re.compile(r"(?i)yes|no|true|false|y|n|0|1"),
    "email": re.compile(".*@.*"),
    **dict.fromkeys(map(str, NUMERIC), re.compile(r"-?[^\w-]{0,2}-?[\d.,' \u00a0\u202f]*\d[^\w]{0,2}[A-Z]{0,3}")),
}
_STATE = re.compile(r"(?i)status|statut|estado|stato|event type")
_NEAR = 0.81
_SHOWN = 3


def contract_columns(header: Sequence[str]) -> dict[str, Any]:
    """The table and columns of a file that is written in the contract's own names; nothing where two tables fit."""
    named = {name.strip().casefold(): name for name in header}
    fitting = [one for one in TABLES.values() if len(one.required_names) > 1 and set(one.required_names) <= set(named)]
    if len(fitting) != 1 or 2 * len(set(fitting[0].names) & set(named)) < len(named):
        return {}
    columns = {name: named[name] for name in fitting[0].names if name in named}
    return {"table": fitting[0].name, "columns": columns | ({"_mail": named["email"]} if "email" in columns else {})}


def draft_mapping(header: list[str], first_rows: pd.DataFrame) -> tuple[dict[str, Any], tuple[Question, ...]]:
    """Return the entry of mapping.yaml with the likely fields as comments, and what must be answered first."""
    values = {name: [cell for cell in first_rows.iloc[:, place] if cell] for place, name in enumerate(header)}
    likely = {table: _fields(table, values) for table in _DRAFTED}
    needed = {table: set(TABLES[table].required_names) for table in _DRAFTED}
    best = max(_DRAFTED, key=lambda table: (needed[table] <= set(likely[table]), len(likely[table])))
    fields = {column: name for name, column in likely[best].items()}
    where, whose = "Nothing in the columns tells which table this is", "Nothing in its columns tells"
    if fields:
        where, whose = f"The columns look most like {best}", f"Its columns look most like {best}"
    comments = [f"Nothing is imported yet. {where}:"]
    for name, cells in values.items():
        role = f": perhaps {fields[name]}" if name in fields else ": not used" if fields else ""
        comments.append(f"{quoted(name)} ({listed([quoted(cell) for cell in cells[:_SHOWN]]) or 'blank'}){role}")
    questions = [Question(id="table", text=f"Which table is this? {whose}.", choices=_DRAFTED)]
    if fields:
        pasted = {"table": best} | {f"{best}.{name}": column for column, name in fields.items()}
        comments.append(f"If all of this is right: answers: {json.dumps(pasted, ensure_ascii=False)}")
    for name in TABLES[best].required_names if fields else ():
        hint = f" Perhaps {quoted(likely[best][name])}." if name in likely[best] else ""
        text = f"If it is {best}: which column is {name} ({TABLES[best].column(name).about})?{hint}"
        questions.append(Question(id=f"{best}.{name}", text=text, choices=tuple(header)))
    states = [one for one in header if best == "transactions" and one not in fields and _STATE.search(one)]
    for name in states if fields else ():
        text = f"Which word in {quoted(name)} stands for orders that count, or do `{ALL}`? Several go under `keep:`."
        questions.append(Question(id=f"words:{name}", text=text))
    return {"profile": "generic", "table": "", "columns": {}, "comments": comments}, tuple(questions)


def _fields(table: str, values: dict[str, list[str]]) -> dict[str, str]:
    """The likely column of each field: alike in name, not unlike in values; each column once, the best first."""
    pairs = []
    for column in TABLES[table].columns:
        names = [column.name, *filter(None, _plain(_CALLED.get(column.name, "")).split("|"))]
        for header, cells in values.items():
            own = _plain(header)
            near = [nearness(own, name) + name.count("_") / 100 for name in names if len(name) > 2 or name == own]
            look = _LOOKS.get(column.name, _LOOKS.get(column.kind))
            fits = look is None or all(look.fullmatch(cell.strip()) for cell in cells[:_SHOWN])
            if fits and near and max(near) >= _NEAR:
                pairs.append((max(near) + column.required / 10, column.name, header))
    found: dict[str, str] = {}
    for _, name, header in sorted(pairs, key=lambda pair: -pair[0]):
        if name not in found and header not in found.values():
            found[name] = header
    return found


def _plain(name: str) -> str:
    """A header, or names set apart by bars, without case and accents, its words joined."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return escaped(re.sub(r"[^\w|]+", "_", bare).strip("_").casefold())
