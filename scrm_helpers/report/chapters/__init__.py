"""The walk: its plan, what chapters leave behind, and the chapters that no subject owns."""
