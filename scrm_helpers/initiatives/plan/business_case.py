"""The business case: read from YAML, refused in plain words, turned into plans that can be valued."""

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np

from scrm_helpers.answers import Refusal
from scrm_helpers.initiatives.plan import streams
from scrm_helpers.initiatives.plan.case_rules import faults, in_words
from scrm_helpers.initiatives.plan.case_schema import Benefit, Case, CaseCost, Effect, FromData
from scrm_helpers.initiatives.plan.streams import GROSS, Distribution, EffectPath, OnCalendar, Plan, Stream
from scrm_helpers.tables.contract.plain_yaml import load_plain
from scrm_helpers.tables.contract.receipts import CompanyRefused

EXAMPLE = "initiatives.yaml"
MOST_ENTRIES = 20_000
NO_DESIGN = ("before_after", "correlational")  # what they give is gross: shown, never part of the sum
LAGS = 41  # length of a kernel: ten years of quarters and the first
# kinds of streams by what stands in their ids, where the case does not say the kind; direct otherwise
_STEMS = {"retain": "retained", "referral": "referral", "deflect": "deflection", "idea": "ideas", "leaver": "employee"}


def read_case(text: str | bytes) -> Case:
    """Read a business case in YAML, and refuse it with one plain sentence for each fault."""
    from pydantic import ValidationError

    try:
        given = load_plain(text.encode() if isinstance(text, str) else text, EXAMPLE, most_entries=MOST_ENTRIES)
    except CompanyRefused as refusal:
        (fault,) = refusal.messages
        where = f" in line {fault.lines[0]}" if fault.lines else ""
        said = f"{fault.what} {fault.todo} Mind the indentation."
        raise Refusal([f"The business case cannot be used{where}. {said}"]) from None
    if not isinstance(given, dict):
        raise Refusal(["The business case is empty or no list of named parts. Start from the example of scrm init."])
    try:
        case = Case.model_validate(given)
    except ValidationError as error:
        raise Refusal([in_words(given, fault) for fault in error.errors()]) from None
    found = faults(case)
    if found:
        raise Refusal(found)
    return case


def example_case() -> str:
    """Return the commented example that ``scrm init`` writes."""
    return resources.files("scrm_helpers.initiatives.plan").joinpath(EXAMPLE).read_text(encoding="utf-8")


def case_faults(file: Path) -> list[str]:
    """Say what is wrong with the business case in a company folder; nothing when it is sound or there is none."""
    if not file.exists() and not file.is_symlink():
        return []
    if file.is_symlink() or not file.is_file():
        return ["The business case is no plain file. Put the file itself into the folder."]
    try:
        read_case(file.read_bytes())
    except Refusal as refused:
        return list(refused.messages)
    except OSError as error:
        return [f"The business case cannot be opened ({error.strerror}). Allow reading it."]
    return []


def plans(case: Case, estimates: Mapping[str, EffectPath], times: Mapping[str, OnCalendar]) -> tuple[Plan, ...]:
    """Turn a case into plans, with the effects that data have estimated and the calendar of each initiative."""
    found = []
    for one in case.initiatives:
        time = times.get(one.id, OnCalendar())
        brought = [replace(_stream(b, estimates, case.realisation), openings=time.openings) for b in one.benefits]
        found.append(Plan(one.id, one.name, brought, [_cost(cost) for cost in one.costs], time.booked))
    return tuple(found)


def _stream(benefit: Benefit, estimates: Mapping[str, EffectPath], realisation: float) -> Stream:
    given, money, cut = benefit.effect, benefit.kind == "money", 1.0
    effect: Distribution | EffectPath
    if isinstance(given, Distribution):  # hoped for, not measured
        effect, cut = given, (benefit.confidence or 1.0) * (realisation if money else 1.0)
    elif given.path is not None and given.se is not None:
        effect = EffectPath(np.array(given.path), np.diag(np.square(given.se)), given.grade, given.design_bias_sd)
    else:
        found = estimates[benefit.id]
        effect = replace(found, bias_sd=given.design_bias_sd or found.bias_sd)
    guess = next((kind for stem, kind in _STEMS.items() if stem in benefit.id), "direct")
    kind = benefit.stream or guess if money else "score"
    if money and isinstance(given, Effect) and given.design in NO_DESIGN:
        kind = GROSS
    survival = benefit.persistence["survival"] if benefit.persistence else 0.0
    stock = kind == "retained" and survival > 0
    return Stream(
        name=benefit.id,
        kind=kind,
        effect=effect,
        unit_value=benefit.value,
        cashable=benefit.cashable,
        reach=benefit.reach * cut,
        kernel=streams.geometric(survival, LAGS) if stock else _kernel(benefit),
        persistence=0.0 if stock else survival,
        delay=benefit.delay,
        grade=effect.grade if isinstance(effect, EffectPath) else "E",
    )


def _kernel(benefit: Benefit) -> np.ndarray | None:
    given = benefit.carryover
    if given is not None and given.geometric is not None:
        return streams.geometric(given.geometric, LAGS)
    if given is not None and given.delayed is not None:
        return streams.geometric(given.delayed[0], LAGS, given.delayed[1])
    return np.array(given.table) if given and given.table else None


def _cost(cost: CaseCost) -> streams.Cost:
    if cost.kind == "non_monetary_reward":
        return streams.Cost(cost.id, "reward", cost.setup, cost.employer_cash)
    if cost.kind == "cash":
        return streams.Cost(cost.id, "cash", cost.setup, cost.per_quarter)
    hours = cost.hours_per_quarter
    if isinstance(hours, FromData):
        raise Refusal(f"The cost {cost.id} takes its hours from {hours.data}, which was not given. Enter the hours.")
    if hours is None or cost.rate is None:
        raise Refusal(f"The cost {cost.id} is time: it needs hours_per_quarter and rate.")
    return streams.Cost(cost.id, cost.kind, per_quarter=hours, rate=cost.rate, shadow=cost.shadow)
