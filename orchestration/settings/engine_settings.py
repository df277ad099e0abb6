"""What dbt and DuckDB may take of the machine; the profile of dbt reads the variables itself.

Belongs here: threads and memory. Does not belong here: anything that changes a result.
"""

from __future__ import annotations

from orchestration.settings.setting import Settings, setting
from orchestration.settings.values import Memory, Whole


class EngineSettings(Settings):
    """Checked settings of the engine."""

    threads: Whole = setting(1, "Threads of dbt.", twin="LIFECYCLE_THREADS", limits=(1, 64))
    memory_limit: Memory = setting(
        "2GB",
        "Memory of DuckDB before it spills to disk, like 512MB.",
        twin="LIFECYCLE_MEMORY_LIMIT",
    )
