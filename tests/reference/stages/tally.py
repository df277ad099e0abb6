"""How much was compared: worlds, subjects and intervals, and of those the ones that are rare.

Belongs here: counting what a batch contains. Does not belong here: comparing (``compare``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference import health
from tests.reference.rulebook import Rulebook
from tests.reference.stages.history import Interval
from tests.reference.staging import Resolved, Staged


@dataclass
class Tally:
    """What has been compared so far."""

    worlds: int = 0
    subjects: int = 0
    intervals: int = 0
    contract_intervals: int = 0
    cold_intervals: int = 0
    kpi_rows: int = 0

    def __str__(self) -> str:
        """The counts in words."""
        counts = vars(self).items()
        return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts if count)

    def add_world(
        self, staged: Staged, settings: Resolved, rulebook: Rulebook, rows: Sequence[Interval]
    ) -> None:
        """Count one world and the rows of its history."""
        subjects = {each.subject_id: each for each in health.subjects(staged, settings, rulebook)}
        self.worlds += 1
        self.subjects += len({row.subject_id for row in rows})
        for row in rows:
            basis = health.basis_on(subjects[row.subject_id], rulebook.health, row.valid_from)
            self.intervals += 1
            self.cold_intervals += row.health == "cold"
            self.contract_intervals += basis == "contract"
