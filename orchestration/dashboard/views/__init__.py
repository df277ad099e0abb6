"""The pages, a short module each: what stands on it, in which order.

Belongs here: pickers, pictures and tables of a page. Does not belong here: SQL (`queries`).
"""
