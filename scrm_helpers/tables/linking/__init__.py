"""What must hold between tables: who is who, what refers to what, what fits together."""
