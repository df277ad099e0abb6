"""One build from lock to published version, and what a state directory tells of it."""
