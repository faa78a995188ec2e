"""How far and how fast referrals spread, and who brings customers."""
