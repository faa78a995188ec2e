"""Whom to ask: how well an answer or a model finds those who refer."""
