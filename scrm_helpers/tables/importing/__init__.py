"""From a vendor's exports to the tables of a company folder."""

"""From a vendor's export to contract rows: recognised by its header, by profiles anybody can write."""
