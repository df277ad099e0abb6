"""The facts people decide, rows of `seeds/rules`: read, merged, checked, documented."""
