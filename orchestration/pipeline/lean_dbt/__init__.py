"""dbt's command line without what a build of ours never uses and every node would pay for.

Belongs here: what is left out of dbt's own process. Does not belong here: calling it (`dbt_run`),
or how tables are made (`dbt_project/materializations`).

The build of a small shop is 730 nodes with a few milliseconds of SQL each: what dbt does around a
node decides what it costs. What dbt runs, decides and says at level info and above stays as it is.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import Any

# A node's context is a cycle of thousands of objects; looking for such garbage at every 700 new
# objects takes an eighth of the time. It stands before the imports, which make the most of them.
gc.set_threshold(100_000, 20, 100)

from mashumaro.config import BaseConfig  # noqa: E402

# dbt's classes come with 1,500 functions that read and write them, of which a build calls a few:
# each is made when it is called.
BaseConfig.lazy_compilation = True

from dbt.adapters.base.connections import BaseConnectionManager  # noqa: E402
from dbt_common.events.event_manager_client import ctx_set_event_manager  # noqa: E402

from orchestration.pipeline.lean_dbt import artefacts, events, macros, same_for_all, templates  # noqa: E402


def keep_connection(self: BaseConnectionManager) -> None:
    """End a node's transaction and keep the connection of its thread for the next node."""
    connection = self.get_if_exists()
    if connection is not None and connection.transaction_open:
        self.rollback_if_open()


# What belongs to whom, its name there, and what stands in its place.
_REPLACED: Sequence[tuple[Any, str, Any]] = (
    *events.REPLACED,
    *macros.REPLACED,
    *templates.REPLACED,
    *artefacts.REPLACED,
    *same_for_all.REPLACED,
    (BaseConnectionManager, "release", keep_connection),
)


def make_lean() -> None:
    """Put the above in the place of dbt's own."""
    # dbt's own class does not fit dbt's protocol either: what it declares as fields are properties.
    ctx_set_event_manager(events.QuietEvents())  # pyright: ignore[reportArgumentType]
    for owner, name, ours in _REPLACED:
        setattr(owner, name, ours)
