"""Asking: whom to ask, who answers, and what the silent do to a score."""
