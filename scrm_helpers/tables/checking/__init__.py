"""What must hold in one table and between tables: what a cell may be, who is who, what fits together."""
