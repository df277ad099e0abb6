"""Where things are: the shipped directories and the files of a state directory.

Belongs here: paths, computed and never touched. Does not belong here: creating, reading or
deleting what lies at them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# A wheel carries here what a checkout has beside the package; pyproject.toml puts it there.
_SHIPPED = _PACKAGE / "shipped"
_IS_INSTALLED = _SHIPPED.is_dir()

REPO_ROOT = _SHIPPED if _IS_INSTALLED else _PACKAGE.parent
DBT_PROJECT_DIR = REPO_ROOT / "dbt_project"
# dbt wants them within its project: links to seeds/rules and tests/data, and folders in a wheel.
RULES_DIR = (DBT_PROJECT_DIR / "seeds").resolve()
DATA_TESTS_DIR = (DBT_PROJECT_DIR / "tests").resolve()
SAMPLE_DIR = REPO_ROOT / "seeds" / "sample"
PRESETS_DIR = REPO_ROOT / "seeds" / "presets"
# Nobody looks for their marts among installed packages.
DEFAULT_STATE_DIR = Path("var") if _IS_INSTALLED else REPO_ROOT / "var"


@dataclass(frozen=True)
class StateDir:
    """Every path below one state directory.

    Attributes:
        root: the absolute state directory.
    """

    root: Path

    @classmethod
    def at(cls, path: Path) -> StateDir:
        """Return the state directory at `path`, made absolute; nothing is created."""
        return cls(path.expanduser().resolve())

    @property
    def raw_database(self) -> Path:
        """The DuckDB file with raw tables, ledger and quarantine; written by ingest alone."""
        return self.root / "raw.duckdb"

    @property
    def raw_ledger(self) -> Path:
        """Path and checksum of every file in the raw database, a second time beside it."""
        return self.root / "raw_ledger.jsonl"

    @property
    def working_database(self) -> Path:
        """The private DuckDB file that dbt makes; no reader opens it."""
        return self.root / "working.duckdb"

    @property
    def spill(self) -> Path:
        """Where DuckDB puts what does not fit into memory, in dbt and in publishing."""
        return self.root / "tmp"

    @property
    def kept_tables(self) -> Path:
        """JSON with what each table of the working database is made of, see `kept_tables`."""
        return self.root / "kept_tables.json"

    @property
    def rules(self) -> Path:
        """The merged rule seeds of the present build."""
        return self.root / "rules"

    @property
    def published_rules(self) -> Path:
        """The merged rule seeds of the build that was published last."""
        return self.root / "rules_published"

    @property
    def published_settings(self) -> Path:
        """JSON with the settings of that build."""
        return self.root / "settings_published.json"

    @property
    def dbt_target(self) -> Path:
        """The target path of dbt: manifest.json, run_results.json, compiled SQL."""
        return self.root / "dbt" / "target"

    @property
    def dbt_logs(self) -> Path:
        """The log path of dbt."""
        return self.root / "dbt" / "logs"

    @property
    def build_lock(self) -> Path:
        """The file whose OS lock one build holds."""
        return self.root / "build.lock"

    @property
    def last_build(self) -> Path:
        """JSON with how the last build ended, published or not."""
        return self.root / "last_build.json"

    @property
    def erasures(self) -> Path:
        """What erasures left: receipts, tombstones, orders that are nobody's, the open journal."""
        return self.root / "erasures"

    @property
    def tombstones(self) -> Path:
        """The marks of erased ids, by which ingest refuses them."""
        return self.erasures / "tombstones"

    @property
    def guest_orders(self) -> Path:
        """Booked orders of erased persons, without the person."""
        return self.erasures / "guest_orders.jsonl"

    @property
    def erasure_journal(self) -> Path:
        """How far an erasure came that was begun and not ended."""
        return self.erasures / "journal.json"

    @property
    def exports_ledger(self) -> Path:
        """What was exported when, a JSON line each."""
        return self.root / "exports.jsonl"

    @property
    def published(self) -> Path:
        """What readers may open."""
        return self.root / "published"

    @property
    def versions(self) -> Path:
        """The published versions, a directory each."""
        return self.published / "versions"

    @property
    def current(self) -> Path:
        """The symbolic link to the version that readers see."""
        return self.published / "current"

    @property
    def published_database(self) -> Path:
        """The link through which readers open the published DuckDB file."""
        return self.published / "lifecycle.duckdb"
