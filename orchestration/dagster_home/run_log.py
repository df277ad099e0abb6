"""A build as the log of its Dagster run tells it.

Belongs here: progress as it happens, waiting for somebody else's build, and the build's own errors
as the failure of a run. Does not belong here: the phases (`pipeline.build`) or the assets.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager

from dagster import DagsterLogManager, Failure

from orchestration.errors import LifecycleError, SettingsError
from orchestration.pipeline.lock import holder
from orchestration.settings.paths import StateDir

# Under this name a failure says that nothing was begun, since what was asked for cannot be.
REFUSED = "refused"
# Every node goes to the run's stdout, which is a file; the log costs a transaction per line.
_PAUSE_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 2.0


class RunLog:
    """Tells a run what a phase is doing."""

    def __init__(self, log: DagsterLogManager) -> None:
        """Write to the log of a run."""
        self._log = log
        self._told_at = 0.0

    def begin(self, phase: str) -> None:
        """Tell that a phase begins."""
        print(f"{phase} begins", flush=True)  # noqa: T201  # the run's stdout, shown live

    def step(self, done: int, total: int, label: str) -> None:
        """Tell of one in so many things done: all on stdout, one in five seconds in the log."""
        text = f"{done:,} of {total:,}" + (f": {label}" if label else "")
        print(text, flush=True)  # noqa: T201  # as above
        if time.monotonic() - self._told_at >= _PAUSE_SECONDS:
            self._told_at = time.monotonic()
            self._log.info(text)

    def note(self, text: str) -> None:
        """Pass on what somebody should read."""
        self._log.warning(text)

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """Tell what the phase came to."""
        self._log.info(f"{phase}: {summary} ({seconds:.1f} s)")


@contextmanager
def failing_in_sentences() -> Generator[None]:
    """Let an error that a user can act on fail the run with its sentences alone."""
    try:
        yield
    except LifecycleError as error:
        raise Failure(
            description=str(error),
            metadata={REFUSED: True} if isinstance(error, SettingsError) else {},
            allow_retries=False,
        ) from None


def wait_for_turn(state: StateDir, log: DagsterLogManager) -> None:
    """Wait for the build of another process; a run that was refused would turn every asset red."""
    held = holder(state)
    if held is not None:
        log.info(f"Waiting for the build of process {held.pid}, which runs since {held.since}.")
    while holder(state) is not None:
        time.sleep(_LOOK_AGAIN_SECONDS)
