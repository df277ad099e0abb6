"""dbt's own docs in one file, made without any data.

Belongs here: the call of dbt and what it leaves. Does not belong here: pages of ours (`contents`).
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import duckdb

from orchestration.errors import LifecycleError
from orchestration.pipeline.dbt_run import PLAIN_DBT, bare_dbt_environment
from orchestration.safe_json import parsed as parsed_json
from orchestration.settings.paths import DBT_PROJECT_DIR, StateDir

FILE = "dbt.html"
_PAGE_LINK = re.compile(r"\]\((\w+)\.md(#[\w-]+)?\)")


def write_dbt_docs(out: Path, scratch: Path, project: Path = DBT_PROJECT_DIR) -> Mapping[str, Any]:
    """Write dbt's docs as one file into `out` and return the manifest that they show.

    Types of columns are those of the contracts: no database is read, so that the site says the same
    wherever it is made.

    Args:
        out: folder of the site.
        scratch: folder for what dbt leaves.
        project: the dbt project.

    Raises:
        LifecycleError: dbt could not read the project.
    """
    state, target = StateDir.at(scratch), scratch / "target"
    # The profile attaches it; nothing is asked of it.
    duckdb.connect(str(state.raw_database)).close()
    done = subprocess.run(
        [
            *(*PLAIN_DBT, "--quiet", "docs", "generate"),
            *("--static", "--empty-catalog"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target-path", str(target), "--log-path", str(scratch / "logs")),
        ],
        env=bare_dbt_environment(state, os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LifecycleError(f"dbt could not make its docs: {(done.stdout + done.stderr).strip()}")
    out.mkdir(parents=True, exist_ok=True)
    shown = (target / "static_index.html").read_text(encoding="utf-8")
    # Our overview names pages by their source, which the site has as HTML.
    (out / FILE).write_text(_PAGE_LINK.sub(r"](\1.html\2)", shown), encoding="utf-8")
    manifest = parsed_json((target / "manifest.json").read_text(encoding="utf-8"))
    return cast("Mapping[str, Any]", manifest)
