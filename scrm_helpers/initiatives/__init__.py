"""Return on initiative: what individual and team initiatives cost, bring back and teach, quarter by quarter."""
