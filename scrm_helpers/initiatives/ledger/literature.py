"""What others found about happy employees and happy customers: for and against, so that the kit does not preach."""

from __future__ import annotations

SERVICE_PROFIT_CHAIN = (
    "For: at Sears 5 units of attitude went with 1.3 of customer impression and 0.5% of revenue growth (Rucci 1998).",
    "For: over 7,939 business units engagement went with customer ratings, r = .33 (Harter, Schmidt and Hayes 2002).",
    "Against: in bank branches the mediation was too small to be of practical importance (Gelade and Young 2005).",
    "Against: in 206 shops profit also raised satisfaction, so the chain runs both ways (Yee and others).",
)
"""Sentences with their sources; correlations over units, not effects."""
