"""What must hold in one table, and the check of a folder as a document."""
