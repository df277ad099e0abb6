"""Where a build reads and writes, as the user chose.

Belongs here: the directories, and the file that tells what lies in one of them. Does not belong
here: what lies in them (`paths`).
"""

from __future__ import annotations

from orchestration.settings.paths import DEFAULT_STATE_DIR, SAMPLE_DIR, StateDir
from orchestration.settings.setting import Settings, setting
from orchestration.settings.values import Place


class Directories(Settings):
    """The directories of a build, absolute."""

    raw_dir: Place = setting(
        SAMPLE_DIR,
        "Landing files.",
        option="--raw-dir",
        twin="LIFECYCLE_RAW_DIR",
        otherwise="the shipped sample",
    )
    state_dir: Place = setting(
        DEFAULT_STATE_DIR,
        "State directory, everything a build keeps.",
        option="--state-dir",
        twin="LIFECYCLE_STATE_DIR",
        otherwise="`var/` in the repository, else in the current directory",
    )
    rules_dir: Place | None = setting(
        None,
        "Rules of your own: whole seeds or patches of the shipped ones.",
        option="--rules-dir",
        twin="LIFECYCLE_RULES_DIR",
        otherwise="none",
    )
    raw_database: Place | None = setting(
        None,
        "DuckDB file of another loader, read instead of landing files.",
        option="--raw-database",
        twin="LIFECYCLE_RAW_DATABASE",
        otherwise="none",
    )
    raw_schema: str = setting(
        "main",
        "Schema of its tables.",
        option="--raw-schema",
        twin="LIFECYCLE_RAW_SCHEMA",
    )
    sources_file: Place | None = setting(
        None,
        "What lies there in other shapes.",
        option="--sources",
        twin="LIFECYCLE_SOURCES",
        otherwise="sources.yml beside the landing files",
    )

    erasure_key_file: Place | None = setting(
        None,
        "Key that ids of erased persons are hashed with; outside the state directory.",
        twin="LIFECYCLE_ERASURE_KEY_FILE",
        otherwise="`customer-lifecycle/erasure.key` in the user's configuration",
    )

    @property
    def state(self) -> StateDir:
        """The state directory with the paths below it."""
        return StateDir.at(self.state_dir)
