"""What customers and people outside wrote: the messages that every question of monitoring counts."""

import numpy as np
import pandas as pd

from scrm_helpers.answers import style
from scrm_helpers.conversations.degrees.message_links import ROLES
from scrm_helpers.conversations.degrees.threads import DAY, Threads

HEARD = tuple(ROLES.index(role) for role in ("customer", "other"))
WHO = "customers and people outside"
UNHAPPY = 0.0  # a tone below it
COLUMNS = ("function", "is_public", "reach", "sentiment", "text")


def heard_messages(interactions: pd.DataFrame, threads: Threads) -> pd.DataFrame:
    """Take messages of customers and others, with author, thread, month and those of `COLUMNS` that are there."""
    said = threads.messages[np.isin(threads.messages["role"], HEARD)]
    taken = interactions[[name for name in COLUMNS if name in interactions]].iloc[said["row"].to_numpy()]
    month = pd.Series((said["days"].to_numpy() * DAY).round().astype("datetime64[us]")).dt.to_period("M")
    columns = {"author": said["author"].to_numpy(), "thread": said["thread"].to_numpy(), "month": month.to_numpy()}
    return taken.reset_index(drop=True).assign(**columns)


def whole_months(heard: pd.DataFrame, as_of: pd.Timestamp) -> pd.PeriodIndex:
    """List the months after the first with a message, which may lack days, to the last that is over."""
    after = (as_of.normalize() + pd.Timedelta(days=1)).to_period("M")
    return pd.period_range(heard["month"].min() + 1 if len(heard) else after, after - 1, freq="M")


def name_months(axes: style.Axes, months: pd.Index) -> None:
    """Name some of the months below the bars."""
    each = max(len(months) // 8, 1)
    axes.set_xticks(range(0, len(months), each), [month.strftime("%b %Y") for month in months[::each]])
