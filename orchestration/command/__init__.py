"""The command line `lifecycle` and what a person reads."""
