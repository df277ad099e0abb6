"""Does anything turn red when the SQL is wrong? Outside CI.

``python -m tests.mutation`` makes the numerator or the denominator of one KPI at a time wrong and
records which blocking law or which row of the plain-Python reference notices.
``python -m tests.mutation.engine`` does so with single lines of contracts, health, conditions,
visits and evidence, ``python -m tests.mutation.models`` with a line of every other model.

Belongs here: changing compiled SQL and recording who notices. Does not belong here: laws
(``tests/data``), the reference (``tests/reference``).
"""
