"""Ground floor of the statistics: intervals, rank statistics, what chance gives, and checked fits."""
