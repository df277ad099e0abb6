"""What changed between two published versions, and what it came from."""
