"""From a vendor's exports to the tables of a company folder."""
