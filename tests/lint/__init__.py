"""`make lint`: every judge of style and structure, run one after the other."""
