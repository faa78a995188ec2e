"""The band that simulated coverage must keep is that of the short simulations."""

from calibration.conftest import in_band

__all__ = ["in_band"]
