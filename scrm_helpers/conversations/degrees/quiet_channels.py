"""Social CRM without social media: do others take part in conversations by e-mail, on the phone and in the shop?"""

from statistics import NormalDist

import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.degrees.degree_rules import Judged
from scrm_helpers.conversations.degrees.six_degrees import SOCIAL
from scrm_helpers.conversations.degrees.threads import UNKNOWN
from scrm_helpers.stats.fits import difference
from scrm_helpers.stats.intervals import clustered_share, normal_quantile

PRIVATE = r"mail|phone|shop|store|branch|letter|chat|counter|visit"  # channels that are no social media


class SocialWithoutMedia(Answer):
    """Share of the threads at degree five or six away from social media, beside that in public."""

    ABSENT = "Whether there is Social CRM without social media cannot be told: {reason}."

    share: Measure = unknown("social_share_without_media", "share")
    public: Measure = unknown("social_share_in_public", "share")
    apart: Measure = unknown("social_share_difference", "share")
    p_value: float | None = None

    def claimed(self) -> tuple[Claim, ...]:
        tested = "share at degree five or six by e-mail, phone and in the shop less that in public, customers' threads"
        same = Chance(0.0, "the same share in both")
        return (Claim(name=self.apart.name, tested=tested, estimate=self.apart, chance=same, p=self.p_value),)

    def words(self) -> Words:
        both = (("E-mail, phone, shop", self.share), ("In public", self.public))
        beyond = {
            1: "more often than in public",
            -1: "less often than in public",
            0: "and a difference from public places is not shown",
        }[self.tested(self.apart.name).direction]
        there = "There is Social CRM without social media" if self.share.value else "No conversation there is social"
        return Words(
            sentence=(
                f"{there}: by e-mail, phone and in the shop others take part in {numbers.percent(self.share.value)} "
                f"of the conversations ({numbers.span(self.share, numbers.percent)}), {beyond} "
                f"({numbers.percent(self.public.value)}, {numbers.span(self.public, numbers.percent)})."
            ),
            title=f"By e-mail, phone and in the shop they do in {numbers.percent(self.share.value)} "
            f"({numbers.span(self.share, numbers.percent)}), {beyond}",
            table=pd.DataFrame(
                [(name, one.n, one.value, one.low, one.high) for name, one in both],
                columns=["Where", "Threads", "Degree 5 or 6", "From", "To"],
            ),
            formats={"Threads": "count", "Degree 5 or 6": "percent", "From": "percent", "To": "percent"},
            caption="Conversations in which others take part",
            note="Threads that customers opened; what they want differs between channels too; by rule",
        )


def social_without_media(judged: Judged, terms: Terms) -> SocialWithoutMedia:
    """Count the threads at degree five or six by e-mail, phone and in the shop, and in public.

    Parameters
    ----------
    judged : Judged
    terms : Terms

    Returns
    -------
    SocialWithoutMedia

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> social_without_media(judge_threads(read_threads(rows, terms.as_of)), terms).reason
    'no thread of customers has a known channel away from social media'
    """
    table = judged.table
    table = table[table["inbound"] & (table["channel"] != UNKNOWN)]
    private = table["channel"].astype(str).str.lower().str.contains(PRIVATE).to_numpy(bool)
    if not private.any():
        return SocialWithoutMedia(reason="no thread of customers has a known channel away from social media")
    social, cluster = (table["degree"] >= SOCIAL).to_numpy(), table["cluster"].to_numpy()
    inside, outside = (clustered_share(social[who], cluster[who], level=terms.level) for who in (private, ~private))
    apart, p = difference(outside, inside), None
    if apart.value is not None and apart.low is not None and apart.high is not None and apart.high > apart.low:
        near = apart.low if apart.value > 0 else apart.high  # the end that decides, on the scale of its own error
        z = normal_quantile(terms.level) * abs(apart.value) / max(abs(apart.value - near), 1e-12)
        p = 2 * NormalDist().cdf(-z)
    return SocialWithoutMedia(
        population="threads that customers opened",
        window="all threads that can be judged",
        share=inside.measure("social_share_without_media", "share"),
        public=outside.measure("social_share_in_public", "share"),
        apart=apart.measure("social_share_difference", "share"),
        p_value=p,
    )
