"""How many subjects a change of the rules moved, and the sentence that stops too large a one.

Belongs here: the verdict on this build's row of `rule_changes`. Does not belong here: who has
moved; that is the model's business.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from orchestration.database_files import open_quietly


def movement_reasons(working: Path, build_id: str, at_most: float) -> list[str]:
    """Return why a change of the rules is not published as it is, if there is a reason.

    Args:
        working: the working database after dbt.
        build_id: the build that is judged.
        at_most: the share of the subjects that may stand elsewhere by the rules alone.
    """
    try:
        with closing(open_quietly(working, read_only=True)) as connection:
            row = connection.execute(
                "select subjects, subjects_moved, subjects_unclear, moved_share "
                "from marts.rule_changes "
                "where first_build_id = ?",
                [build_id],
            ).fetchone()
    except duckdb.Error:
        return []  # The gate says of a table that it cannot be read, in words of its own.
    if row is None or row[3] is None or float(row[3]) <= at_most:
        return []
    subjects, moved, unclear, share = row
    also = (
        f" (of {unclear:,} of them something arrived as well: build by the old rules first to tell)"
        if unclear
        else ""
    )
    return [
        f"The rules have changed, and {moved + unclear:,} of {subjects:,} subjects ({share:.0%}) "
        f"would stand elsewhere{also}, more than {at_most:.0%} (max_rule_movement): lifecycle "
        "whatif shows who, --accept-rule-change publishes it."
    ]
