"""dbt by hand on a state directory, as those who live in dbt call it.

Belongs here: the call. Does not belong here: assertions about what it made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir


def dbt(
    state: StateDir, command: str, *arguments: str, variables: Mapping[str, object] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one dbt command with the shipped rules; absolute directories, as dbt needs them."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "orchestration.pipeline.lean_dbt", command),
            *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
            *("--target-path", str(state.dbt_target), "--log-path", str(state.dbt_logs)),
            *("--vars", json.dumps(dict(variables or {})), "--log-level-file", "info"),
            *arguments,
        ],
        env=os.environ | {"LIFECYCLE_STATE_DIR": str(state.root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
