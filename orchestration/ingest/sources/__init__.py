"""Files in other shapes: what adapters there are, what a file is, which source counts."""
