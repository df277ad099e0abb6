"""Named places at which a test can kill the process, as `kill -9` or a power cut would.

Belongs here: the list of names and the one function that dies. Does not belong here: what is
cleaned up afterwards; nothing may be, that is the point.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping

from orchestration.errors import SettingsError, nearest, sentence, shown

VARIABLE = "LIFECYCLE_FAIL_POINT"

# Name -> the instant, in the order in which a build passes them.
FAIL_POINTS: Mapping[str, str] = {
    "build.locked": "The lock is held, nothing has been read.",
    "build.rules_written": "The merged rules lie in the state directory, raw is untouched.",
    "ingest.rows_written": "Rows of a landing file are in a transaction that is still open.",
    "ingest.file_committed": "A landing file is loaded, those behind it are not.",
    "build.ingested": "Raw is loaded, dbt has not started.",
    "erase.found": "The journal says who is erased, nothing has been removed.",
    "erase.buried": "Tombstones stand, orders that stay are kept beside raw.",
    "erase.file_written": "A landing file without the persons lies beside the old one.",
    "erase.file_replaced": "A landing file is replaced, the ledger does not know it yet.",
    "erase.rows_removed": "Raw's rows are deleted, their bytes are still in the file.",
    "erase.raw_rewritten": "Raw is a fresh file.",
    "erase.working_removed": "What the next build makes anew is removed.",
    "erase.version_rewritten": "A kept version is written anew, others are not.",
    "erase.traces_masked": "Logs and records are masked.",
    "erase.receipt_written": "The receipt is written, the journal is still there.",
    "build.dbt_started": "dbt has begun to write the working database.",
    "build.dbt_ended": "The working database is complete, the gate has not been asked.",
    "build.gate_passed": "The gate is open, nothing has been copied.",
    "publish.directory_made": "The version directory exists, empty and hidden.",
    "publish.database_written": "The DuckDB file is written, not yet verified.",
    "publish.parquet_written": "Database and Parquet files are written, not yet verified.",
    "publish.verified": "The version is verified and on disk, under its hidden name.",
    "publish.renamed": "The version has its final name, readers still see the old one.",
    "publish.linked": "Readers see the new version, old versions are not yet removed.",
    "publish.pruned": "Everything is done but the report.",
}


def check_fail_point(environment: Mapping[str, str]) -> None:
    """Refuse a fail point that does not exist, since it would never be reached.

    Raises:
        SettingsError: names the nearest fail point.
    """
    name = environment.get(VARIABLE, "")
    if name and name not in FAIL_POINTS:
        hint = nearest(name, FAIL_POINTS)
        raise SettingsError(sentence(f"The fail point {shown(name)} is unknown{hint}"))


def reach(name: str) -> None:
    """Kill this process without any clean-up when the environment names this fail point."""
    if name not in FAIL_POINTS:
        raise ValueError(name)
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
