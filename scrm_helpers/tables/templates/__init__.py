"""What a new company folder holds: settings with their defaults, a workbook to fill in, the page of all columns."""
