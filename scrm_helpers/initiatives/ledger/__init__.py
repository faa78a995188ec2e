"""What was booked: flows by quarter, returns by horizon, the bridge from case to books."""
