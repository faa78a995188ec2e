"""Eight initiatives: value that comes late, one stopped too early, one bad, one that flatters at the start."""

from dataclasses import dataclass, field

HORIZON = 12
HOURLY_RATE = 35.0
"""Loaded cost of a paid hour in euros."""


@dataclass(frozen=True)
class Initiative:
    """What an initiative costs and brings, by quarters since its start; `starts` counts back from the last quarter."""

    id: str
    name: str
    owner: str
    team: str
    goal: str
    stage: str
    starts: int
    setup: float
    per_quarter: float
    streams: dict[str, list[float]]
    paid_hours: float = 0.0
    volunteered_hours: float = 0.0
    rewards: float = 0.0
    scores: dict[str, list[float]] = field(default_factory=dict)
    optimism: float = 1.0
    stopped_after: int | None = None


def _ramp(level: float, delay: int, steps: int = 3) -> list[float]:
    """Nothing for `delay` quarters, then a rise to `level` within `steps` quarters."""
    return [round(level * min(1.0, max(0.0, (q - delay + 1) / steps)), 2) for q in range(HORIZON)]


INITIATIVES = (
    Initiative(
        "helpdesk", "Voluntary expert helpdesk", "Head of Service", "Service", "G1", "running", 10, 24000, 1500,
        {"deflection": _ramp(4200, 1, 4), "retained": _ramp(9800, 3, 4), "referral": _ramp(1600, 4, 3)},
        paid_hours=60, volunteered_hours=310, rewards=400,
        scores={"trust": [0.0, 0.2, 0.5, 0.9, 1.3, 1.6, 1.8, 2.0, 2.1, 2.1, 2.1, 2.1]}, optimism=0.8,
    ),
    Initiative(
        "referral-thanks", "Thank both sides of a referral", "Head of Marketing", "Marketing", "G3", "running", 8, 9000,
        900, {"referral": _ramp(6400, 1, 3), "direct": _ramp(900, 0, 2)}, rewards=1800, optimism=1.1,
    ),
    Initiative(
        "idea-forum", "Idea forum", "Head of Product", "Product", "G4", "running", 11, 16000, 1200,
        {"ideas": [0, 0, 0, 0, 0, 0, 2500, 4000, 31000, 12000, 14000, 11000], "deflection": _ramp(600, 1, 2)},
        paid_hours=40, rewards=300, optimism=0.5,
    ),
    Initiative(
        "autumn-discount", "Autumn discount", "Head of Sales", "Sales", "G2", "finished", 7, 8000, 0,
        {"direct": [15500, -4800, -3900, -2100, -1200, -800, -400, 0, 0, 0, 0, 0]}, optimism=1.6,
    ),
    Initiative(
        "staff-recognition", "Fewer approvals, more recognition", "Head of People", "People", "G5", "running", 9, 6000,
        1100, {"employee": _ramp(5200, 4, 3), "retained": _ramp(900, 5, 3)}, paid_hours=30, rewards=1400,
        scores={"engagement": [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 4.5, 5.0, 5.0, 5.0, 5.0, 5.0]}, optimism=0.9,
    ),
    Initiative(
        "partner-portal", "Partner portal", "Head of Partners", "Partners", "G3", "stopped", 6, 15000, 2200,
        {"referral": _ramp(8200, 3, 3), "direct": _ramp(1500, 2, 3)}, paid_hours=50, optimism=1.0, stopped_after=2,
    ),
    Initiative(
        "loyalty-app", "Loyalty app", "Head of Digital", "Digital", "G2", "running", 7, 62000, 5200,
        {"direct": _ramp(1900, 0, 3), "retained": _ramp(800, 2, 3)}, paid_hours=120, optimism=5.5,
    ),
    Initiative(
        "fast-reply", "Reply within the hour", "Head of Service", "Service", "G1", "running", 3, 7000, 2600,
        {"retained": _ramp(5600, 1, 3), "deflection": _ramp(700, 0, 2)}, paid_hours=90,
        scores={"trust": [0.1, 0.3, 0.5, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]}, optimism=1.0,
    ),
)  # fmt: skip


def true_net(item: Initiative) -> float:
    """Undiscounted benefit less cash and rewards over the whole horizon, had the initiative run on."""
    return sum(map(sum, item.streams.values())) - item.setup - (item.per_quarter + item.rewards) * HORIZON
