"""Who is worth what, side by side: value matrix, moves, concentration."""
