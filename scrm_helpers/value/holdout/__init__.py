"""Models tested on days they have not seen."""
