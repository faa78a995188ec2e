"""Lifetime value: from a fitted model to money over a horizon, and for contracts and occasions."""
