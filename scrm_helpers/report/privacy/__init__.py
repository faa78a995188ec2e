"""What keeps people unknown: pseudonyms and the way back for their owner, forgetting somebody, looking for leaks."""
