"""What keeps a state directory well: examine, verify, replay, connect."""
