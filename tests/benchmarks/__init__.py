"""`make bench`: what the SQL costs, as a ratio to one scan of the same data."""
