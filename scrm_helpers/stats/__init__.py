"""Ground floor of the statistics: intervals, rank statistics, checked fits and simulation worlds."""
