"""Monitoring: what customers say where, how soon they are answered, and how much of it the company hears."""
