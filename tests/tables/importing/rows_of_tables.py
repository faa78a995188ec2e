"""Facts counted from the rows of an import alone, in the words of the record of a made file."""

from collections import Counter
from decimal import Decimal

import pandas as pd


def money(rows):
    """Sums by currency as text."""
    sums = {}
    for currency, amount in zip(rows["currency"], rows["amount"], strict=True):
        sums[currency] = sums.get(currency, Decimal(0)) + Decimal(amount)
    return sums


def transactions(frame):
    """Facts counted from the rows alone: an amount below zero is a refund."""
    frame = frame if "currency" in frame else frame.assign(currency="")
    refund = frame["amount"].map(Decimal) < 0
    gross, back, days = money(frame[~refund]), money(frame[refund]), sorted(frame["ordered_on"][~refund])
    assert frame["order_id"].is_unique
    back = {currency: -back.get(currency, Decimal(0)) for currency in gross}
    net = {currency: gross[currency] - back[currency] for currency in gross}
    text = {"gross": gross, "refunded": back, "net": net}
    return {
        "orders": int((~refund).sum()),
        **{name: {currency: f"{amount:.2f}" for currency, amount in sums.items()} for name, sums in text.items()},
        "first_day": days[0],
        "last_day": days[-1],
    }


def referrals(frame):
    """Facts counted from the rows alone; a self-referral names one person twice."""
    selves = frame["referrer_id"] == frame["referred_id"]
    valid = frame[~selves & ~_left(frame)]
    return {
        "valid": len(valid),
        "converted": int((valid.get("converted_on", pd.Series("", index=valid.index)) != "").sum()),
        "referrers": valid["referrer_id"].nunique(),
        "selves": int(selves.sum()),
    }


def _left(frame):
    return frame.get("_left_out", pd.Series("", index=frame.index)) != ""


def interactions(frame):
    """Facts counted from the rows alone: a thread is answered if the company writes after somebody else."""
    ours = frame["author_role"].isin(["employee", "brand"])
    others = set(frame.loc[~ours, "thread_id"])
    return {
        "messages": len(frame),
        "threads": frame["thread_id"].nunique(),
        "public": int((frame.get("is_public", pd.Series("", index=frame.index)) == "yes").sum()),
        "answered": len(others & set(frame.loc[ours, "thread_id"])),
    }


def customers(frame):
    """Facts counted from the rows alone."""
    said = Counter(frame.get("consent_contact", pd.Series(dtype="str")))
    return {"rows": len(frame), "consent": {"yes": said["yes"], "no": said["no"]}}


COUNT = {"transactions": transactions, "referrals": referrals, "interactions": interactions, "customers": customers}


def found(imported, like):
    """What a file gave, by table."""
    return {table: COUNT[table](imported.tables[table]) for table in like}


def settled(imported):
    """Whether a file was read without anything left to answer."""
    return not imported.refused and not any(question.decides for question in imported.questions)
