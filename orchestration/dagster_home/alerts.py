"""One message when something is wrong: what failed, since when, sample keys, the link.

Belongs here: composing the message and handing it to the sinks. Does not belong here: noticing that
something failed (`sensors`). Messages hold names of checks, keys and counts, never a person's data:
what a database says of a value it could not read is masked.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from orchestration.masking import masked_text
from orchestration.settings.dagster_settings import DagsterSettings

_MOST_FAILURES = 10
# A webhook that hangs must not hold up the daemon.
_PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class FailedCheck:
    """A check that failed.

    Attributes:
        check: asset and name, such as `marts/subjects: primary_key`.
        said: what it says, one sentence.
        sample_keys: keys of rows it found, already masked.
    """

    check: str
    said: str
    sample_keys: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Alert:
    """One message.

    Attributes:
        kind: `run_failure`, `check_failure` or `freshness_breach`.
        job: the job that ran.
        run_id: the run.
        said: what went wrong, in sentences.
        since: UTC time of the first such failure after the last success.
        failures: the checks that failed.
        link: address of the run in the UI.
        sent_at: UTC time of the message.
    """

    kind: str
    job: str
    run_id: str
    said: str
    since: str
    failures: Sequence[FailedCheck]
    link: str
    sent_at: str

    @property
    def text(self) -> str:
        """The message for people."""
        lines = [f"{self.kind.replace('_', ' ').capitalize()}: {self.job}", self.said]
        for failure in self.failures[:_MOST_FAILURES]:
            lines.append(f"- {failure.check}: {failure.said}")
            if failure.sample_keys:
                lines.append(f"  for example {json.dumps(list(failure.sample_keys))}")
        more = len(self.failures) - _MOST_FAILURES
        if more > 0:
            lines.append(f"- and {more} more")
        lines += [f"Since {self.since}.", self.link]
        return "\n".join(line for line in lines if line)


def compose(
    settings: DagsterSettings,
    *,
    kind: str,
    job: str,
    run_id: str,
    said: str,
    since: float | None,
    failures: Sequence[FailedCheck],
    now: datetime,
) -> Alert:
    """Return the message; `since` is a POSIX time, None for now."""
    began = datetime.fromtimestamp(since, UTC) if since else now
    return Alert(
        kind=kind,
        job=job,
        run_id=run_id,
        said=masked_text(said),
        since=began.isoformat(timespec="seconds"),
        failures=tuple(replace(failure, said=masked_text(failure.said)) for failure in failures),
        link=f"{settings.url}/runs/{run_id}",
        sent_at=now.isoformat(timespec="seconds"),
    )


def send(alert: Alert, settings: DagsterSettings) -> list[str]:
    """Hand the message to the file and to the webhook; return what went wrong, in sentences.

    A sink that fails neither hides the other nor raises: the run has failed already.
    """
    problems: list[str] = []
    content = {**asdict(alert), "text": alert.text}
    problems += _append(settings.alert_file, content)
    if settings.webhook:
        problems += _post(settings.webhook, content)
    return problems


def _append(path: Path, content: Mapping[str, object]) -> list[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")
    except OSError as error:
        return [f"The alert could not be written to {path} ({error.strerror})."]
    return []


def _post(address: str, content: Mapping[str, object]) -> list[str]:
    request = urllib.request.Request(  # noqa: S310  # the scheme was checked with the settings
        address,
        data=json.dumps(content).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310  # as above
            return []
    except (urllib.error.URLError, OSError, ValueError) as error:
        # The address itself is a secret.
        return [f"The alert could not be posted to the webhook ({type(error).__name__})."]
