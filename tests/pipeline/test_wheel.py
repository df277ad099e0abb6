"""What `pip install` brings is enough: the demo of the wheel works in an empty directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.command.console import plain_console, stage_table
from orchestration.ingest.sources.adapter import ADAPTERS_DIR
from orchestration.pipeline.status import read_census
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import REPO_ROOT, RULES_DIR, SAMPLE_DIR, StateDir
from tests.conftest import run_lifecycle

pytestmark = pytest.mark.slow

FRAMEWORK = "discovery_to_advocacy"


def test_the_demo_of_the_wheel_shows_in_an_empty_directory_what_a_checkout_builds(
    wheel: Path, sample_state: StateDir, tmp_path: Path
) -> None:
    done = run_lifecycle("demo", cwd=tmp_path, command=wheel)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["var"]
    state = StateDir.at(tmp_path / "var")
    assert str(state.published_database) in said
    counts = read_census(sample_state)[FRAMEWORK]
    assert sum(count.subjects for count in counts) > 1000
    assert read_census(state)[FRAMEWORK] == counts
    rows = read_seed(RULES_DIR / "framework_stages.csv").rows
    stages = [row["stage"] for row in rows if row["framework"] == FRAMEWORK]
    console = plain_console()
    with console.capture() as shown:
        console.print(stage_table(stages, counts))
    assert shown.get() in said
    # The commands it offers next need no option where they are pasted.
    assert "--state-dir OTHER_DIR" in said
    assert said.count("--state-dir") == 1


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
