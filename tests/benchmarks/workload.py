"""The simulated shop of a scale, ingested and compiled once, ready to be measured.

Belongs here: calling the project's own commands to make what a measured run starts from.
Does not belong here: measuring.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml

from tests.benchmarks.plan import plan_as_rows, read_plan

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
TARGET_MODEL = "lifecycle_history"
DAYS = 730  # 24 months
SEED = 20
CUSTOMERS = {"S": 10_000, "M": 100_000, "L": 1_000_000}


@dataclass(frozen=True)
class Workload:
    """Where the shop of one scale lies.

    Attributes:
        home: directory of everything below.
        landing: the simulator's files.
        raw: the raw database that ingest made of them.
    """

    home: Path
    landing: Path
    raw: Path

    def parquet(self, table: str) -> str:
        """Return the SQL that reads a table's landing files."""
        folder = self.landing / table
        files = folder / "**" / "*.parquet" if folder.is_dir() else f"{folder}.parquet"
        return f"read_parquet('{files}')"


def command(*arguments: str, state: Path) -> None:
    """Run a command of the environment; its output is shown only when it fails."""
    program, *rest = arguments
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *rest],
        env={**os.environ, "LIFECYCLE_STATE_DIR": str(state)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")


def prepare(home: Path, customers: int) -> Workload:
    """Simulate and ingest, unless a run before has done so."""
    workload = Workload(home, home / "landing", home / "raw.duckdb")
    home.mkdir(parents=True, exist_ok=True)
    if not (workload.landing / "events").exists():
        command(
            "lifecycle",
            "simulate",
            *("--customers", str(customers), "--days", str(DAYS), "--seed", str(SEED)),
            *("--out", str(workload.landing)),
            state=home,
        )
    ingested = home / "ingested"
    if not ingested.exists():
        command(
            "lifecycle",
            *("ingest", "--raw-dir", str(workload.landing), "--state-dir", str(home)),
            state=home,
        )
        ingested.touch()
    return workload


def compile_plan(workload: Workload, frameworks: str) -> dict[str, Any]:
    """Run dbt once for real and return the SQL it executed, with the seeds it loaded.

    Running, not only compiling: what a model's SQL looks like may follow from rows of a seed.

    Args:
        workload: the prepared shop.
        frameworks: the dbt var, blank for the default framework or `all`.
    """
    home = workload.home / f"dbt_{frameworks or 'default'}"
    home.mkdir(exist_ok=True)
    link = home / "raw.duckdb"
    if not link.exists():
        link.symlink_to(workload.raw)
    (home / "working.duckdb").unlink(missing_ok=True)
    command(
        *("python", "-m", "dbt.cli.main", "--quiet", "build"),
        *("--select", f"+{TARGET_MODEL}", "--resource-type", "seed", "--resource-type", "model"),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(home / "target"), "--log-path", str(home / "logs")),
        *("--vars", json.dumps({"frameworks": frameworks, "reporting_currency": "EUR"})),
        state=home,
    )
    manifest = json.loads((home / "target" / "manifest.json").read_text(encoding="utf-8"))
    return {
        "what": "plan",
        "plan": plan_as_rows(read_plan(manifest, TARGET_MODEL)),
        "prepared": str(home / "working.duckdb"),
        "raw": str(workload.raw),
    }


def profile_settings(state: Path) -> dict[str, str]:
    """Return DuckDB's settings of the dbt profile, as a build in `state` would have them."""
    output = read_profile({**os.environ, "LIFECYCLE_STATE_DIR": str(state)})
    given_settings = {**output["config_options"], **output["settings"]}
    return {name: str(value) for name, value in given_settings.items()}


def read_profile(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the one output of the dbt profile as dbt would read it."""
    text = (PROJECT / "profiles.yml").read_text(encoding="utf-8")

    def env_var(name: str, default: str | None = None) -> str:
        value = environment.get(name, default)
        if value is None:
            raise KeyError(name)
        return value

    # Rendered into YAML that dbt would read from a file; nothing of it becomes a web page.
    rendered = jinja2.Template(text, autoescape=False).render(env_var=env_var)
    return yaml.safe_load(rendered)["customer_lifecycle"]["outputs"]["duckdb"]
