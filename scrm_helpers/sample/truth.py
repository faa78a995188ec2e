"""The truth beside the sample: what was planted, and what this draw of it contains."""

import numpy as np
import pandas as pd

from scrm_helpers.sample import drawn_conversations, drawn_stores, world
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.drawn_initiatives import INITIATIVES, true_net


def truth_of(
    tables: dict[str, pd.DataFrame],
    people: Arrays,
    triggered: dict[str, int],
    customers: int,
    seed: int,
    as_of: str,
) -> dict[str, object]:
    """Everything that was planted, by subject; `in_this_draw` counts what the random numbers made of it."""
    scores = np.arange(11)
    answered, latent = world.ANSWERED, world.latent_scores()
    return {
        "label": "SAMPLE DATA: a synthetic company, no person is real",
        "customers": customers,
        "seed": seed,
        "as_of": as_of,
        "funnel": {
            "of": "all customers asked who answered, window of 365 days after the answer, waves W1 and W2",
            "planted": world.FUNNEL,
            "intends_from_score": world.INTENDS_FROM,
            "window_days": world.WINDOW,
            "complete_waves": ["W1", "W2"],
            "refer_by_score": world.refers().round(6).tolist(),
            "somers_d": {name: round(value, 6) for name, value in world.somers_d().items()},
            "survey_changes_behaviour": False,
            "referring_before_the_answer": "goes with the score too, weaker: satisfaction lasts from wave to wave",
            "correlation_of_satisfaction_between_waves": world.STABLE,
        },
        "scores": {
            "answered": answered.tolist(),
            "everybody": latent.round(6).tolist(),
            "response_by_score": world.RESPONSE.tolist(),
            "nps_of_those_who_answered": _nps(answered),
            "nps_of_everybody": _nps(latent),
            "mean_answered": round(float(answered @ scores), 6),
            "response_rate": round(float(latent @ world.RESPONSE), 6),
        },
        "purchases": {
            "unit_of_time": "week",
            "bg_nbd": world.BG_NBD,
            "gamma_gamma": world.GAMMA_GAMMA,
            "margin_rate": world.MARGIN_RATE,
            "refund_share": world.REFUND_SHARE,
        },
        "network": {
            "zero_influence_region": world.ZERO_INFLUENCE_REGION,
            "rate_correlation_by_region": dict(zip(world.REGIONS, world.ALIKE.tolist(), strict=True)),
            "trigger_probability_elsewhere": world.TRIGGER,
            "trigger_days": world.TRIGGER_DAYS,
            "triggered_orders_by_region": triggered,
            "p_type1_mean": 0.5,
        },
        "conversations": {"degree_of_thread_number_modulo_20": list(drawn_conversations.DEGREE_OF_THREAD)},
        "initiatives": {
            item.id: {
                "benefit_over_12_quarters": round(sum(map(sum, item.streams.values())), 2),
                "net_of_cash_and_rewards_over_12_quarters": round(true_net(item), 2),
                "stopped_early": item.stopped_after is not None,
            }
            for item in INITIATIVES
        },
        "stores": {
            "helpdesk_effect_by_exposure": {
                "retained share": [round(drawn_stores.retention_effect(quarter), 6) for quarter in range(8)],
                "trust index": [round(drawn_stores.trust_effect(quarter), 6) for quarter in range(8)],
                "margin per customer": [round(drawn_stores.margin_effect(quarter), 6) for quarter in range(8)],
                "all other outcomes": [0.0] * 8,
            },
            "randomised_reply_effect_on_repeat_buyers": drawn_stores.REPLY_EFFECT,
            "engagement_to_trust_next_quarter": drawn_stores.ENGAGEMENT_TO_TRUST,
            "trust_to_margin_next_quarter": drawn_stores.TRUST_TO_MARGIN,
            "solved_first_time": drawn_stores.SOLVED,
        },
        "in_this_draw": {
            "rows": {name: len(table) for name, table in tables.items()},
            "deepest_generation": int(people["depth"].max()),
            "customers_by_referral": int((people["parent"] != -1).sum()),
        },
    }


def _nps(shares: np.ndarray) -> float:
    return round(100 * float(shares[9:].sum() - shares[:7].sum()), 6)
