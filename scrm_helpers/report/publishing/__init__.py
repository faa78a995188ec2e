"""Where a command writes: folders, whole files, the manifest that says what the kit made."""
