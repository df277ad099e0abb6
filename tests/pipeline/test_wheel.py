"""The wheel carries what a checkout has, and the demo shows what it builds.

That the wheel is enough to build is for test_newcomer, whose commands are the wheel's.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from orchestration.command.console import plain_console, stage_table
from orchestration.ingest.sources.adapter import ADAPTERS_DIR
from orchestration.pipeline.status import read_census
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import REPO_ROOT, RULES_DIR, SAMPLE_DIR, StateDir

pytestmark = pytest.mark.slow

FRAMEWORK = "discovery_to_advocacy"


def test_the_demo_shows_what_it_built(sample_state: StateDir) -> None:
    said = (sample_state.root.parent / "told").read_text(encoding="utf-8")
    assert str(sample_state.published_database) in said
    counts = read_census(sample_state)[FRAMEWORK]
    assert sum(count.subjects for count in counts) > 1000
    rows = read_seed(RULES_DIR / "framework_stages.csv").rows
    stages = [row["stage"] for row in rows if row["framework"] == FRAMEWORK]
    console = plain_console()
    with console.capture() as shown:
        console.print(stage_table(stages, counts))
    assert shown.get() in said


def test_the_demo_of_the_wheel_hands_its_own_sample_to_dbt(
    installed: Path, sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What dbt makes in the wheel is for test_newcomer."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    killed = subprocess.run(
        [installed / "lifecycle", "demo"],
        cwd=tmp_path,
        env=os.environ | {"LIFECYCLE_FAIL_POINT": "build.dbt_started"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["var"]
    of_checkout = (sample_state.root.parent / "told").read_text(encoding="utf-8")
    assert ingested(killed.stdout) == ingested(of_checkout)


def ingested(said: str) -> str:
    """What a build says of the files and rows that it took."""
    (line,) = (line for line in said.splitlines() if "rows read" in line)
    return line[line.index(" s  ") :]


def test_the_wheel_carries_every_seed_preset_adapter_and_data_test(installed: Path) -> None:
    (package,) = installed.parent.glob("lib/python*/site-packages/orchestration")
    shipped = package / "shipped"
    for ours, theirs in (
        (RULES_DIR, shipped / "dbt_project" / "seeds"),
        (REPO_ROOT / "tests" / "data", shipped / "dbt_project" / "tests"),
        (REPO_ROOT / "dbt_project" / "docs", shipped / "dbt_project" / "docs"),
        (SAMPLE_DIR, shipped / "seeds" / "sample"),
        (REPO_ROOT / "seeds" / "presets", shipped / "seeds" / "presets"),
        (ADAPTERS_DIR, package / "ingest" / "adapters"),
    ):
        wanted = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
        assert len(wanted) > 5
        assert wanted == {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    assert (shipped / "dagster.yaml").is_file()
    assert not [path for path in package.rglob("*") if path.is_symlink()]
