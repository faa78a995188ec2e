"""Who brought whom: the referral forest, its faults, shape and credit."""
