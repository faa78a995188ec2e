"""Whom to answer: open messages, what an answer to each is worth, the hours there are, and the lot that measures it."""
