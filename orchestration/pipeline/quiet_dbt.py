"""dbt's command line, for a build that listens to level info: what is said below it is not written.

Belongs here: what is left out of dbt's own process. Does not belong here: calling it (`dbt_run`).

dbt turns every event into a line for every log first, and the log drops it afterwards: of 13,000
events of a build nobody reads 12,000, and they cost more than the models of a small shop.
"""

from __future__ import annotations

from typing import Any

from dbt.cli.main import cli
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_UNHEARD = (EventLevel.DEBUG, EventLevel.TEST)


class QuietEvents(EventManager):
    """Events of which those that no log of a build takes go no further."""

    def fire_event(
        self,
        e: BaseEvent,
        level: EventLevel | None = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        """Hand on what is of level info or above."""
        if (level or e.level_tag()) not in _UNHEARD:
            super().fire_event(e, level, node, force_warn_or_error_handling)


if __name__ == "__main__":
    # dbt's own class does not fit dbt's protocol either: what it declares as fields are properties.
    ctx_set_event_manager(QuietEvents())  # pyright: ignore[reportArgumentType]
    cli()
