"""What became of earlier cases, and what that says of the next."""
