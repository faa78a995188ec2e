"""Whether anybody leaves is believed only where the data pay for the further parameters."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.lifetime.purchase_models import evidence_of_leaving
from scrm_helpers.value.models.beta_geometric import fit_nbd


def staying(n, seed, r=1.2, alpha=10.0):
    rng = np.random.default_rng(seed)
    age = rng.uniform(30, 60, n)
    x = rng.poisson(rng.gamma(r, 1 / alpha, n) * age)
    last = np.where(x > 0, age * rng.random(n) ** (1 / np.maximum(x, 1)), 0.0)
    return pd.DataFrame({"frequency": x, "recency": last, "age": age})


def test_cdnow_customers_leave(cdnow):
    found = evidence_of_leaving(cdnow)
    gains = found.table.set_index("Model")["Above nobody leaves"]
    assert gains.to_dict() == pytest.approx(
        {"NBD": 0, "BG/NBD": 9763.6602 - 9582.4256, "MBG/NBD": 9763.6602 - 9582.1327}, abs=2e-4
    )
    assert found.table["Needed to be believed"].iloc[1] == pytest.approx(np.log(2_357))
    assert found.sentence.startswith("Customers do leave: the MBG/NBD fits 181.5 log-likelihood units better")


def test_where_nobody_leaves_nobody_is_said_to_leave():
    said = [evidence_of_leaving(staying(600, seed)).sentence for seed in range(25)]
    assert sum(sentence.startswith("Customers do leave") for sentence in said) <= 1


def test_nbd_recovers_its_parameters_in_any_unit():
    history = staying(20_000, 1)
    fitted = fit_nbd(history)
    error = np.sqrt(np.diag(fitted.covariance))
    assert (np.abs(np.log(fitted.parameters / [1.2, 10.0])) < 3.5 * error).all()
    hours = fit_nbd(history.assign(recency=history["recency"] * 168, age=history["age"] * 168))
    assert hours.parameters == pytest.approx(fitted.parameters * [1, 168], rel=1e-8)


@pytest.mark.parametrize(
    ("x", "reason"), [([0, 0], "nobody bought a second time"), ([2], "one customer does not show how customers differ")]
)
def test_what_cannot_be_said_has_a_reason(x, reason):
    history = pd.DataFrame({"frequency": x, "recency": [min(3.0, 3.0 * k) for k in x], "age": 9.0})
    found = evidence_of_leaving(history)
    assert found.measures[0].value is None
    assert found.measures[0].reason == reason
    assert reason in found.sentence
