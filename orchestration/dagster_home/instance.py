"""Where Dagster keeps what it knows: `dagster/` in the state directory, whoever starts it.

Belongs here: the place, and that a web server over it is guarded. Does not belong here: how the
instance works (`dagster.yaml`), which names this class.

Without it Dagster would write beside `dagster.yaml`, into the repository; a path written there
would depend on the current directory, and a variable would have to be set by everybody.
"""

from __future__ import annotations

from typing import Any

from dagster import DagsterEventType, DagsterInstance, EventLogEntry

from orchestration.settings.request import read_dagster_settings, read_directories
from orchestration.sqlite_files import keep_engines
from orchestration.state_modes import PRIVATE_DIRECTORY, make_private

_PARTS = {
    "local_artifact_storage": "local_artifact_storage_data",
    "storage": "storage_data",
    "compute_logs": "compute_logs_data",
    "scheduler": "scheduler_data",
    "run_coordinator": "run_coordinator_data",
    "run_launcher": "run_launcher_data",
    "secrets": "secrets_loader_data",
    "defs_state_storage": "defs_state_storage_data",
    "run_storage": "run_storage_data",
    "event_log_storage": "event_storage_data",
    "schedule_storage": "schedule_storage_data",
}


class StateDirInstance(DagsterInstance):
    """Dagster's own instance, of which all that `dagster.yaml` leaves out is its own default."""

    @staticmethod
    def config_schema() -> dict[str, Any]:
        """Return no settings beyond Dagster's own."""
        return {}

    @staticmethod
    def config_defaults(base_dir: str) -> dict[str, Any]:
        """Return Dagster's defaults for a home in the state directory."""
        del base_dir
        state = read_directories().state
        make_private(state.root, state.published)
        home = state.root / "dagster"
        home.mkdir(exist_ok=True, mode=PRIVATE_DIRECTORY)
        # Dagster warns of a home without this file, which may be empty.
        (home / "dagster.yaml").touch()
        with DagsterInstance.local_temp(str(home)) as plain:
            keep_engines(plain.event_log_storage, plain.run_storage, plain.schedule_storage)
            parts = plain.get_ref().to_dict()
        return {part: parts[field] for part, field in _PARTS.items()}

    def should_store_event(self, event: EventLogEntry) -> bool:
        """Leave out that a step put out an asset: that the asset was made stands beside it.

        Dagster reads it only to go on from a failed step, and a build has one step.
        """
        return event.dagster_event_type is not DagsterEventType.STEP_OUTPUT and (
            super().should_store_event(event)
        )

    def optimize_for_webserver(
        self, statement_timeout: int, pool_recycle: int, max_overflow: int
    ) -> None:
        """Put the guard before the web server that is about to start, whoever starts it."""
        from orchestration.dagster_home.web_guard import guard_web_server

        super().optimize_for_webserver(statement_timeout, pool_recycle, max_overflow)
        guard_web_server(read_dagster_settings().url)
