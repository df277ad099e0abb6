"""How the project's own lints speak: what they measured, what they found, and the exit code.

Belongs here: printing and the reading of files that several lints share. Does not belong here: any
judgement.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt_project" / "models"
MACROS = ROOT / "dbt_project" / "macros"
DBT_TESTS = ROOT / "tests" / "data"


def manifest(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the manifest whose path is the one argument."""
    return json.loads(Path(arguments[0]).read_bytes())


def files(*folders: Path, ending: str = ".sql") -> dict[str, str]:
    """Return the text of each file below the folders, by its path from the root of the project."""
    paths = sorted(path for folder in folders for path in folder.rglob(f"*{ending}"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def conclude(findings: Iterable[str], measured: Iterable[str] = ()) -> int:
    """Print what was measured and what was found; return 1 when something was found."""
    for line in measured:
        print(line)
    found = list(findings)
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0
