"""The words of the contract: what a column of states, roles or yes and no may say, and what means the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

INVISIBLE = "\\s\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff"
"""Characters that the eye overlooks, for use inside a character class."""
BLANK = f"^[{INVISIBLE}]*$"
NOTHING = ("na", "n/a", "nan", "null", "(null)", "\\n", "none", "nil", "-", "--", "<na>", "undefined")
"""Words that programs write where nothing is known, in lower case."""


@dataclass(frozen=True)
class Vocabulary:
    """The words of a column, each with other spellings of it; further words are refused, or kept as `own` ones."""

    spellings: tuple[tuple[str, str], ...]  # (word, other spellings set apart by bars)
    own: bool = False
    silent: str = ""  # spellings that need no remark, set apart by bars

    @property
    def words(self) -> tuple[str, ...]:
        """The words themselves, in order."""
        return tuple(word for word, _ in self.spellings)

    @cached_property
    def _meanings(self) -> dict[str, str]:
        return {_plain(one): word for word, others in self.spellings for one in (word, *others.split("|")) if one}

    def read(self, text: str) -> str | None:
        """The word that a text means; None where it is none of them."""
        return self._meanings.get(_plain(text))

    def needs_remark(self, text: str, word: str) -> bool:
        """Whether a reader should be told that a text was read as a word."""
        return text != word and _plain(text) not in self.silent.split("|")


def _plain(text: str) -> str:
    return re.sub(f"[{INVISIBLE}_-]+", " ", text).strip().casefold()


YES_NO = Vocabulary(
    (
        ("yes", "true|t|y|1|1.0|ja|j|oui|vrai|sí|si|sim|verdadero|wahr|tak|x|✓|checked"),
        ("no", "false|f|n|0|0.0|nein|non|faux|não|nao|falso|falsch|nie|unchecked"),
    ),
    silent="yes|true|t|y|1|1.0|no|false|f|n|0|0.0",
)
AUTHOR_ROLE = Vocabulary(
    (
        ("customer", "client|user|member|buyer|kunde|kundin|end user|requester"),
        ("employee", "staff|agent|support|team member|mitarbeiter|mitarbeiterin"),
        ("brand", "company|firm|official|page|admin|marke"),
        ("partner", "reseller|dealer|affiliate"),
        ("other", "unknown|guest|anonymous|visitor|public|none"),
    )
)
LEDGER_KIND = Vocabulary(
    (
        ("benefit", "benefits|income|revenue|return|saving|savings|nutzen"),
        ("cash", "cost|costs|expense|expenses|cash cost|cash out|kosten"),
        ("paid_time", "paid hours|working time|staff time|arbeitszeit"),
        ("volunteered_time", "volunteer time|volunteer hours|voluntary time|volunteered hours"),
        ("reward", "rewards|incentive|incentives"),
    )
)
REFERRAL_STATUS = Vocabulary(
    (
        (
            "converted",
            (
                "conversion|convert|paid|approved|confirmed|completed|complete|successful|success|won|closed won|"
                "purchased|bought|ordered|customer|became customer|rewarded|redeemed|credited|fulfilled|earned|"
                "gewonnen|bezahlt|bestätigt|abgeschlossen|geworben"
            ),
        ),
        (
            "pending",
            (
                "open|invited|sent|shared|clicked|waiting|new|lead|referred|created|submitted|started|in progress|"
                "in review|under review|processing|signed up|registered|draft|on hold|offen|ausstehend|eingeladen"
            ),
        ),
        (
            "declined",
            (
                "rejected|cancelled|canceled|refused|expired|lost|closed lost|invalid|failed|denied|void|voided|fraud|"
                "fraudulent|blocked|ineligible|not eligible|disqualified|refunded|reversed|duplicate|spam|deleted|"
                "abgelehnt|storniert|abgelaufen|ungültig|verloren|not converted|unconverted|no"
            ),
        ),
    ),
    own=True,
)
IDEA_STATUS = Vocabulary(
    (
        ("submitted", "new|open|received|pending|in review|under review|waiting|eingereicht|offen"),
        ("accepted", "approved|planned|in progress|started|selected|angenommen|geplant"),
        ("implemented", "done|shipped|live|launched|completed|complete|released|delivered|umgesetzt|realised|realized"),
        ("rejected", "declined|closed|refused|not planned|cancelled|canceled|duplicate|abgelehnt"),
    ),
    own=True,
)
STAGE = Vocabulary(
    (
        ("idea", "proposed|planned|draft|idee"),
        ("running", "active|live|in progress|started|ongoing|laufend|aktiv"),
        ("stopped", "cancelled|canceled|ended early|aborted|gestoppt|abgebrochen"),
        ("finished", "completed|complete|done|ended|closed|beendet|abgeschlossen"),
    ),
    own=True,
)
UNIT = Vocabulary(
    (
        ("currency", "money|geld|währung"),
        ("hours", "hour|h|hr|hrs|stunden|stunde|std|heures|person hours"),
        ("points", "point|pts|punkte"),
    ),
    own=True,
)
