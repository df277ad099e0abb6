"""The stages of a subject: which it holds when, on what evidence, and what comes next.

Belongs here: what reads the conditions of a framework. Does not belong here: the facts that they
are asked of, and health (the parent package).
"""
