"""Value beside spending: referral, influence, knowledge, deflected contacts."""
