"""Sessions of a device (docs/lifecycle_semantics.md#sessions).

Belongs here: where a session starts and ends. Does not belong here: whose it is (``identity``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from tests.reference.world import Event

GIVEN_SESSION_GAP = timedelta(hours=24)


def first_events(events: Iterable[Event], session_timeout_minutes: int) -> list[Event]:
    """The first event of each session."""
    return [session[0] for session in split(events, session_timeout_minutes)]


def split(events: Iterable[Event], session_timeout_minutes: int) -> list[list[Event]]:
    """The events of each session, in their order."""
    streams: dict[tuple[str, str | None, str | None], list[Event]] = {}
    for event in events:
        kind = "user" if event.anonymous_id is None else "anonymous"
        device_id = event.anonymous_id or event.user_id
        streams.setdefault((kind, device_id, event.session_id), []).append(event)
    found: list[list[Event]] = []
    for (_, _, session_id), stream in streams.items():
        allowed = (
            timedelta(minutes=session_timeout_minutes) if session_id is None else GIVEN_SESSION_GAP
        )
        previous: Event | None = None
        for event in sorted(stream, key=lambda event: (event.occurred_at, event.event_id)):
            if previous is None or event.occurred_at - previous.occurred_at > allowed:
                found.append([])
            found[-1].append(event)
            previous = event
    return found
