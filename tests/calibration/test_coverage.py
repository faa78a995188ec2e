"""Do intervals hold the truth as often as they say? Simulated coverage, with broken intervals that must fail."""

import numpy as np
import pytest
from calibration.conftest import ASKED

from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.intervals import adjusted_interval, wilson
from scrm_helpers.stats.rank import auc, rank_coefficients, somers_d

WORLDS = 2000
MANY = ASKED or 1000
SHARES = np.array([2, 1, 2, 2, 3, 6, 6, 10, 22, 22, 24]) / 100


def answers(n, worlds=WORLDS, seed=1):
    """Return promoters and detractors of simulated surveys, and the true score."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n, [SHARES[:7].sum(), SHARES[7:9].sum(), SHARES[9:].sum()], size=worlds)
    return counts[:, 2], counts[:, 0], SHARES[9:].sum() - SHARES[:7].sum()


def coverage(interval, n, **kinds):
    up, down, truth = answers(n, **kinds)
    found = [interval(int(p), int(d), n) for p, d in zip(up, down, strict=True)]
    return np.array([one.low <= truth <= one.high for one in found])


def wald(promoters, detractors, n, z=1.959964):
    """Give the textbook interval, which the kit does not offer."""
    theta = (promoters - detractors) / n
    half = z * np.sqrt((promoters + detractors) / n - theta**2) / np.sqrt(n)
    return type("Ends", (), {"low": theta - half, "high": theta + half})


@pytest.mark.parametrize("n", [30, 100, 400])
def test_adjusted_net_score(in_band, n):
    assert in_band(coverage(adjusted_interval, n))


@pytest.mark.parametrize("n", [5, 10])
def test_adjusted_net_score_of_very_few_answers_errs_on_the_safe_side(n):
    assert 0.94 <= coverage(adjusted_interval, n).mean() <= 0.985


def test_broken_net_scores_are_caught(in_band):
    assert not in_band(coverage(wald, 10))
    assert not in_band(coverage(lambda p, d, n: wald(p, d, n, z=1.644854), 100))
    assert not in_band(coverage(lambda p, d, n: adjusted_interval(p, d, n, level=0.90), 100))


@pytest.mark.parametrize(("share", "n"), [(0.14, 200), (0.3, 100), (0.05, 400)])
def test_wilson(in_band, share, n):
    hits = np.random.default_rng(2).binomial(n, share, WORLDS)
    held = [wilson(int(k), n)[0] <= share <= wilson(int(k), n)[1] for k in hits]
    assert in_band(held)


def test_textbook_share_is_caught(in_band):
    hits = np.random.default_rng(2).binomial(40, 0.05, WORLDS)
    half = 1.959964 * np.sqrt(hits / 40 * (1 - hits / 40) / 40)
    assert not in_band(np.abs(hits / 40 - 0.05) <= half)


def zero_inflated(n, rng):
    return np.where(rng.random(n) < 0.3, rng.lognormal(0.0, 1.2, n), 0.0)


ZERO_INFLATED_MEAN = 0.3 * np.exp(1.2**2 / 2)


@pytest.mark.parametrize("n", [100, 400])
def test_bootstrap_t_of_referral_value_beats_the_percentile_interval(n):
    # heavy tails: 95 % is out of reach, 91 % is not, and the percentile interval stays well below
    rng = np.random.default_rng(3)
    ours, percentile, defined = [], [], 0
    for world in range(MANY):
        amounts = zero_inflated(n, rng)
        found = mean_bootstrap_t(amounts, draws=400, seed=world)
        if found.low is None:
            continue
        defined += 1
        ours.append(found.low <= ZERO_INFLATED_MEAN <= found.high)
        draws = amounts[rng.integers(0, n, (400, n))].mean(axis=1)
        low, high = np.quantile(draws, [0.025, 0.975])
        percentile.append(low <= ZERO_INFLATED_MEAN <= high)
    assert defined >= 0.99 * MANY
    assert np.mean(ours) >= 0.915
    assert np.mean(ours) >= np.mean(percentile) + 0.015


def test_bootstrap_t_of_random_blocks_covers_as_that_of_rows(monkeypatch, in_band):
    monkeypatch.setattr("scrm_helpers.stats.chance.MANY_ROWS", 200)
    rng, held = np.random.default_rng(4), []
    for world in range(MANY):
        found = mean_bootstrap_t(rng.gamma(1.0, 1.0, 2000), draws=300, seed=world)
        held.append(found.low <= 1.0 <= found.high)
    assert in_band(held, band=None)


def test_bootstrap_t_of_accounts(in_band):
    rng, held = np.random.default_rng(5), []
    clusters = np.repeat(np.arange(60), 5)
    for world in range(MANY):
        values = 10 + np.repeat(rng.normal(size=60), 5) + rng.normal(size=300)
        found = mean_bootstrap_t(values, draws=300, seed=world, clusters=clusters)
        held.append(found.low <= 10 <= found.high)
    assert in_band(held, band=None)


def ordered(n, slope, rng):
    score = rng.choice(11, n, p=SHARES)
    made = rng.poisson(np.exp(-1.2 + slope * (score - 7.5)) * rng.gamma(0.5, 2.0, n))
    return score, made


@pytest.mark.parametrize("slope", [0.0, 0.15])
def test_somers_d_and_area_under_the_curve(in_band, slope):
    rng = np.random.default_rng(7)
    truth_d, truth_a = (np.mean([f(*w).value for w in big]) for f, big in _large(slope))
    held = np.empty((WORLDS, 2), bool)
    for world in range(WORLDS):
        score, made = ordered(250, slope, rng)
        d, area = somers_d(made, score), auc(made > 0, score)
        held[world] = d.low <= truth_d <= d.high, area.low <= truth_a <= area.high
    assert in_band(held[:, 0])
    assert in_band(held[:, 1])


def _large(slope):
    rng = np.random.default_rng(8)
    worlds = [ordered(200_000, slope, rng) for _ in range(10)]
    yield (lambda score, made: somers_d(made, score)), worlds
    yield (lambda score, made: auc(made > 0, score)), worlds


def test_somers_d_that_forgets_the_ties_is_caught(in_band):
    """Without the ties D becomes gamma, whose truth is another."""
    rng, held = np.random.default_rng(9), []
    score, made = ordered(400_000, 0.15, rng)
    truth = somers_d(made, score).value
    for _ in range(500):
        score, made = ordered(1000, 0.15, rng)
        found = rank_coefficients(made, score)["gamma"]
        held.append(found.low <= truth <= found.high)
    assert not in_band(held)
