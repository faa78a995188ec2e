"""Conversations: how social they are, whom to answer, what they say, and which data may be used."""

from scrm_helpers.conversations.data_register.feasibility import freshness, register_feasibility
from scrm_helpers.conversations.data_register.match_rate import house_of_cards
from scrm_helpers.conversations.data_register.ownership import data_register
from scrm_helpers.conversations.degrees.degree_gap import Practice, degree_gap_by_quarter
from scrm_helpers.conversations.degrees.hand_coding import coded_degrees, draw_for_coding
from scrm_helpers.conversations.degrees.intent_or_channel import intent_or_channel_model, social_without_media
from scrm_helpers.conversations.degrees.six_degrees import Thresholds, degree_shares, judge_threads, social_score
from scrm_helpers.conversations.degrees.threads import read_threads
from scrm_helpers.conversations.monitoring.first_reply import first_replies
from scrm_helpers.conversations.monitoring.messages_heard import function_mix, message_volume, unhappy_reach
from scrm_helpers.conversations.monitoring.monitor_recall import monitoring_recall
from scrm_helpers.conversations.monitoring.term_growth import term_trend
from scrm_helpers.conversations.triage.answer_queue import compare_policies
from scrm_helpers.conversations.triage.answers_planned import plan_answers

__all__ = [
    "Practice",
    "Thresholds",
    "coded_degrees",
    "compare_policies",
    "data_register",
    "degree_gap_by_quarter",
    "degree_shares",
    "draw_for_coding",
    "first_replies",
    "freshness",
    "function_mix",
    "house_of_cards",
    "intent_or_channel_model",
    "judge_threads",
    "message_volume",
    "monitoring_recall",
    "plan_answers",
    "read_threads",
    "register_feasibility",
    "social_score",
    "social_without_media",
    "term_trend",
    "unhappy_reach",
]
