"""Those who did not answer, and what that does to a score."""
