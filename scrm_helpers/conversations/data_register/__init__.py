"""Which data are ours and which are only borrowed, and which questions they can carry."""
