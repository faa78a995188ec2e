"""Does anybody leave at all? The models of leaving against the one in which everybody stays for ever."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.lifetime.lifetime import FITTERS
from scrm_helpers.value.models.nbd import fit_nbd


def evidence_of_leaving(history: pd.DataFrame, models: tuple[str, ...] = ("BG/NBD", "MBG/NBD")) -> Result:
    """Compare models of leaving with the NBD, in which nobody leaves.

    Parameters
    ----------
    history : DataFrame
        ``frequency``, ``recency``, ``age`` of each customer, see
        :func:`purchase_history`.
    models : tuple of str
        Models of leaving to try: "BG/NBD", "MBG/NBD", "Pareto/NBD".

    Returns
    -------
    Result

    Notes
    -----
    A model of leaving has k further parameters, which chance alone lets fit a little better. It is believed when its
    log-likelihood rises by more than ``k/2 ln n`` (Schwarz 1978, Annals of Statistics 6(2)). A likelihood-ratio test
    would not do: where nobody leaves the further parameters are at their limit.

    Examples
    --------
    >>> nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9]})
    >>> evidence_of_leaving(nobody).sentence
    'Whether customers leave cannot be said: nobody bought a second time.'
    """
    stays = fit_nbd(history)
    fits = [fitted for fitted in (FITTERS[model](history) for model in models) if fitted.log_likelihood is not None]
    if stays.log_likelihood is None or not fits:
        measure = Measure(name="gain_of_leaving", value=None, unit="ratio", n=stays.n, reason=stays.reason)
        sentence = f"Whether customers leave cannot be said: {stays.reason or 'no model of leaving can be fitted'}."
        return Result(sentence=sentence, table=pd.DataFrame(), measures=(measure,), drawable=False)
    tried = (stays, *fits)
    maxima = np.array([fitted.log_likelihood for fitted in tried], float)
    further = np.array([len(fitted.names) - len(stays.names) for fitted in tried])
    table = pd.DataFrame(
        {
            "Model": [fitted.model for fitted in tried],
            "Log-likelihood": maxima,
            "Above nobody leaves": maxima - maxima[0],
            "Needed to be believed": further / 2 * np.log(stays.n),
        }
    )
    surplus = table["Above nobody leaves"] - table["Needed to be believed"]
    best = table.to_dict("records")[1 + int(surplus[1:].to_numpy().argmax())]
    gain, needed = float(best["Above nobody leaves"]), float(best["Needed to be believed"])
    compared = (
        f"the {best['Model']} fits {numbers.decimal(gain, 1)} log-likelihood units better than a model in which "
        f"everybody stays, where {numbers.decimal(needed, 1)} would do"
    )
    found = f"Customers do leave: {compared}."
    if gain <= needed:
        found = f"That anybody leaves cannot be shown: {compared}. Long silence may be chance."
    return Result(
        sentence=found,
        table=table,
        caption="Models of leaving against the model in which nobody leaves",
        note=f"n = {numbers.plural(stays.n, 'customer')}; maximum likelihood of the purchase times; needed by "
        "Schwarz's criterion",
        formats=dict.fromkeys(table.columns[1:], "decimal1"),
        measures=(Measure(name="gain_of_leaving", value=gain, unit="ratio", n=stays.n),),
        drawable=False,
    )
