"""Where tables come from beside plain files: workbooks, databases in the folder and databases elsewhere, only read."""
