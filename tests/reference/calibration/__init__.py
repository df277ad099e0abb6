"""What became of those who stood where, in plain Python: the marts of marts/calibration.

Belongs here: the reading of the YAML beside those marts. Does not belong here: the SQL's ways.
"""
