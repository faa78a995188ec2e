"""What must hold in one table."""
