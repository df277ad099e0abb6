"""Landing files into the raw database, exactly once, each row loaded or quarantined."""
