"""From a vendor's exports to the tables of a company folder: recognised by their headers, by profiles to be written."""
