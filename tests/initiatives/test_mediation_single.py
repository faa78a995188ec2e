"""Single-level mediation against R's mediation package and a world whose paths are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.stats

from scrm_helpers.initiatives.mediation_single import mediated_effect

FRAMING = Path(statsmodels.stats.__file__).parent / "tests" / "results" / "framing.csv"


def world(n=400, seed=1, a=0.5, b=0.8):
    rng = np.random.default_rng(seed)
    x = np.repeat([0, 1], n // 2)
    m = a * x + rng.normal(size=n)
    return pd.DataFrame({"x": x, "m": m, "y": 0.3 * x + b * m + rng.normal(size=n)})


@pytest.mark.skipif(not FRAMING.is_file(), reason="this statsmodels came without framing.csv among its tests")
def test_framing_as_in_the_vignette_of_r():
    # Tingley et al. 2014, as statsmodels' own test: ACME .0854, ADE .0172, total .1026, each a mean over 100 bootstrap
    # samples. Standard deviations of the samples .029, .066, .067: Monte Carlo errors .0029, .0066, .0067 there and
    # .0020, .0047, .0047 over our 200. Tolerance: three times the joint error.
    data = pd.read_csv(FRAMING)
    controls = ["age", "educ", "gender", "income"]
    found = mediated_effect(data, "treat", "emo", "cong_mesg", controls=controls, draws=200, seed=1)
    for part, published, spread in (("acme", 0.0854, 0.029), ("ade", 0.0172, 0.066), ("total", 0.1026, 0.067)):
        error = spread * np.sqrt(1 / 100 + 1 / 200)
        assert getattr(found, part)[0] == pytest.approx(published, abs=3 * error)
    assert found.acme[1] > 0 > found.ade[1]
    assert found.acme[0] + found.ade[0] == pytest.approx(found.total[0])


def test_linear_models_give_the_product_and_the_difference():
    # Least squares on the same rows: a b through the mediator, c' direct, c in all; bootstrap means lie close by
    data = world()
    found = mediated_effect(data, "x", "m", "y", draws=300, seed=2)
    one, x, m, y = np.ones(400), data["x"], data["m"], data["y"]
    a = np.linalg.lstsq(np.column_stack([one, x]), m)[0][1]
    direct, b = np.linalg.lstsq(np.column_stack([one, x, m]), y)[0][1:]
    assert found.acme[0] == pytest.approx(a * b, abs=0.03)  # sd .09 over 300 draws: error .005; 3 errors and the bias
    assert found.ade[0] == pytest.approx(direct, abs=0.03)
    assert found.total[0] == pytest.approx(a * b + direct, abs=0.04)
    assert "runs through m" in found.sentence
    assert mediated_effect(data, "x", "m", "y", draws=300, seed=2).acme == found.acme


def test_without_a_path_none_is_shown():
    assert mediated_effect(world(a=0.0), "x", "m", "y", draws=200).sentence.startswith("No effect of x on y through m")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": 2}, "must be 0 or 1"),
        ({"x": 1}, "ten on each side of x"),
        ({"m": np.nan}, "there are 0 without gaps"),
        ({"y": 3.0}, "y never varies"),
        ({"m": np.repeat([0, 1], 200)}, "repeat one another"),
    ],
)
def test_what_cannot_be_computed_says_why(change, said):
    found = mediated_effect(world().assign(**change), "x", "m", "y")
    assert found.acme is None
    assert said in found.sentence
    assert all(measure.value is None and measure.reason for measure in found.measures)


def test_rows_with_gaps_are_counted_and_the_input_stays():
    data = world()
    data.loc[:9, "m"] = np.nan
    kept = data.copy()
    assert "n = 390 persons, 10 left out" in mediated_effect(data, "x", "m", "y", draws=20).note
    pd.testing.assert_frame_equal(data, kept)
