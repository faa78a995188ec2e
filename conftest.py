"""Stored notebooks are compared under the conditions under which they were made, wherever pytest is started."""

pytest_plugins = ["gates.steady_kernels"]
