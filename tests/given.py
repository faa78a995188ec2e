"""What many tests are given alike."""

import pandas as pd

from scrm_helpers.answers.terms import Terms

TERMS = Terms(pd.Timestamp("2026-09-30"))
