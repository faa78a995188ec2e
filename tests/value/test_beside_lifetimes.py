"""The same histories given to lifetimes: its optimum, put into the kit's exact likelihood, is never the better one.

The parameters below were printed by lifetimes 0.11.3 (BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter and
GammaGammaFitter, penalizer_coef=0, otherwise as they come) for the CDNOW files and for the simulated families of
`FAMILIES`. Its own log-likelihoods are per customer and on rescaled time, so only parameters can be compared.
"""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.value.history.order_days import collapse
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.lifetime.purchase_models import FITTERS
from scrm_helpers.value.models import beta_geometric, gammagamma, paretonbd
from scrm_helpers.value.models.gammagamma import fit_gammagamma

FAMILIES = {
    "short": {"seed": 101, "age": 8.0, "spread": 4.0},
    "long": {"seed": 102, "age": 520.0, "spread": 200.0},
    "days": {"seed": 103, "parameters": (0.8, 60.0, 0.5, 2.0), "age": 365.0, "spread": 180.0},
    "near-zero churn": {"seed": 104, "parameters": (0.8, 8.0, 0.02, 20.0)},
    "heavy buyers": {"seed": 105, "parameters": (1.5, 0.4, 0.6, 12.0), "age": 52.0, "spread": 26.0},
    "early leavers": {"seed": 106, "parameters": (2.0, 6.0, 1.5, 1.0)},
}
LIFETIMES = {
    ("CDNOW summary", "BG/NBD"): (0.24259292828, 4.41353226527, 0.792885966441, 2.42575238263),
    ("CDNOW summary", "MBG/NBD"): (0.524837725568, 6.18298847913, 0.891356280931, 1.61400002567),
    ("CDNOW summary", "Pareto/NBD"): (0.553271950725, 10.5776398147, 0.606199673634, 11.6682098555),
    ("CDNOW summary", "Gamma-Gamma"): (6.24880249608, 3.74458846092, 15.4477480649),
    ("CDNOW sample, raw", "BG/NBD"): (0.242594543421, 4.41360271608, 0.792921833348, 2.42590572872),
    ("CDNOW sample, raw", "MBG/NBD"): (0.52484290315, 6.1830817644, 0.891359517271, 1.6140029312),
    ("CDNOW sample, raw", "Pareto/NBD"): (0.553282862078, 10.5776684949, 0.606226197678, 11.66799489),
    ("CDNOW sample, raw", "Gamma-Gamma"): (6.24957227763, 3.74422467476, 15.4435210184),
    ("CDNOW, whole", "BG/NBD"): (0.251624011424, 4.78894517033, 0.723433035729, 2.16108698137),
    ("CDNOW, whole", "MBG/NBD"): (0.637139738577, 7.31029017005, 0.807474086082, 1.22839402398),
    ("CDNOW, whole", "Gamma-Gamma"): (6.27535859284, 3.62445021039, 14.983688962),
    ("short", "BG/NBD"): (0.251640003201, 4.66039704021, 2.16302272812, 6.45759420297),
    ("short", "MBG/NBD"): (1.60715652244, 10.5665822725, 0.690425501838, 0.397044128994),
    ("short", "Pareto/NBD"): (0.505278880536, 8.86302791045, 0.340550632007, 2.78124008682),
    ("short", "Gamma-Gamma"): (4.2054890629, 4.78020478801, 31.6344448604),
    ("long", "BG/NBD"): (0.246825922554, 4.3670354547, 0.767592691196, 2.40964181413),
    ("long", "MBG/NBD"): (0.441691171263, 6.34606083317, 0.983593147968, 2.98211802224),
    ("long", "Pareto/NBD"): (0.468923084377, 11.1526492496, 0.629890409398, 45.6493966827),
    ("long", "Gamma-Gamma"): (5.37976796851, 3.8289231084, 17.8641878473),
    ("days", "BG/NBD"): (0.851672517248, 61.5085285255, 0.472919868475, 1.70623196246),
    ("days", "MBG/NBD"): (1.35236160504, 85.7660150304, 1.35755207058, 6.8836227342),
    ("days", "Pareto/NBD"): (1.46851353375, 119.257937631, 8.55133191642, 3672.03874392),
    ("days", "Gamma-Gamma"): (5.33853776102, 3.62696316709, 17.8024401795),
    ("near-zero churn", "BG/NBD"): (0.767547631553, 7.70060255106, 0.00350472356036, 51.7336343361),
    ("near-zero churn", "MBG/NBD"): (0.767686913454, 7.69909374997, 0.00738407887454, 52.5150498929),
    ("near-zero churn", "Pareto/NBD"): (0.76894732177, 7.7069527574, 0.00685525876333, 77.3123772113),
    ("near-zero churn", "Gamma-Gamma"): (4.26628552852, 3.8488953055, 23.5072983032),
    ("heavy buyers", "BG/NBD"): (1.48082465344, 0.396248762836, 0.626697749638, 13.3019013052),
    ("heavy buyers", "MBG/NBD"): (1.49369397741, 0.399424430911, 0.72939280329, 18.5574266219),
    ("heavy buyers", "Pareto/NBD"): (1.46309688856, 0.425407090027, 0.574590144978, 4.76708334248),
    ("heavy buyers", "Gamma-Gamma"): (6.55461966988, 3.70343979961, 14.5721504089),
    ("early leavers", "BG/NBD"): (2.00436335318, 5.98382848104, 1.57281270827, 1.08131688173),
    ("early leavers", "Pareto/NBD"): (4.17358194065, 22.2252859799, 748.05336092, 9509.60457402),
    ("early leavers", "Gamma-Gamma"): (6.98581835952, 3.65080100694, 13.3104113968),
}
# The likelihood is a ridge without an end here: lifetimes stops somewhere on it, the kit goes on and flags the fit.
RIDGES = {
    ("near-zero churn", "BG/NBD"),
    ("near-zero churn", "MBG/NBD"),
    ("near-zero churn", "Pareto/NBD"),
    ("early leavers", "Pareto/NBD"),
}


@pytest.fixture(scope="module")
def histories(cdnow, cdnow_orders, cdnow_master_orders, simulate):
    day = pd.Timestamp("1997-09-30")
    real = {
        "CDNOW summary": cdnow,
        "CDNOW sample, raw": Orders.of(cdnow_orders).history(day),
        "CDNOW, whole": Orders.of(cdnow_master_orders).history(day),
    }
    return real | {name: simulate(2_000, **settings) for name, settings in FAMILIES.items()}


def likelihood_of(model, history):
    if model == "Gamma-Gamma":
        used = history[(history["frequency"] > 0) & (history["mean_spend"] > 0)]
        return gammagamma.log_likelihood(used["frequency"].to_numpy(float), used["mean_spend"].to_numpy())
    rows = collapse(history)
    if model == "Pareto/NBD":
        return paretonbd.log_likelihood(rows)
    return beta_geometric.log_likelihood(rows, int(model == "MBG/NBD"))


@pytest.mark.parametrize(("family", "model"), LIFETIMES)
def test_maximum_is_that_of_lifetimes_or_better(histories, family, model):
    history = histories[family]
    fitted = fit_gammagamma(history) if model == "Gamma-Gamma" else FITTERS[model](history)
    theirs = likelihood_of(model, history)(np.array(LIFETIMES[family, model]))[0]
    gain = fitted.log_likelihood - theirs
    assert gain >= -1e-6
    if (family, model) in RIDGES:
        assert gain > 1e-6
        assert not fitted.identified
    else:
        assert gain < 5e-6


def test_a_fit_that_lifetimes_gives_up_is_flagged_not_failed(histories):
    """ConvergenceError in lifetimes: a and b grow without end at a fixed ratio."""
    fitted = FITTERS["MBG/NBD"](histories["early leavers"])
    assert not fitted.reason
    assert "do not identify b" in fitted.doubt
