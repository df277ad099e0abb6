"""The journal of an erasure: what it is about and how far it came, so that a kill costs nothing.

Belongs here: reading and writing it. Does not belong here: the steps.

It names the persons, as it must; it is the owner's alone, and the last step removes it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, cast

from orchestration.errors import StateDirError
from orchestration.ingest.erased.guest_orders import GuestRow
from orchestration.privacy.own_values import OwnValues
from orchestration.privacy.person import Persons
from orchestration.settings.paths import StateDir
from orchestration.small_files import json_of, write_private


@dataclass
class Journal:
    """An erasure that has begun.

    Attributes:
        receipt: its name.
        erased_at: UTC time at which it began.
        persons: who is erased.
        own: values that are theirs alone.
        guests: the new id of each order that stays.
        guest_rows: what is left of these orders.
        landing: by landing file, its bytes before and after, and the rows that leave it.
        done: the steps that are over.
        report: what each step removed, for the receipt.
    """

    receipt: str
    erased_at: str
    persons: Persons
    own: OwnValues
    guests: dict[str, str]
    guest_rows: list[GuestRow]
    landing: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    done: list[str] = field(default_factory=list[str])
    report: dict[str, Any] = field(default_factory=dict[str, Any])

    def write(self, state: StateDir) -> None:
        """Write it as a whole."""
        write_private(state.erasure_journal, json.dumps(asdict(self), ensure_ascii=False))


def read_journal(state: StateDir) -> Journal | None:
    """Return the erasure that was begun and not ended; None if there is none.

    Raises:
        StateDirError: it was damaged; says what to do.
    """
    if not state.erasure_journal.exists():
        return None
    try:
        return _journal(dict(json_of(state.erasure_journal)))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise StateDirError(
            f"{state.erasure_journal} cannot be read, so the erasure that it tells of cannot be "
            "ended; remove it, and run lifecycle erase for the same persons again."
        ) from None


def _journal(told: dict[str, Any]) -> Journal:
    persons = cast("dict[str, Any]", told.pop("persons"))
    found = int(persons.pop("found"))
    lists = {name: tuple(map(str, ids)) for name, ids in persons.items()}
    own = {name: tuple(map(str, values)) for name, values in told.pop("own").items()}
    guest_rows = [GuestRow(**row) for row in told.pop("guest_rows")]
    return Journal(
        persons=Persons(found=found, **lists),
        own=OwnValues(**own),
        guest_rows=guest_rows,
        **told,
    )
