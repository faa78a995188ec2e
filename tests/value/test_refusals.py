"""Data that would make a value wrong are refused in words that let a chapter bow out; wrong calls stay errors."""

import pandas as pd
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.value.lifetime.purchase_models import fit_purchases
from scrm_helpers.value.models.beta_geometric import BGNBD
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import laplace_draws

HISTORY = pd.DataFrame({"frequency": [1.0], "recency": [3.0], "age": [9.0], "mean_spend": [1.0]})


@pytest.mark.parametrize(
    "asked",
    [
        lambda: laplace_draws(ModelFit(of=BGNBD, n=1, reason="there is only one customer"), 10, 1),
    ],
)
def test_data_that_cannot_answer_are_refused(asked):
    with pytest.raises(Refusal) as refused:
        asked()
    assert str(refused.value).count(".") >= 2  # what, why it matters, what to do


def test_a_wrong_call_is_an_error_and_no_refusal():
    with pytest.raises(ValueError, match="known") as error:
        fit_purchases(HISTORY, "BG/NBDD")
    assert not isinstance(error.value, Refusal)
