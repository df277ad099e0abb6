"""Plays in plain Python: what value.md says of them, day by day and one after the other."""
