"""Conversations: how social they are, whom to answer, what they say, and which data may be used."""

from scrm_helpers.conversations.degrees.degree_rules import Thresholds, judge_threads
from scrm_helpers.conversations.degrees.six_degrees import degree_shares
from scrm_helpers.conversations.degrees.threads import read_threads

__all__ = [
    "Thresholds",
    "degree_shares",
    "judge_threads",
    "read_threads",
]
