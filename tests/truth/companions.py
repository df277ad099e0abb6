"""Which of the planted pairs of products the affinity mart points to.

People of taste k buy P-(1005 + 16k) and P-(1012 + 16k), k = 0..5 (simulator/shop/catalogue.sql).
A companion is found if none of the at most twenty that are listed of a product has a greater lift,
which one of them would be by chance in twenty cases.
"""

from __future__ import annotations

import duckdb

NAMES = ("product_affinity",)
CHANCE = 1 / 20
PLANTED = tuple(
    pair
    for taste in range(6)
    for pair in (
        (f"P-{1005 + 16 * taste}", f"P-{1012 + 16 * taste}"),
        (f"P-{1012 + 16 * taste}", f"P-{1005 + 16 * taste}"),
    )
)


def found(connection: duckdb.DuckDBPyConnection) -> int:
    """How many of the planted pairs, in either direction, are found."""
    best = connection.execute(
        "select item_a, item_b from ("
        "    select *, max(lift) over (partition by item_a) as greatest_lift"
        "    from marts.product_affinity where kind = 'product'"
        ") where lift = greatest_lift"
    ).fetchall()
    assert len(best) > len(PLANTED)
    return len(set(PLANTED) & set(best))
