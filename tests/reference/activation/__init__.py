"""Plays in plain Python: what docs/plays.md says of them, day by day and one after the other."""
