"""The network as people see it: maps, trees, one person, files for other programs."""
