"""Pictures and tables for people, from the published marts alone."""
