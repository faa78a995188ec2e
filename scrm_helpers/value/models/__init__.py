"""Purchase and spending models, one file each, and how they are fitted and drawn."""
