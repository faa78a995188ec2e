"""The truth that is planted in the sample company: every probability and effect, in one place.

The referral funnel is the published one of the financial services firm in Kumar, Petersen and Leone (2007):
of all customers asked 68 % intended to refer, 33 % did, 14 % brought a new customer.
"""

import numpy as np

DAYS = 1095
"""Length of the company's history in days; the last day is `as_of`."""

# People
SEGMENTS = ("Consumer", "Business", "Partner", "Education", "Pilot group")
SEGMENT_SHARES = np.array([0.62, 0.22, 0.10, 0.057, 0.003])
SEGMENT_TILT = np.array([0.05, -0.15, 0.10, 0.0, 0.0])
"""How strongly satisfaction pulls a customer towards the segment (log odds per standard deviation)."""
REGIONS = ("North", "South", "West", "East")
REGION_SHARES = np.array([0.30, 0.27, 0.23, 0.20])
ZERO_INFLUENCE_REGION = "East"
SAME_REGION = np.array([0.80, 0.80, 0.80, 0.95])
"""Chance that a referred person lives in the region of the referrer, by region of the referrer."""
ALIKE = np.array([0.20, 0.20, 0.20, 0.70])
"""Correlation of the purchase rates (normal scores) of referrer and referred: homophily, by region."""
ORGANIC_CHANNELS = ("search", "shop", "fair", "social")
ORGANIC_SHARES = np.array([0.40, 0.30, 0.12, 0.18])
ACQUISITION_COST = {"search": 32.0, "shop": 18.0, "fair": 55.0, "social": 41.0, "referral": 12.0}
CONSENT_SHARE = 0.82

# Purchases: BG/NBD in weeks, Gamma-Gamma in euros
BG_NBD = {"r": 0.80, "alpha": 12.0, "a": 0.80, "b": 2.50}
GAMMA_GAMMA = {"p": 6.0, "q": 4.0, "gamma": 30.0}
MARGIN_RATE = 0.35
REFUND_SHARE = 0.02
TRIGGER = 0.20
"""Chance that an order of a referrer triggers one of a person he referred, outside the zero-influence region."""
TRIGGER_DAYS = 14

# Answers and referrals
WAVES = (265, 655, 1050)
"""Day on which the invitations of each wave begin; the windows of the first two end before the next one begins."""
WINDOW = 365
INVITED_SHARE = 0.80
INTENDS_FROM = 8
ANSWERED = np.array([0.02, 0.01, 0.02, 0.02, 0.03, 0.06, 0.06, 0.10, 0.21, 0.20, 0.27])
"""Distribution of the scores 0-10 among those who answered: 68 % give 8 or more."""
RESPONSE = np.array([0.28, 0.28, 0.29, 0.30, 0.32, 0.35, 0.38, 0.42, 0.48, 0.54, 0.60])
"""Chance to answer an invitation, by the score the customer would give."""
FUNNEL = {"intend": 0.68, "refer": 0.33, "bring_a_customer": 0.14}
STABLE = 0.6
"""Share of the variance of satisfaction that belongs to the person; the rest changes from wave to wave."""
EXTRA_REFERRALS = (0.6, 0.45)
"""Negative binomial of the referrals beyond the first within one window."""
STAR_SHARE = 0.004
STAR_REFERRALS = 25.0
CHAINS = 0.001
CHAIN_LENGTH = 10
INFLUENCERS = 0.004
INFLUENCER_REFERRALS = (0.7, 0.08)


def latent_scores() -> np.ndarray:
    """Distribution of the score every customer would give, answering or not."""
    weights = ANSWERED / RESPONSE
    return weights / weights.sum()


def refers() -> np.ndarray:
    """Chance to refer somebody within the window, by score 0-10; 33 % among those who answered."""
    rising = 0.15 + 0.022 * np.arange(11)
    return rising * FUNNEL["refer"] / (rising @ ANSWERED)


def somers_d() -> dict[str, float]:
    """Association of score and referring at any sample size, from the planted probabilities alone."""
    yes, no = ANSWERED * refers(), ANSWERED * (1 - refers())
    concordant = float(np.sum(yes[1:] * np.cumsum(no)[:-1]))
    discordant = float(np.sum(no[1:] * np.cumsum(yes)[:-1]))
    untied_score = (1 - float(np.sum(ANSWERED**2))) / 2
    auc = 0.5 + (concordant - discordant) / (2 * yes.sum() * no.sum())
    return {
        "referred_given_score": (concordant - discordant) / untied_score,
        "score_given_referred": float(2 * auc - 1),
        "auc": float(auc),
    }
