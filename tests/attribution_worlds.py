"""Panels whose truth is known: noise that may be autocorrelated, an effect, a drift of the treated units."""

import numpy as np

from scrm_helpers.initiatives.attribution.panel import NEVER, Panel
from scrm_helpers.tables.values.periods import MISSING

STAGGERED = np.r_[np.repeat([6, 8], 12), np.full(24, -1)]  # column of the start of each unit; -1 for never


def panel_of(values, first, **more):
    """A panel of quarters unless said otherwise."""
    units, periods = (tuple(map(str, range(size))) for size in values.shape)
    first, places = np.array(first), np.arange(len(periods))
    begun = np.where(first == NEVER, MISSING, first)
    more = {"randomised": False, "left_out": {}, "places": places, "begun": begun, "label": "margin"} | more
    return Panel("margin", units, periods, values, first, **more)


def world(rng, count, first, periods=12, effect=0.0, drift=0.0, carried=0.3):
    """Values of `count` worlds: units of their own level, errors of standard deviation one."""
    noise = rng.normal(size=(count, len(first), periods))
    for time in range(1, periods):
        noise[:, :, time] = carried * noise[:, :, time - 1] + np.sqrt(1 - carried**2) * noise[:, :, time]
    treated = np.asarray(first) >= 0
    noise += rng.normal(0, 2, (count, len(first), 1))
    noise[:, treated] += drift * np.arange(periods)
    return noise + effect * ((np.arange(periods) >= np.asarray(first)[:, None]) & treated[:, None])
