"""Compare two published databases: `python -m tests.compare_marts BEFORE AFTER`.

Prints a line per mart and what differs in it; exits 1 if anything but `build_info` does.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.changes.comparison import ALWAYS_DIFFERENT, MartDifference, compare


def lines_of(difference: MartDifference) -> list[str]:
    """Say in words how a mart differs; one line if it does not."""
    if difference.is_equal:
        return [f"equal    {difference.mart}  {difference.rows_after:,} rows"]
    lines = [f"differs  {difference.mart}  {difference.in_words}"]
    lines += [f"    column {column}" for column in difference.columns]
    changed = difference.changed_columns or {}
    lines += [f"    {count:,} rows differ in {name}" for name, count in changed.items()]
    lines += [f"    {' | '.join(str(value) for value in row)}" for row in difference.examples]
    return lines


def main(arguments: Sequence[str]) -> int:
    """Compare the two files named and return the exit code."""
    before, after = (Path(argument) for argument in arguments)
    differences = compare(before, after)
    for difference in differences:
        print("\n".join(lines_of(difference)))
    judged = [found for found in differences if found.mart not in ALWAYS_DIFFERENT]
    return int(not judged or not all(found.is_equal for found in judged))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
