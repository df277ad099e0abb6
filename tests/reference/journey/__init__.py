"""What touches people and what they do then, in plain Python: five marts of marts/journey.

Belongs here: the reading of the YAML beside those marts. Does not belong here: the SQL's ways.
"""
