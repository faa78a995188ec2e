"""Employees as teams: engagement, collaboration, and what follows from them."""
