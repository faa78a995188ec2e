"""Notebooks run: kernels, parameters, proof that a chapter came to its end."""
