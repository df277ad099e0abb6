"""How a build goes, kept in the state directory for `lifecycle status` and the dashboard.

Belongs here: the record of the last build and the listener that keeps its phases and seconds. Does
not belong here: the phases themselves (`build`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from orchestration.progress import Progress
from orchestration.settings.paths import StateDir


class BuildRecord:
    """How one build goes and how it ended.

    Attributes:
        phase: the phase that runs or ran last.
        seconds: duration of each finished phase.
    """

    def __init__(self, state: StateDir, build_id: str) -> None:
        """Begin the record of a build that starts now."""
        self._path = state.last_build
        self._build_id = build_id
        self._started = datetime.now(UTC)
        self.phase = ""
        self.seconds: dict[str, float] = {}
        # Whoever is killed writes nothing any more: this is what stays then.
        self.write("running")

    def write(self, outcome: str, *, message: str = "", version: str = "") -> None:
        """Write the outcome; a disk that refuses must not hide the error that led here."""
        content = _LastBuild(
            build_id=self._build_id,
            outcome=outcome,
            phase=self.phase,
            message=message,
            version=version,
            started_at=self._started.isoformat(timespec="seconds"),
            ended_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds={name: round(value, 3) for name, value in self.seconds.items()},
        )
        temporary = self._path.with_name(self._path.name + ".tmp")
        try:
            temporary.write_text(json.dumps(asdict(content), indent=2), encoding="utf-8")
            temporary.replace(self._path)
        except OSError:
            return


@dataclass(frozen=True)
class _LastBuild:
    build_id: str
    outcome: str
    phase: str
    message: str
    version: str
    started_at: str
    ended_at: str
    seconds: Mapping[str, float]


class Stopwatch:
    """Passes everything on and keeps the phase and its seconds for the record."""

    def __init__(self, listener: Progress, record: BuildRecord) -> None:
        """Listen on behalf of `listener` and note in `record`."""
        self._listener = listener
        self._record = record

    def begin(self, phase: str) -> None:
        """Note the phase."""
        self._record.phase = phase
        self._record.write("running")
        self._listener.begin(phase)

    def step(self, done: int, total: int, label: str) -> None:
        """Pass it on."""
        self._listener.step(done, total, label)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._listener.note(text)

    def end(self, phase: str, summary: str, seconds: float) -> None:
        """Note the seconds."""
        self._record.seconds[phase] = seconds
        self._listener.end(phase, summary, seconds)
