"""The manifest that Dagster's definitions are made from: parsed once, kept until a file changes.

Belongs here: deciding whether the kept manifest is stale, and `dbt parse`. Does not belong here:
what the definitions make of it (`dbt_translation`), or a build, which writes a manifest of its own.
`DbtProject.prepare_if_dev` does nothing outside `dagster dev`; this works for every process.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from orchestration.errors import WarehouseError, first_line
from orchestration.pipeline import parse_cache
from orchestration.pipeline.dbt_run import PLAIN_DBT, bare_dbt_environment
from orchestration.safe_json import parsed as parsed_json
from orchestration.settings.paths import DATA_TESTS_DIR, DBT_PROJECT_DIR, RULES_DIR, StateDir

# Links are not followed, so what they lead to is named.
_SOURCES = {"": DBT_PROJECT_DIR, "seeds/": RULES_DIR, "tests/": DATA_TESTS_DIR}
_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".csv", ".md"})
_LEFT_OUT = frozenset({"target", "logs"})


def read_manifest(state: StateDir) -> dict[str, Any]:
    """Return the manifest of the project as it stands, parsed now if a file has changed.

    Several processes may ask at once: each writes aside and moves its result into place.

    Raises:
        WarehouseError: dbt cannot parse the project; holds what dbt said.
    """
    kept = state.root / "dagster" / "manifests" / f"{fingerprint()}.json"
    if not kept.is_file():
        _parse(state, kept)
    return cast("dict[str, Any]", parsed_json(kept.read_text(encoding="utf-8")))


def fingerprint() -> str:
    """Return a hash over names and contents of every file that a manifest depends on."""
    digest = hashlib.sha256(sys.version.encode())
    for name, path in _files():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()[:32]


def _files() -> Iterator[tuple[str, Path]]:
    """Yield each file with its place in the project."""
    for folder, source in _SOURCES.items():
        for path in sorted(source.rglob("*")):
            place = path.relative_to(source)
            if path.suffix in _SUFFIXES and place.parts[0] not in _LEFT_OUT and path.is_file():
                yield f"{folder}{place.as_posix()}", path


def _parse(state: StateDir, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="parsing-", dir=kept.parent) as scratch:
        parsed = parse_cache.cache_entry(DBT_PROJECT_DIR, {"for": "manifest"})
        parse_cache.restore(Path(scratch), parsed)
        done = subprocess.run(
            [
                *(*PLAIN_DBT, "--quiet", "parse"),
                *("--project-dir", str(DBT_PROJECT_DIR)),
                *("--profiles-dir", str(DBT_PROJECT_DIR)),
                *("--target-path", scratch, "--log-path", scratch),
            ],
            cwd=scratch,
            # One path for all states, so that what was parsed for another one still holds.
            env=bare_dbt_environment(state, os.environ) | {"LIFECYCLE_STATE_DIR": "."},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = first_line((done.stdout + done.stderr).strip())
            raise WarehouseError(
                f"dbt cannot parse {DBT_PROJECT_DIR} ({said}); dbt parse says all of it there."
            )
        parse_cache.keep(Path(scratch), parsed)
        for old in kept.parent.glob("*.json"):
            old.unlink(missing_ok=True)
        shutil.move(Path(scratch) / "manifest.json", kept)
