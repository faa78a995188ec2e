"""What makes a business case sound, every fault as one plain sentence, and the rule by which it will be judged."""

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from typing import Any

import numpy as np

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.answers.refusal import path_in_words
from scrm_helpers.initiatives.plan.case_schema import Benefit, Case, CaseInitiative, Effect, Goal

_PLAIN = {
    "model_type": "must have named parts, such as {id: a, kind: cash}",
    "string_type": "must be text",
    "list_type": "must be a list",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
}
_RULE = re.compile(
    r"^\s*(?:(go|stop) if\s+)?P\(\s*NPV\s*>\s*0\s+at\s+(\d+)\s*Q\s*\)\s*(>=|>|<=|<)\s*(0?\.\d+|0|1(?:\.0+)?)\s*$"
)
_COMPARISONS = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


def in_words(given: Any, fault: Mapping[str, Any]) -> str:
    """Write one fault of form as a sentence, with ids instead of positions."""
    steps, here = [], given
    for step in fault["loc"]:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):  # a step that pydantic adds, or what is missing
            here = None
        named = here.get("id") if isinstance(step, int) and isinstance(here, dict) else None
        steps.append(path_in_words(named or (f"entry {step + 1}" if isinstance(step, int) else step), 40))
    steps = [step for step in steps if not step.startswith(("function-", "Effect", "FromData", "dict["))]
    *path, last = steps or [""]
    where = f" under {', '.join(path)}" if path else ""
    if fault["type"] == "missing":
        return f"The business case has no {last}{where}: add {'them' if last.endswith('s') else 'it'}."
    if fault["type"] == "extra_forbidden":
        return f"The business case has {last}{where}, which the form does not know. Correct the spelling or remove it."
    reason = _PLAIN.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"In the business case {last}{where} {reason[0].lower() + reason[1:].rstrip('.')}."


TOOL_WORDS = (
    "A return belongs to a goal, not to a tool: a tool has a cost, and what is achieved with it depends on how well "
    "the goal is pursued. Name the goal that {tool} is used for and give the return of that goal."
)


def faults(case: Case) -> list[str]:
    """Return every fault of a business case, each as one sentence with what to do."""
    return [
        *_twins(case),
        *(text for goal in case.goals for text in _goal_faults(goal)),
        *_unserved(case),
        *(text for initiative in case.initiatives for text in _initiative_faults(case, initiative)),
        *_evidence_faults(case),
        *_overlaps(case),
        *_decision_faults(case),
    ]


def warnings(case: Case) -> Iterator[str]:
    """Say what a reader of a sound case should know."""
    yield from filter(None, map(_detectable, case.goals))
    for initiative in case.initiatives:
        name, benefits = initiative.id, initiative.benefits
        silent = [b.id for b in benefits if b.kind == "money" and b.population is None]
        if len(silent) > 1:
            which = f"The streams {', '.join(silent)} of {name} name no population"
            yield f"{which}: say whether they touch the same people."
        unchecked = [c.id for c in initiative.costs if c.kind == "volunteered_time" and not c.labour_review]
        hours = "are given by staff and may be unpaid overtime: say under labour_review who has checked that."
        yield from (f"The hours of {cost} in {name} {hours}" for cost in unchecked)
        unapproved = [b.id for b in benefits if b.exchange_rate and not b.exchange_rate.approved_by]
        rate = "is approved by nobody, so the score stays out of the money."
        yield from (f"The exchange rate of {benefit} {rate}" for benefit in unapproved)
        measured = [(b.id, b.effect) for b in benefits if isinstance(b.effect, Effect)]
        bare = [benefit for benefit, e in measured if e.design != "randomised" and not e.design_bias_sd]
        chance = "is no lottery, and no design_bias_sd is declared: its range holds chance alone."
        yield from (f"{benefit} rests on a design that {chance}" for benefit in bare)


def _twins(case: Case) -> Iterator[str]:
    ids = [("goal", [goal.id for goal in case.goals]), ("initiative", [one.id for one in case.initiatives])]
    ids += [(f"benefit of {i.id}", [b.id for b in i.benefits] + [c.id for c in i.costs]) for i in case.initiatives]
    for what, given in ids:
        for twin, times in sorted(Counter(given).items()):
            if times > 1:
                yield f"The {what} {twin} is there twice, so nothing can point to it. Give each its own id."


def _goal_faults(goal: Goal) -> Iterator[str]:
    hints = {
        "metric": "nobody can say whether it was reached. Add metric: {id, unit}.",
        "baseline": "no change can be measured. Add baseline: {value, period, n}.",
        "target": "nobody can say whether it was reached. Add target: {value, by}.",
        "owner": "nobody answers for it. Add owner.",
    }
    for name, hint in hints.items():
        if getattr(goal, name) is None:
            yield f"The goal {goal.id} has no {name}: {hint}"
    if goal.baseline and goal.target and goal.target.by <= goal.baseline.period:
        late = f"The goal {goal.id} is due in {goal.target.by}, not after its baseline of {goal.baseline.period}"
        yield f"{late}: the dates are out of order. Correct one of them."


def _detectable(goal: Goal) -> str:
    if goal.baseline is None or goal.target is None or goal.baseline.se is None:
        return ""
    visible = 2.8 * math.sqrt(2) * goal.baseline.se  # between two waves, with 80 % power at 5 %
    asked = abs(goal.target.value - goal.baseline.value)
    verdict = "fine" if asked >= visible else "it cannot be seen; ask more people or aim higher"
    shows = f"{goal.id}: n = {goal.baseline.n} can show a change of {numbers.decimal(visible, 1)} with 80% power"
    return f"{shows}, the target asks for {numbers.decimal(asked, 1)}: {verdict}."


def _unserved(case: Case) -> Iterator[str]:
    known = {goal.id for goal in case.goals}
    served = {name for one in case.initiatives for name in one.serves} | {b.goal for _, b in case.benefits}
    yield from circle_of_goals({goal.id: goal.parent for goal in case.goals if goal.parent})
    for goal in case.goals:
        if goal.id not in served:
            todo = "Add an initiative or drop the goal."
            yield f"No initiative serves the goal {goal.id}: a goal without action is a wish. {todo}"
        if goal.parent and goal.parent not in known:
            yield f"The parent {goal.parent} of the goal {goal.id} is no goal of this case. Correct its id."


def _initiative_faults(case: Case, initiative: CaseInitiative) -> Iterator[str]:
    known, name = {goal.id for goal in case.goals}, initiative.id
    if not initiative.serves:
        yield f"The initiative {name} serves no goal: say under serves which goals it is for."
    for goal in initiative.serves:
        if goal not in known:
            yield f"The initiative {name} serves {goal}, which is no goal of this case. Correct its id."
    if not any(
        cost.setup.mean or cost.per_quarter.mean or cost.employer_cash.mean or cost.hours_per_quarter
        for cost in initiative.costs
    ):
        todo = "Enter what is paid and the hours of people."
        yield f"The initiative {name} costs nothing: a return is value per unit of cost. {todo}"
    for benefit in initiative.benefits:
        where, tools = f"The benefit {benefit.id} of {name}", initiative.tools
        if benefit.id in tools or benefit.goal in tools:
            tool = benefit.id if benefit.id in tools else benefit.goal
            yield f"{where} has the tool {tool} as its subject. " + TOOL_WORDS.format(tool=tool)
        elif benefit.goal is None:
            yield f"{where} names no goal: a benefit without a goal cannot be claimed. Add goal."
        elif benefit.goal not in known:
            yield f"{where} names the goal {benefit.goal}, which this case does not have. Correct its id."
        if isinstance(benefit.effect, Effect):
            for text in _effect_faults(case, initiative, benefit, benefit.effect):
                yield f"{where} {text}"
        rate = benefit.exchange_rate
        if rate and (benefit.kind == "money" or rate.low > rate.high):
            yield f"{where} has an exchange rate that cannot be used: it belongs to a score, with low not above high."


def _effect_faults(case: Case, initiative: CaseInitiative, benefit: Benefit, effect: Effect) -> Iterator[str]:
    if benefit.confidence is not None:
        todo = "Remove confidence, or give the effect as a range."
        yield f"has a confidence, but its effect is estimated from data: the estimate has an error of its own. {todo}"
    if effect.design == "randomised" and effect.design_bias_sd:
        yield "declares a design bias for a lottery, which leaves none. Remove design_bias_sd."
    twins = [b.effect for b in initiative.benefits if isinstance(b.effect, Effect) and effect.outcome]
    if any(twin.outcome == effect.outcome and twin.design_bias_sd > effect.design_bias_sd for twin in twins):
        twin = f"another benefit that rests on the same outcome {effect.outcome}"
        todo = "one estimate has one bias. Give both the same design_bias_sd."
        yield f"declares a smaller design bias than {twin}: {todo}"
    if effect.path is not None:
        if len(effect.path) > case.horizons[-1]:
            long = f"over {len(effect.path)} quarters, longer than the longest horizon of {case.horizons[-1]}"
            yield f"has an effect {long}: results would be hidden. Lengthen horizons_q."
        if effect.se is None or len(effect.se) != len(effect.path):
            yield "gives an effect without one standard error per quarter. Add se, as long as path."


def _evidence_faults(case: Case) -> Iterator[str]:
    tools = {tool for initiative in case.initiatives for tool in initiative.tools}
    nodes = {goal.id for goal in case.goals} | {initiative.id for initiative in case.initiatives}
    graph: dict[str, set[str]] = {}
    for link in case.evidence:
        graph.setdefault(link.to, set()).add(link.from_)
        for end in (link.from_, link.to):
            if end in tools:
                yield f"The evidence names the tool {end}. " + TOOL_WORDS.format(tool=end)
            elif end not in nodes:
                neither = "which is neither a goal nor an initiative of this case. Correct its id."
                yield f"The evidence names {end}, {neither}"
    if found := _circle(graph):
        todo = "Remove one of these claims."
        yield f"The evidence runs in a circle ({found}): what is its own cause proves nothing. {todo}"


def circle_of_goals(parents: Mapping[str, str]) -> Iterator[str]:
    """Say which goals have parents in a circle, if there are any."""
    if found := _circle({goal: {parent} for goal, parent in parents.items()}):
        yield f"The goals have parents in a circle ({found}): none of them is on top. Correct a parent."


def _circle(before: Mapping[str, set[str]]) -> str:
    """Name a circle in what comes before what, if there is one."""
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        return " to ".join(reversed(error.args[1]))
    return ""


def _overlaps(case: Case) -> Iterator[str]:
    ruled = [set(entry.streams) for entry in case.double_count]
    money = [(owner, b) for owner, b in case.benefits if b.kind == "money" and b.population]
    for (owner, one), (other, two) in combinations(money, 2):
        if one.population == two.population and not any({one.id, two.id} <= entry for entry in ruled):
            both = f"The streams {one.id} of {owner} and {two.id} of {other} touch the same people ({one.population})"
            todo = "money would be counted twice. Add a rule under double_count."
            yield f"{both} and no rule says how they are kept apart: {todo}"
    yield from _priced_twice(case, ruled)
    for stray in sorted({name for entry in ruled for name in entry} - {b.id for _, b in case.benefits}):
        yield f"A double_count rule names the stream {stray}, which no initiative has. Correct its id."


def _priced_twice(case: Case, ruled: list[set[str]]) -> Iterator[str]:
    """Scores with an approved price that lead to a goal whose money is counted already."""
    benefits = [b for _, b in case.benefits if b.goal]
    for score in (b for b in benefits if b.exchange_rate and b.exchange_rate.approved_by):
        reached: set[str] = set()
        ahead = {str(score.goal)}
        while ahead := {link.to for link in case.evidence if link.from_ in ahead} - reached:
            reached |= ahead
        for money in (b for b in benefits if b.kind == "money" and b.goal in reached):
            if not any({score.id, money.id} <= entry for entry in ruled):
                leads = f"The score {score.id} has a price and leads, by the evidence, to {money.goal}"
                todo = "it would be paid for twice. Remove the price, or add a rule under double_count."
                yield f"{leads}, where {money.id} counts its effect in money: {todo}"


def _decision_faults(case: Case) -> Iterator[str]:
    if case.headline_q not in case.horizons:
        none = f"which is none of the horizons {', '.join(map(str, case.horizons))}"
        todo = "Choose one of them, or add it to horizons_q."
        yield f"The headline horizon headline_q is {case.headline_q} quarters, {none}. {todo}"
    if case.decision is None:
        todo = "Add decision: {rule, review, stop_if}."
        yield f"The case has no decision rule: a rule made after the results proves nothing. {todo}"
        return
    for text in filter(None, (case.decision.rule, case.decision.stop_if)):
        try:
            ahead, _ = read_rule(text)
        except Refusal as refused:
            yield str(refused)
            continue
        if ahead > case.horizons[-1]:
            beyond = f"beyond the longest horizon of {case.horizons[-1]}. Lengthen horizons_q."
            yield f"The decision rule looks {ahead} quarters ahead, {beyond}"
    if case.decision.review != sorted(set(case.decision.review)):
        yield f"The review quarters {case.decision.review} are out of order. List each once, rising."


Rule = tuple[int, Callable[[float], bool]]  # at which quarter, and whether it holds at a chance of a positive net value


def read_rule(text: str) -> Rule:
    """Read a rule such as ``go if P(NPV>0 at 8Q) >= 0.70``."""
    found = _RULE.match(text)
    if not found:
        raise Refusal(
            f"The decision rule {text!r} cannot be applied by the letter. Write it as: go if P(NPV>0 at 8Q) >= 0.70"
        )
    compare, threshold = _COMPARISONS[found[3]], float(found[4])
    return int(found[2]), lambda chance: bool(compare(chance, threshold))


def verdict(go: Rule, stop: Rule | None, chances: Mapping[int, float] | np.ndarray) -> str:
    """Return ``"go"``, ``"stop"`` or ``"wait"`` from the chance of a positive net value after each quarter."""
    for said, rule in (("go", go), ("stop", stop)):
        if rule is not None and rule[1](chances[rule[0]]):
            return said
    return "wait"
