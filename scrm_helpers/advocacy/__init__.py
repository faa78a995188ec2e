"""What customers say and what they do: NPS, stated against actual referral, and what may be concluded from it."""
