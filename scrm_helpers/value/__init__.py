"""What a customer is worth: own purchases, referrals, influence, knowledge, and all of them together."""
