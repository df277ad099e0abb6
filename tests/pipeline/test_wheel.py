"""What `pip install` brings is enough: the demo of the wheel works in an empty directory."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

from orchestration.command.console import plain_console, stage_table
from orchestration.ingest.sources.adapter import ADAPTERS_DIR
from orchestration.pipeline.status import read_census
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import REPO_ROOT, RULES_DIR, StateDir

pytestmark = pytest.mark.slow

FRAMEWORK = "discovery_to_advocacy"


def run(*command: object, cwd: Path) -> str:
    """Run a command that must end well and return what it printed."""
    # A path to the checkout would hide what the wheel lacks.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment with the wheel; what the wheel needs is lent to it."""
    root = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", root, cwd=REPO_ROOT)
    (wheel,) = root.glob("*.whl")
    made = root / "venv"
    venv.create(made, symlinks=True)
    python = made / "bin" / "python"
    run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=root,
    )
    (packages,) = made.glob("lib/python*/site-packages")
    lent = distribution("dbt-core").locate_file("")
    (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    return python.parent


def test_the_demo_of_the_wheel_shows_in_an_empty_directory_what_a_checkout_builds(
    installed: Path, sample_state: StateDir, tmp_path: Path
) -> None:
    said = run(installed / "lifecycle", "demo", cwd=tmp_path)
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
        (REPO_ROOT / "seeds" / "presets", shipped / "seeds" / "presets"),
        (ADAPTERS_DIR, package / "ingest" / "adapters"),
    ):
        wanted = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
        assert len(wanted) > 5
        assert wanted == {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    assert (shipped / "dagster.yaml").is_file()
    assert not [path for path in package.rglob("*") if path.is_symlink()]
