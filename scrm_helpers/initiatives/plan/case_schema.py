"""The form of a business case in YAML: what may be written, in which shape."""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from scrm_helpers.initiatives.plan.streams import HORIZONS, Distribution, fixed
from scrm_helpers.tables.values.periods import read_periods

Construct = Literal["trust", "loyalty", "advocacy", "cocreation", "employee"]
StreamKind = Literal["direct", "retained", "referral", "deflection", "ideas", "employee"]
CostKind = Literal["cash", "paid_time", "volunteered_time", "non_monetary_reward"]
Design = Literal[
    "randomised", "staggered_did", "synthetic_control", "interrupted_series", "before_after", "expert",
    "within_store_mediation", "correlational",
]  # fmt: skip
DESIGNS = {
    "randomised": ("A", "lottery"),
    "staggered_did": ("B", "staggered roll-out"),
    "synthetic_control": ("B-", "stand-in"),
    "interrupted_series": ("C", "one series"),
    "within_store_mediation": ("C", "chain within stores"),
    "before_after": ("D", "before and after"),
    "correlational": ("D", "correlation"),
    "expert": ("E", "opinion"),
}
"""Grade of the evidence that each design gives, and how it is named."""
_ID = re.compile(r"^\w[\w-]{0,99}$")
_MOST = 1e15  # beyond it a figure is a slip of the pen, and sums lose their cents


def _distribution(given: Any) -> Any:
    """Read ``5`` or ``{pert: [2, 5, 9]}`` as a distribution."""
    kind, arguments = next(iter(given.items())) if isinstance(given, dict) and len(given) == 1 else ("fixed", given)
    values = arguments if isinstance(given, dict) and isinstance(arguments, list) else [arguments]
    if all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in values):
        return Distribution(str(kind), tuple(map(float, values)))
    raise ValueError("must be a number or a range such as {pert: [2, 5, 9]}")


def _quarter(given: Any) -> Any:
    read = read_periods([given if isinstance(given, str) else ""], "quarter")
    if not read.names[0]:
        raise ValueError("must be a calendar quarter such as 2026Q1")
    return read.names[0]


def _id(given: Any) -> Any:
    if not isinstance(given, str) or not _ID.match(given):
        raise ValueError("must be an id of at most 100 letters, digits, - and _")
    return given


Range = Annotated[Distribution, BeforeValidator(_distribution)]
Quarter = Annotated[str, BeforeValidator(_quarter)]
Id = Annotated[str, BeforeValidator(_id)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-_MOST, le=_MOST)]
Spread = Annotated[float, Field(ge=0, le=_MOST, allow_inf_nan=False)]
Kept = Annotated[float, Field(ge=0, lt=1)]  # share that is still there a quarter later
Factor = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Metric(_Part):
    """What is measured for a goal."""

    id: Id
    unit: str
    source: str = ""
    direction: Literal["up", "down"] = "up"


class Baseline(_Part):
    """Where the metric stood before, on how many answers or customers."""

    value: Finite
    period: Quarter
    n: Annotated[int, Field(gt=0)]
    se: Annotated[float, Field(gt=0)] | None = None


class Target(_Part):
    """Where the metric is to stand, and when."""

    value: Finite
    by: Quarter


class Goal(_Part):
    """A goal: the only thing that a return can belong to."""

    id: Id
    statement: str
    construct_: Construct = Field(alias="construct")
    metric: Metric | None = None
    baseline: Baseline | None = None
    target: Target | None = None
    owner: str | None = None
    parent: Id | None = None


class Effect(_Part):
    """An effect that data estimate."""

    design: Design
    table: str | None = None
    outcome: str | None = None
    design_bias_sd: Spread = 0.0
    path: list[Finite] | None = None
    se: list[Spread] | None = None

    @property
    def grade(self) -> str:
        """Grade of the evidence that the design gives."""
        return DESIGNS[self.design][0]


def _effect_kind(given: Any) -> str:
    return "Effect" if isinstance(given, dict) and "design" in given else "function-range"


EffectOrRange = Annotated[
    Annotated[Effect, Tag("Effect")] | Annotated[Range, Tag("function-range")], Discriminator(_effect_kind)
]


class ExchangeRate(_Part):
    """What a unit of a score is held to be worth, and who answers for it."""

    low: Finite
    high: Finite
    unit: str = ""
    approved_by: str | None


class Carryover(_Part):
    """How an effect lasts: geometric, delayed or a table of shares."""

    geometric: Kept | None = None
    delayed: tuple[float, float] | None = None
    table: list[Finite] | None = None


class Units(_Part):
    """Who takes part, and where the case plans it, how many open in which quarter."""

    model_config = ConfigDict(extra="allow", frozen=True)

    opens: dict[Quarter, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)


class Benefit(_Part):
    """One stream of money, or one score, and the goal that justifies it."""

    id: Id
    kind: Literal["money", "score"]
    goal: Id | None = None
    stream: StreamKind | None = None
    effect: EffectOrRange
    reach: Annotated[float, Field(gt=0, allow_inf_nan=False, le=_MOST)] = 1.0
    value: Range = fixed(1.0)
    cashable: Range = fixed(1.0)
    carryover: Carryover | None = None
    persistence: dict[Literal["survival"], Kept] | None = None  # share of rescued customers there a quarter later
    delay: Annotated[int, Field(ge=0)] = 0
    confidence: Annotated[float, Field(gt=0, le=1)] | None = None
    elicited: str = ""
    population: str | None = None
    exchange_rate: ExchangeRate | None = None


class FromData(_Part):
    """A quantity that the data give, by its name."""

    data: str


class CaseCost(_Part):
    """One cost of an initiative, in money or hours."""

    id: Id
    kind: CostKind
    setup: Range = fixed(0.0)
    per_quarter: Range = fixed(0.0)
    hours_per_quarter: Range | FromData | None = None
    rate: Range | None = None
    shadow: Range = fixed(1.0)
    view: str = ""
    what: str = ""
    employer_cash: Range = fixed(0.0)
    labour_review: str = ""


class CaseInitiative(_Part):
    """An initiative: what is done, for which goals, at what cost, with which benefits."""

    id: Id
    name: str
    start: Quarter
    business_case: str = ""
    owner: str = ""
    units: Units = Units()
    serves: list[Id] = Field(default_factory=list)
    tools: list[str] = Field(default_factory=list)
    costs: list[CaseCost] = Field(default_factory=list)
    benefits: list[Benefit] = Field(default_factory=list)


class Link(_Part):
    """One claim in the chain from an initiative to a goal."""

    from_: Id = Field(alias="from")
    to: Id
    claim: str
    design: Design
    grade: Literal["A", "B", "B-", "C", "D", "E"]
    source: str = ""
    panel: str | None = None  # the outcome by which the panel tests it


class DoubleCount(_Part):
    """How two streams that touch the same people are kept apart."""

    streams: list[Id]
    rule: str


class Decision(_Part):
    """The rule by which the initiative will be judged, fixed beforehand."""

    rule: str
    review: list[Annotated[int, Field(gt=0)]] = Field(default_factory=list)
    stop_if: str = ""


class Discount(_Part):
    """How money over time is compared."""

    annual: Annotated[float, Field(gt=-1, le=100, allow_inf_nan=False)] = 0.10
    convention: Literal["end_of_quarter"] = "end_of_quarter"
    setup_quarter_undiscounted: Literal[True] = True


class Case(_Part):
    """A whole business case."""

    schema_: Literal["roinit/1"] = Field(alias="schema")
    currency: str = "EUR"
    discount: Discount = Discount()
    horizons_q: list[Annotated[int, Field(gt=0, le=80)]] = Field(default_factory=lambda: [*HORIZONS])
    headline_q: int = 8
    tail: bool = False
    realisation: Factor = 1.0
    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 10_000
    seed: Annotated[int, Field(ge=0, le=2**53)] = 0
    goals: list[Goal]
    initiatives: list[CaseInitiative]
    evidence: list[Link] = Field(default_factory=list)
    double_count: list[DoubleCount] = Field(default_factory=list)
    decision: Decision | None = None

    @property
    def horizons(self) -> list[int]:
        """All quarters at which the case is valued."""
        return sorted({*HORIZONS, *self.horizons_q})

    @property
    def benefits(self) -> list[tuple[str, Benefit]]:
        """The benefits of all initiatives, each with the id of its initiative."""
        return [(initiative.id, benefit) for initiative in self.initiatives for benefit in initiative.benefits]
