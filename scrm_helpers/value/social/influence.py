"""Customer influence value: what people move in others by their messages, on top of buying and referring."""

from dataclasses import field, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Terms, Words, counted, numbers, unknown
from scrm_helpers.value.matrix.whale import bring

WINDOW_DAYS = 14
NO_SHARES = pd.DataFrame({"influencer": [], "influenced": [], "share": []}).astype({"share": float})
STAFF = ("employee", "brand", "partner")
HEAD = "Influence value"


def estimated_influence_share(
    reacted: pd.DataFrame, transactions: pd.DataFrame, as_of: pd.Timestamp, joined: pd.Series
) -> Measure:
    """Estimate the share of purchases that messages explain: orders just after a reaction against just before it."""
    # One test over everybody, with its p-value: by people's sums, as an order near two reactions is counted with both
    from scipy.special import bdtrc

    name, window = "influence_share_of_purchases", pd.Timedelta(days=WINDOW_DAYS)
    moment, born = reacted["occurred_on"], reacted["influenced"].map(joined)
    usable = reacted[(moment + window <= as_of) & ~(moment - window < born)]  # both windows whole
    usable = usable[["influenced", "occurred_on"]].drop_duplicates()
    buyers = transactions[transactions["ordered_on"] <= as_of]
    own = buyers[buyers["customer_id"].isin(usable["influenced"])]
    if not len(own):
        return unknown(name, "share", "nobody who reacted to a message has bought")
    pairs = usable.merge(own[["customer_id", "ordered_on"]], left_on="influenced", right_on="customer_id")
    gap = (pairs["ordered_on"].dt.normalize() - pairs["occurred_on"].dt.normalize()).dt.days
    extra = gap.between(1, WINDOW_DAYS).astype(float) - (-gap).between(1, WINDOW_DAYS)
    each = extra.groupby(pairs["influenced"]).sum()
    share, error = float(each.sum()) / len(own), float(np.sqrt(max((each**2).sum(), 1))) / len(own)
    followed, preceded = int((each > 0).sum()), int((each < 0).sum())
    p = bdtrc(followed - 1, followed + preceded, 0.5) if followed + preceded else 1.0  # so many or more, by luck
    estimated = partial(Measure, name=name, value=share, unit="share", n=len(usable), p=float(p), kind="attributed")
    return estimated(low=share - 1.96 * error, high=share + 1.96 * error)


def usable_share(estimate: Measure, shown: bool) -> tuple[float, str]:
    """Turn the estimate into a share that can be used, and say in words what it is."""
    if estimate.value is None or estimate.high is None:
        return 0.0, f"Influence on purchases cannot be estimated, because {estimate.reason}; influence value is 0."
    span = numbers.interval(estimate.low, estimate.high, numbers.percent)
    if shown:
        share = min(estimate.value, 1.0)
        return share, (
            f"Messages go with {numbers.percent(share)} of the purchases of those who react to them (95% range {span})"
            "; influence value counts at that share."
        )
    share = min(max(estimate.high, 0.0), 1.0)
    return share, (
        f"No influence of messages on purchases can be shown (95% range {span} of the purchases of those who react); "
        "influence value counts at its upper end, a limit, not an estimate; chapter 06 takes its middle."
    )


class InfluenceValue(Answer):
    """Influence value by person, and the shares it rests on (``influencer``, ``influenced``, ``share``)."""

    ABSENT = "Influence value cannot be given, because {reason}."

    total: Measure = unknown("civ_total", "EUR")
    by_person: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    shares: pd.DataFrame = field(default_factory=lambda: NO_SHARES)
    influence_share: float = 0.0
    reactions: int = 0
    span: tuple[float, float] = (1.0, 1.0)  # ends of the range of that share, as parts of it
    assumed: str = ""  # where the share of purchases that messages explain comes from; empty without messages
    moved: Measure | None = None  # the estimated share, where none was given

    def claimed(self) -> tuple[Claim, ...]:
        if self.moved is None:
            return ()
        tested = f"orders in the {WINDOW_DAYS} days after a reaction less those before, sign test over people"
        return (moves_purchases(self.moved, tested, self.assumed),)

    def words(self) -> Words:
        total, currency = self.total.value or 0.0, self.total.unit
        best = self.by_person[self.by_person > 0].sort_values(ascending=False)
        text = "No influence value is credited: no message was reacted to, or influence explains no purchases here."
        if total:
            worth = f"what is credited to them {bring(total, currency, 'brings', cost='costs', they='it')}"
            worth = f"this is worth {numbers.money(total, currency)}" if total > 0 else worth
            text = f"{numbers.plural(int((self.by_person != 0).sum()), 'person', 'people')} wrote messages that others "
            text += f"reacted to; at an influence share of {numbers.percent(self.influence_share)} {worth}."
        rows = [(f"Best {most}", len(best[:most]), float(best[:most].sum())) for most in (10, 100)]
        return Words(
            sentence=f"{text} {self.assumed}".strip(),
            table=pd.DataFrame([*rows, ("All with influence", len(best), total)], columns=["Group", "People", HEAD]),
            formats={"People": "count", HEAD: "money"},
            caption="Influence value by rank",
            note=f"n = {numbers.plural(self.reactions, 'reaction')}; attributed: it is part of the value of others as "
            "well",
        )


def replies(interactions: pd.DataFrame) -> pd.DataFrame:
    """Pair each reply to somebody else with what it replies to, by place, and say of both who wrote them."""
    place = pd.Index(interactions["interaction_id"]).get_indexer(pd.Index(interactions["in_reply_to"]))
    staff = interactions.get("author_role", pd.Series("customer", interactions.index)).isin(STAFF).to_numpy()
    author, reply = interactions["author_id"].to_numpy(), np.flatnonzero(place >= 0)
    asked = place[reply]
    pairs = {"question": asked, "reply": reply, "asker": author[asked], "author": author[reply]}
    found = pd.DataFrame(pairs).assign(asker_paid=staff[asked], paid=staff[reply])
    return found[found["author"] != found["asker"]]


def moves_purchases(moved: Measure, tested: str = "", sentence: str = "") -> Claim:
    """State that messages move purchases, against as many orders before a reaction as after it."""
    even = Chance(0.0, "as many orders before a reaction as after it")
    return Claim(name="messages_move_purchases", tested=tested, estimate=moved, chance=even, sentence=sentence)


def reactions(interactions: pd.DataFrame) -> pd.DataFrame:
    """Find who reacted to whom: a reply is a reaction of its author to the author of what is replied to."""
    found = replies(interactions)
    found = found[found["asker"].notna() & found["author"].notna() & ~found["paid"]].reset_index(drop=True)
    found["occurred_on"] = interactions["occurred_on"].to_numpy()[found["reply"]]
    names = {"asker": "influencer", "author": "influenced", "occurred_on": "occurred_on", "asker_paid": "by_staff"}
    return found[[*names]].rename(columns=names)


def influence_shares(reacted: pd.DataFrame) -> pd.DataFrame:
    """Share each person's reactions among those who caused them; the company's own messages take their part."""
    count = reacted.groupby(["influencer", "influenced", "by_staff"], as_index=False).size()
    count["share"] = count["size"] / count.groupby("influenced")["size"].transform("sum")
    return count.loc[~count["by_staff"].astype(bool), ["influencer", "influenced", "share"]].reset_index(drop=True)


def credited_influence(shares: pd.DataFrame, value: pd.Series, recursive: bool = False) -> pd.Series:
    """Credit each influencer with the shares of what the people they influence are worth."""
    from scipy.sparse import csr_array, identity
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import spsolve

    people = value.index.union(pd.Index(pd.concat([shares["influencer"], shares["influenced"]]).unique()))
    upper, lower = (people.get_indexer(pd.Index(shares[end])) for end in ("influencer", "influenced"))
    weights = csr_array((shares["share"].to_numpy(float), (upper, lower)), shape=(len(people), len(people)))
    worth = value.reindex(people).fillna(0.0).to_numpy(float)
    if not recursive:
        return pd.Series(weights @ worth, people)
    part = connected_components(weights, connection="strong")[1]  # endless where a circle hands on all it is given
    inside = np.bincount(lower, shares["share"] * (part[upper] == part[lower]), minlength=len(people))
    if pd.Series(inside).groupby(part).min().max() >= 1 - 1e-9:
        raise Refusal(
            "The influence shares have a spectral radius of 1.000; below 1 is needed. People would credit each "
            "other in a circle without end. Use the one-step form, or lower the share that influence explains."
        )
    return pd.Series(spsolve((identity(len(people), format="csc") - weights).tocsc(), worth) - worth, people)


def influence_of_messages(
    messages: pd.DataFrame,
    transactions: pd.DataFrame,
    people: pd.DataFrame,
    terms: Terms,
    *,
    influence_share: float | None = None,
    recursive: bool = False,
) -> InfluenceValue:
    """Value the influence of messages on people (``clv, seen_on``), at a share estimated from orders unless given."""
    if untold := sorted({"author_id", "in_reply_to"} - set(messages.columns)):
        none = no_influence(f"the table interactions has no column {', '.join(untold)}", terms.currency)
        return replace(none, assumed=none.sentence)
    reacted = reactions(messages[messages["occurred_on"] <= terms.as_of])
    clv, moved = people["clv"], None
    if influence_share is None:
        moved = estimated_influence_share(reacted, transactions, terms.as_of, people["seen_on"])
        share, said = usable_share(moved, moves_purchases(moved).verdict == "shown")
    else:
        share, said = influence_share, f"The share of purchases that messages explain is set to {influence_share:.0%}."
    try:
        worth = influence_value(reacted, clv, share, recursive=recursive, currency=terms.currency)
        said += " What the influenced move in others is credited as well." if recursive else ""
    except Refusal as endless:
        worth = influence_value(reacted, clv, share, currency=terms.currency)
        said += f" {str(endless).split(';')[0]}, so that credit would go round without end: one step is credited."
    span = (1.0, 1.0)
    if moved is not None and share:
        span = (max(moved.low or 0.0, 0.0) / share, min(max(moved.high or 0.0, 0.0), 1.0) / share)
    return replace(worth, assumed=worth.sentence if worth.reason else said, moved=moved, span=span)


def influence_value(
    reacted: pd.DataFrame, value: pd.Series, influence_share: float, *, recursive: bool = False, currency: str = "EUR"
) -> InfluenceValue:
    """Value what each person moves in others by their messages."""
    if not 0 <= influence_share <= 1:
        raise ValueError(f"The share that influence explains is {influence_share}; it must lie within 0-1.")
    shares = influence_shares(reacted).assign(share=lambda rows: rows["share"] * influence_share)
    if value.isna().all():
        return no_influence("nobody has a lifetime value of which others could be credited a share", currency)
    credited = credited_influence(shares, value, recursive)
    total, n = float(credited.sum()), int((credited > 0).sum())
    return InfluenceValue(
        population="people whose messages others reacted to",
        window="the coming twelve months of those who reacted",
        total=counted("civ_total", total, n, currency, "the share may be a limit", kind="attributed"),
        by_person=credited,
        shares=shares,
        influence_share=influence_share,
        reactions=len(reacted),
    )


def no_influence(reason: str, currency: str) -> InfluenceValue:
    """Say why there is no influence value."""
    return InfluenceValue(reason=reason, total=unknown("civ_total", currency, reason))
