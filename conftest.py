"""What holds wherever pytest is started: steady kernels for stored notebooks, the same examples in every run."""

from hypothesis import settings

pytest_plugins = ["gates.own_place", "gates.parts", "gates.steady_kernels"]

settings.register_profile("kit", deadline=None, derandomize=True)  # a busy machine is no fault of the code
settings.load_profile("kit")

# Controls need the extra `lab`, and what they show changes with every start: tests run these notebooks on their own.
collect_ignore_glob = ["notebooks/explore/*", "notebooks/00-*"]
