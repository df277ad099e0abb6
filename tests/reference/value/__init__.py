"""What tells customers apart, in plain Python: the marts of marts/value, brute force.

Belongs here: the reading of the YAML beside those marts. Does not belong here: the SQL's ways.
"""
