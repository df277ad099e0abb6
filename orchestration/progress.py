"""How a phase tells what it is doing, whoever listens.

Belongs here: the protocol and the listener that says nothing. Does not belong here: terminals
(`console`) or Dagster, which listen in their own way.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener; every call returns at once and never fails the phase."""

    def begin(self, phase: str) -> None:
        """A phase begins: `rules`, `ingest`, `dbt`, `gate` or `publish`."""

    def step(self, done: int, total: int, label: str) -> None:
        """The phase has done `done` of `total` things; the next or last one is `label`."""

    def note(self, text: str) -> None:
        """Something a user should read, in one sentence."""

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """The phase is done; `summary` holds its counts."""


class Silent:
    """A listener that says nothing."""

    def begin(self, phase: str) -> None:
        """Say nothing."""

    def step(self, done: int, total: int, label: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """Say nothing."""
