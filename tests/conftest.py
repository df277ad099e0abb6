"""What every test may use: a clean environment, the command line, one built sample."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from orchestration.settings.paths import REPO_ROOT, SAMPLE_DIR, StateDir
from tests.pipeline.small_shop import DOLLARS, land, write_small_shop

Lifecycle = Callable[..., subprocess.CompletedProcess[str]]
_COMMAND = Path(sys.executable).with_name("lifecycle")
SHARED_DATA = REPO_ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Keep a developer's own LIFECYCLE_ and DBT_ variables out of the tests."""
    kept = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith(("LIFECYCLE_", "DBT_", "CALLED_BY_"))
    }
    yield
    os.environ.update(kept)


def run_lifecycle(
    *arguments: object, cwd: Path = REPO_ROOT, command: Path = _COMMAND, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `lifecycle` in a process of its own, as a user would."""
    return subprocess.run(
        [str(command), *map(str, arguments)],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.fixture(scope="session")
def lifecycle() -> Lifecycle:
    """The command line, as a function of its arguments and extra environment."""
    return run_lifecycle


@pytest.fixture(scope="session")
def sample_state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A state directory with the shipped sample built and published, all frameworks."""
    return _built_once(tmp_path_factory, "sample", lambda _: SAMPLE_DIR, "--frameworks", "all")


@pytest.fixture(scope="session")
def small_state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """The rows of the small shop and dollars, published: `small_shop.copy_of_shop` to change it.

    Beside it lie `landing`, `report.html` and, in `told`, what the build printed.
    """

    def landing(folder: Path) -> Path:
        raw_dir = write_small_shop(folder / "landing")
        land(raw_dir, DOLLARS)
        return raw_dir

    return _built_once(tmp_path_factory, "small", landing, "--report", "report.html")


@pytest.fixture(scope="session")
def online_retail_state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A real shop without events, published; skips where its files are not."""
    return _built_once(tmp_path_factory, "online_retail", lambda _: shared("online_retail"))


@pytest.fixture(scope="session")
def cdnow_state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A real shop of 23,502 customers and nothing but orders, which takes minutes; likewise."""
    return _built_once(tmp_path_factory, "cdnow", lambda _: shared("cdnow"))


def shared(name: str) -> Path:
    """The files of a shop of others; skips where they are not."""
    folder = SHARED_DATA / name
    if not folder.is_dir():
        pytest.skip(f"{name} is not at {folder}; it is never part of the repository")
    return folder


@contextmanager
def once_in_a_run(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of a run share, one at a time: who finds it empty fills it."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder / name).mkdir(exist_ok=True)
    with FileLock(folder / name / "lock"):
        yield folder / name


def _built_once(
    factory: pytest.TempPathFactory, name: str, raw: Callable[[Path], Path], *arguments: str
) -> StateDir:
    """Build a state that all workers of a run share: read it, never write to it.

    What the build said lies beside it, in `told`.

    Args:
        factory: of temporary directories.
        name: of the folder, in which the build runs.
        raw: gives the landing files, where need be by writing them below the folder.
        arguments: more options of the build.
    """
    with once_in_a_run(factory, name) as folder:
        state = StateDir.at(folder / "state")
        if not state.published_database.exists():
            directories = ("--raw-dir", raw(folder), "--state-dir", state.root)
            built = run_lifecycle("build", *directories, *arguments, cwd=folder)
            assert built.returncode == 0, built.stdout + built.stderr
            (folder / "told").write_text(built.stdout, encoding="utf-8")
    return state
