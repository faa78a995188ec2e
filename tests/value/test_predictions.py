"""Predictions to 5,000 purchases against references of forty digits, where peers give NaN or lose their digits.

The references were worked out with mpmath: Euler's form of the hypergeometric term for the BG/NBD, the integral over
the time of leaving for the Pareto/NBD.
"""

import numpy as np
import pytest

from scrm_helpers.value.models import beta_geometric, paretonbd

# 52 weeks ahead of somebody who is there: (x, T) = (0, 0), (2, 38.86), (400, 4), (1000, 39), (5000, 39)
HISTORIES = (np.array([0.0, 2, 400, 1_000, 5_000]), np.array([0.0, 38.86, 4, 39, 39]))
EXPECTED = [
    ((0.243, 4.414, 0.793, 2.426), (1.446050595396, 2.145288714280, 976.5639545887, 855.8835401190, 4276.900609999)),
    ((0.6, 4.4, 0.9999, 2.0), (2.506827094613, 2.264925050568, 791.9179523646, 788.4617703937, 3939.062790235)),
    ((0.6, 4.4, 1.0, 2.0), (2.506665258388, 2.264868242054, 791.8400715435, 788.4307746403, 3938.907722497)),
    ((0.6, 4.4, 1.00001, 1.5), (2.224228043883, 2.200263304943, 791.2778940103, 788.3066462790, 3938.770991696)),
    ((0.5, 2.0, 0.2, 0.3), (5.345196953993, 2.820914122554, 2572.667373096, 1157.460473002, 5785.309638781)),
    ((0.5, 2.0, 0.4, 0.6), (4.094741964542, 2.589477401721, 1935.689766404, 1058.173622386, 5289.040016064)),
    ((0.5, 2.0, 0.01, 0.02), (8.701821878391, 3.158962093172, 3418.247583657, 1263.039401293, 6312.698456455)),
    ((0.6, 4.4, 3.0, 1.2), (1.116765135096, 1.509913768418, 197.6570043819, 397.4955880226, 1983.579810157)),
    ((1.5, 0.4, 0.6, 12.0), (57.48845390960, 4.175119609610, 1799.576371834, 1003.962871964, 5005.649832180)),
    ((2.0, 6.0, 60.0, 30.0), (1.474899309084, 1.376686553916, 8.288135593220, 18.45762711864, 86.25423728814)),
    ((0.8, 8.0, 0.003, 7.0), (5.191657716554, 3.105249552902, 1731.326833381, 1105.885232831, 5525.867781722)),
]
# an hour ahead, where differences of nearly equal numbers lose their digits near a = 1
WITHIN_AN_HOUR = [
    (
        (0.243, 4.414, 0.793, 2.426),
        (0.000330243926848, 0.000310984431552, 0.28533190139, 0.13823028993, 0.69101706282),
    ),
    ((0.6, 4.4, 0.9999, 2.0), (0.000817884493018, 0.000360592260734, 0.286041076734, 0.138322250309, 0.691279423896)),
    ((0.6, 4.4, 1.0, 2.0), (0.000817884473199, 0.000360592259294, 0.286041066582, 0.138322249355, 0.691279419120)),
    ((0.6, 4.4, 1.00001, 1.5), (0.000817825032159, 0.000360590258797, 0.286040939178, 0.138322244498, 0.691279413869)),
    ((0.5, 2.0, 0.2, 0.3), (0.00149865269378, 0.000367099648880, 0.400459866091, 0.146412489477, 0.731769777308)),
]
# Pareto/NBD, P(alive) of (x, t_x, T) = (0, 0, 39), (2, 30.43, 38.86), (26, 30.86, 31), (400, 3.9, 4), ...
LAST = (
    np.array([0.0, 2, 26, 400, 1_000, 5_000]),
    np.array([0.0, 30.43, 30.86, 3.9, 38, 38.95]),
    np.array([39.0, 38.86, 31, 4, 39, 39]),
)
ALIVE = [
    (
        (0.553, 10.578, 0.606, 11.669),
        (0.2944670310146, 0.8691675591530, 0.9979187310552, 0.9796068385592, 2.334250840656e-6, 0.9820186733265),
    ),
    (
        (2.0, 1.0, 0.05, 30.0),
        (0.2846978436667, 0.9892649926377, 0.9998777745184, 0.9428333773529, 3.353339002711e-7, 0.9969950162594),
    ),
    (
        (0.2, 0.5, 8.0, 2000.0),
        (0.8285957107415, 0.9578067283244, 0.9994152624421, 0.7383494709594, 4.787205510125e-8, 0.9828926139267),
    ),
    (
        (1.5, 40.0, 3.0, 0.5),
        (7.374709584696e-7, 0.4277878932792, 0.9863630159837, 0.8970681600969, 0.0004421550793033, 0.9733786882590),
    ),
]


@pytest.mark.parametrize(("parameters", "references"), WITHIN_AN_HOUR)
def test_expected_purchases_within_an_hour(parameters, references):
    found = beta_geometric.expected_if_alive(np.array(parameters), 0.006, *HISTORIES)
    assert found == pytest.approx(references, rel=1e-8)


@pytest.mark.parametrize(("parameters", "references"), EXPECTED)
def test_expected_purchases(parameters, references):
    found = beta_geometric.expected_if_alive(np.array(parameters), 52.0, *HISTORIES)
    assert found == pytest.approx(references, rel=1e-8)
    r, alpha, a, b = parameters
    if b > 1:  # leaving already after the first purchase is one more occasion to leave
        modified = beta_geometric.expected_if_alive(np.array([r, alpha, a, b - 1]), 52.0, *HISTORIES, modified=1)
        assert modified == pytest.approx(references, rel=1e-8)


@pytest.mark.parametrize(("parameters", "references"), EXPECTED)
@pytest.mark.parametrize("modified", [0, 1])
def test_every_count_to_five_thousand_is_finite_and_rises(parameters, references, modified):
    counts = np.arange(5_001.0)
    found = beta_geometric.expected_if_alive(np.array(parameters), 52.0, counts, np.full(5_001, 39.0), modified)
    assert np.isfinite(found).all()
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize(("parameters", "references"), ALIVE)
def test_chance_of_being_there_under_the_paretonbd(parameters, references):
    assert paretonbd.p_alive(np.array(parameters), *LAST) == pytest.approx(references, rel=1e-8)


@pytest.mark.parametrize("modified", [0, 1])
def test_chance_of_being_there_is_a_share_for_any_count(modified):
    counts = np.repeat(np.arange(5_001.0), 3)
    last = np.where(counts > 0, np.tile([0.5, 20.0, 39.0], 5_001), 0.0)
    for parameters in [row[0] for row in EXPECTED]:
        alive = beta_geometric.p_alive(np.array(parameters), counts, last, np.full(len(counts), 39.0), modified)
        assert ((alive >= 0) & (alive <= 1)).all()
        assert (np.diff(alive.reshape(-1, 3)[1:], axis=1) >= 0).all()  # the later the last purchase, the likelier


def test_purchases_ahead_and_value_under_the_paretonbd_stay_finite():
    for parameters in [row[0] for row in ALIVE]:
        ahead = paretonbd.expected_if_alive(np.array(parameters), 52.0, LAST[0], LAST[2])
        assert (np.isfinite(ahead) & (ahead > 0)).all()
