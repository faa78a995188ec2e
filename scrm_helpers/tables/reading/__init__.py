"""From a file to typed rows: bytes, header, cells, nothing repaired and nothing inferred."""
