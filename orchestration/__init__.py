"""Everything that is Python: landing files in, published marts out."""
