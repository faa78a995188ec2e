"""Single-level mediation against R's mediation package and a world whose paths are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.stats

from scrm_helpers.initiatives.staff.mediation import mediated_effect, one_level_chain, staff_chain

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
    effects = mediated_effect(data, ("treat", "emo", "cong_mesg"), controls=controls, draws=200)
    for part, published, spread in zip(effects, (0.0854, 0.0172, 0.1026), (0.029, 0.066, 0.067), strict=True):
        error = spread * np.sqrt(1 / 100 + 1 / 200)
        assert part.value == pytest.approx(published, abs=3 * error)
    acme, ade, total = effects
    assert acme.low > 0 > ade.low
    assert acme.value + ade.value == pytest.approx(total.value)


def test_linear_models_give_the_product_and_the_difference():
    # Least squares on the same rows: a b through the mediator, c' direct, c in all; bootstrap means lie close by
    data = world()
    found = mediated_effect(data, ("x", "m", "y"), draws=300)
    acme, ade, total = (part.value for part in found)
    one, x, m, y = np.ones(400), data["x"], data["m"], data["y"]
    a = np.linalg.lstsq(np.column_stack([one, x]), m)[0][1]
    direct, b = np.linalg.lstsq(np.column_stack([one, x, m]), y)[0][1:]
    assert acme == pytest.approx(a * b, abs=0.03)  # sd .09 over 300 draws: error .005; 3 errors and the bias
    assert ade == pytest.approx(direct, abs=0.03)
    assert total == pytest.approx(a * b + direct, abs=0.04)
    assert found[0].low > 0
    assert mediated_effect(data, ("x", "m", "y"), draws=300) == found


def test_without_a_path_none_is_shown():
    through, *_ = mediated_effect(world(a=0.0), ("x", "m", "y"), draws=200)
    assert through.low < 0 < through.high


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": 1}, "ten on each side of x"),
        ({"m": np.nan}, "there are 0 without gaps"),
        ({"y": 3.0}, "y never varies"),
        ({"m": np.repeat([0, 1], 200)}, "repeat one another"),
    ],
)
def test_what_cannot_be_computed_says_why(change, said):
    found = mediated_effect(world().assign(**change), ("x", "m", "y"))
    assert found
    assert all(measure.value is None and said in measure.reason for measure in found)


def test_rows_with_gaps_are_counted_and_the_input_stays():
    data = world()
    data.loc[:9, "m"] = np.nan
    kept = data.copy()
    assert mediated_effect(data, ("x", "m", "y"), draws=20)[0].n == 390
    pd.testing.assert_frame_equal(data, kept)


def test_one_level_misses_a_chain_that_runs_within_stores():
    # Margin follows trust, and trust engagement, within 40 stores; what lies between stores is 25 times as large
    rng = np.random.default_rng(6)
    stores, quarters = 40, 12
    engagement = 3.4 + rng.normal(0, 0.2, (stores, quarters))
    trust = 60 + 4 * (np.roll(engagement, 1, axis=1) - 3.4) + rng.normal(0, 0.5, (stores, quarters))
    margin = 40 + rng.normal(0, 5, (stores, 1)) + 0.6 * np.roll(trust, 1, axis=1) + rng.normal(0, 1, (stores, quarters))
    index = pd.MultiIndex.from_product([range(stores), [f"20{24 + q // 4}Q{q % 4 + 1}" for q in range(quarters)]])
    ids = {"unit_id": index.get_level_values(0).astype(str), "period": index.get_level_values(1)}
    panel = pd.concat(
        pd.DataFrame({**ids, "outcome": name, "value": grid.ravel()})
        for name, grid in {"trust": trust, "margin": margin}.items()
    )
    staff = pd.DataFrame({"team": ids["unit_id"], "store": ids["unit_id"], "quarter": ids["period"], "n": 20}).assign(
        engagement_mean=engagement.ravel()
    )
    flat = one_level_chain(staff, panel, mediator="trust", outcome="margin")
    assert "no effect of the more engaged half on margin through trust can be shown" in flat.sentence
    assert flat.measures[-1].name == "outcome_between_stores"
    assert flat.measures[-1].value > 0.85
    within = staff_chain(staff, panel, mediator="trust", outcome="margin")
    assert within.sentence.startswith("Within units one standard deviation more engagement goes with")
    absent = one_level_chain(staff, None, mediator="trust", outcome="margin")
    assert "has no table initiative_panel" in absent.sentence
