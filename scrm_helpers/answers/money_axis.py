"""Amounts on an axis: goes when nobody imports it from here."""

from scrm_helpers.answers.style import HALO as HALO
from scrm_helpers.answers.style import in_money as in_money
