"""What customers say: the Net Promoter Score, its waves and its precision."""
