"""The lock files answer pyproject.toml, and what is installed is what they say."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = PROJECT["dependencies"]
EXTRAS = PROJECT["optional-dependencies"]
# What an adapter or a dashboard would bring: each is an extra of its own, once something uses it.
HEAVY = {"pyspark", "dbt-spark", "streamlit", "dbt-metricflow"}


def pins(lock: str) -> dict[str, tuple[Requirement, int]]:
    """Return each pin of a lock file by canonical name, with the number of its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, tuple[Requirement, int]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(re.split(r"\s+--hash", line, maxsplit=1)[0].strip())
            name = canonicalize_name(requirement.name)
            assert name not in found, f"{lock} pins {name} twice"
            found[name] = (requirement, line.count("--hash=sha256:"))
    return found


def version(requirement: Requirement) -> str:
    """Return the version of an exact pin."""
    (specifier,) = requirement.specifier
    assert specifier.operator == "=="
    return specifier.version


@pytest.mark.parametrize(
    ("lock", "declared"),
    [
        ("requirements.lock", CORE),
        ("requirements-dashboard.lock", CORE + EXTRAS["dashboard"]),
        ("requirements-dev.lock", CORE + EXTRAS["dev"]),
    ],
)
def test_a_lock_pins_every_declared_requirement_within_its_bounds(
    lock: str, declared: list[str]
) -> None:
    locked = pins(lock)
    assert len(locked) > len(declared)
    for text in declared:
        wanted = Requirement(text)
        pinned, _ = locked[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version(pinned)), f"{text}: {lock} pins {pinned}"


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dashboard.lock", "requirements-dev.lock"]
)
def test_every_pin_of_a_lock_carries_a_hash(lock: str) -> None:
    assert [name for name, (_, hashes) in pins(lock).items() if not hashes] == []


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements.lock", "requirements-dev.lock"),
        ("requirements-dashboard.lock", "requirements-dev.lock"),
    ],
)
def test_a_lock_changes_no_version_of_the_one_it_contains(smaller: str, larger: str) -> None:
    core, dev = pins(smaller), pins(larger)
    moved = {
        name: (version(pin), version(dev[name][0]) if name in dev else None)
        for name, (pin, _) in core.items()
        if name not in dev or version(dev[name][0]) != version(pin)
    }
    assert moved == {}


def test_the_core_lock_holds_no_spark_dashboard_or_development_package() -> None:
    development = {canonicalize_name(Requirement(text).name) for text in EXTRAS["dev"]}
    assert "streamlit" in development
    assert sorted(pins("requirements.lock").keys() & (HEAVY | development)) == []


def test_every_declared_requirement_has_an_upper_bound() -> None:
    declared = [*CORE, *(text for texts in EXTRAS.values() for text in texts)]
    unbounded = [
        text
        for text in declared
        if not any(part.operator in {"<", "<=", "==", "~="} for part in Requirement(text).specifier)
    ]
    assert unbounded == []


def test_what_is_installed_is_what_the_dev_lock_says() -> None:
    differing: dict[str, str] = {}
    compared = 0
    for name, (pin, _) in pins("requirements-dev.lock").items():
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        try:
            installed = distribution(name).version
        except PackageNotFoundError:
            installed = "not installed"
        compared += 1
        if installed != version(pin):
            differing[name] = f"{installed}, locked {version(pin)}"
    assert compared > 100
    assert differing == {}
