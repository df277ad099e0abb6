"""Does anything turn red when a KPI is wrong? Outside CI: ``python -m tests.mutation``.

Belongs here: changing the numerator or the denominator of one KPI at a time in compiled SQL, and
recording which blocking law or which row of the plain-Python reference notices. Does not belong
here: laws (``tests/data/kpis``), the reference (``tests/reference/kpis``).
"""
