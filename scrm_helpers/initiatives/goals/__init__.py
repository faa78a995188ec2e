"""Goals: as stated, as a tree, their returns, and whether an initiative serves one."""
