"""Events that nobody reads are neither made nor formatted.

Belongs here: what becomes of dbt's events. Does not belong here: who reads them (`dbt_run`).
"""

from __future__ import annotations

from typing import Any

from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LineFormat, LoggerConfig

_UNHEARD = (EventLevel.DEBUG, EventLevel.TEST)
# By name, since dbt gives it no types.
_fill_event: Any = getattr(BaseEvent, "__init__")  # noqa: B009


class QuietEvents(EventManager):
    """Events of which those that no log of a build takes go no further.

    dbt turns every event into a line for every log first, and the log drops it afterwards: of
    13,000 events of a build nobody reads 12,000.
    """

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

    def add_logger(self, config: LoggerConfig) -> None:
        """Add a log; of one in JSON, which a build reads, only what it reads is written."""
        if config.line_format is LineFormat.Json:
            wanted = config.filter
            config.filter = lambda msg: is_followed(msg) and wanted(msg)
        super().add_logger(config)


def is_followed(msg: Any) -> bool:
    """Whether `dbt_run.follow_log` reads an event: that a node begins, and what went wrong."""
    return msg.info.name == "LogStartLine" or msg.info.level in ("warn", "error")


def note_event(self: BaseEvent, *told: Any, **named: Any) -> None:
    """Keep what an event is made of; most are thrown away before anybody asks."""
    self.__dict__["told"] = (told, named)


def ask_event(self: BaseEvent, name: str) -> Any:
    """Make the message of an event when something of it is wanted first."""
    if name == "pb_msg":
        told, named = self.__dict__["told"]
        _fill_event(self, *told, **named)
        return self.__dict__["pb_msg"]
    return getattr(self.pb_msg, name)


REPLACED = (
    (BaseEvent, "__init__", note_event),
    (BaseEvent, "__getattr__", ask_event),
)
