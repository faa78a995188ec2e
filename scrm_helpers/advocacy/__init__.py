"""What customers say and what they do: NPS, stated against actual referral, and what may be concluded from it."""

from scrm_helpers.advocacy.asking.prediction import calibration_by_answer, fit_referral_model
from scrm_helpers.advocacy.asking.targeting import referral_history, referrals_after, targeting_curve
from scrm_helpers.advocacy.deeds.association import answer_and_referral, referral_models, reversed_time_placebo
from scrm_helpers.advocacy.deeds.by_answer import link_answers, referral_by_answer
from scrm_helpers.advocacy.deeds.funnel import intention_funnel, what_totals_allow
from scrm_helpers.advocacy.deeds.segments import by_segment, within_segments
from scrm_helpers.advocacy.deeds.value_by_answer import two_part_model, worth_by_answer
from scrm_helpers.advocacy.score.nps import net_promoter_score, score_debate
from scrm_helpers.advocacy.score.waves import compare_waves, earned_growth, score_of_every_answer
from scrm_helpers.advocacy.silent.response import survey_effect, who_answers
from scrm_helpers.advocacy.silent.weighting import weighted_to_invited

__all__ = [
    "answer_and_referral",
    "by_segment",
    "calibration_by_answer",
    "compare_waves",
    "earned_growth",
    "fit_referral_model",
    "intention_funnel",
    "link_answers",
    "net_promoter_score",
    "referral_by_answer",
    "referral_history",
    "referral_models",
    "referrals_after",
    "reversed_time_placebo",
    "score_debate",
    "score_of_every_answer",
    "survey_effect",
    "targeting_curve",
    "two_part_model",
    "weighted_to_invited",
    "what_totals_allow",
    "who_answers",
    "within_segments",
    "worth_by_answer",
]
