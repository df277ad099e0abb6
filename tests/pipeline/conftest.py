"""What several pipeline tests share: random shops, each built once for all; the installed wheel."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.conftest import once_in_a_run
from tests.reference.batches import Batch
from tests.reference.kpis import batches
from tests.reference.kpis.batches import BuiltShop
from tests.reference.kpis.shop import Shop


@pytest.fixture(scope="session")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Batch], BuiltShop]:
    """A function that gives one of the shops whose KPIs are compared: read it, never write."""

    def built(batch: Batch) -> BuiltShop:
        with once_in_a_run(tmp_path_factory, batch.name) as folder:
            made = folder / "shop.pickle"
            if not made.exists():
                shop = batches.build(batch, folder)
                made.write_bytes(pickle.dumps(shop))
            return pickle.loads(made.read_bytes())  # noqa: S301 - written a few lines above

    return built


@pytest.fixture(scope="session", params=batches.SHOPS, ids=lambda batch: batch.name)
def shop(request: pytest.FixtureRequest, built_shop: Callable[[Batch], BuiltShop]) -> BuiltShop:
    """Each of these shops."""
    return built_shop(request.param)


@pytest.fixture(scope="session")
def settled(shop: BuiltShop) -> Shop:
    """What the reference makes of the raw rows of the shop."""
    return Shop(shop.world, shop.batch.settings, shop.rules, shop.seeds)


def _run(*command: object, cwd: Path) -> str:
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


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a fresh environment with the wheel; what the wheel needs is lent to it."""
    root = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", root, cwd=REPO_ROOT)
    (wheel,) = root.glob("*.whl")
    made = root / "venv"
    venv.create(made, symlinks=True)
    python = made / "bin" / "python"
    _run(
        *(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"),
        *("install", "--quiet", "--no-index", "--no-deps", wheel),
        cwd=root,
    )
    (packages,) = made.glob("lib/python*/site-packages")
    lent = distribution("dbt-core").locate_file("")
    (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")
    return python.parent


@pytest.fixture
def wheel(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lifecycle` of the wheel; a path to the checkout would hide what it lacks."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return installed / "lifecycle"
