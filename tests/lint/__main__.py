"""Run every linter, print a line for each and the findings of those that fail.

Belongs here: which judges there are and in which order. Does not belong here: their settings
(pyproject.toml, .sqlfluff, .yamllint, dbt-bouncer.yml).

    python -m tests.lint                 all of them
    python -m tests.lint ruff sqlfluff   those whose name begins so
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SQL = ("dbt_project/models", "tests/data")


@dataclass(frozen=True)
class Judge:
    """One linter: the commands it runs, in order, until one fails.

    Attributes:
        name: what the report calls it.
        commands: argument lists; the first word is looked up beside the running Python.
        environment: variables set on top of the process environment.
        is_shown: whether what its last command says is worth reading also when it is content.
    """

    name: str
    commands: Sequence[Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    is_shown: bool = False


def dbt_artefacts(state: Path) -> Judge:
    """Return the judge that parses the dbt project below `state`, looks at it and draws its rooms.

    Absolute directories: a relative one poisons dbt's partial parse for the next caller. The
    state directory holds no database, since parsing opens none.
    """
    project = str(ROOT / "dbt_project")
    target, logs = state / "dbt" / "target", state / "dbt" / "logs"
    parse = [
        *("python", "-m", "dbt.cli.main", "--quiet", "parse", "--no-partial-parse"),
        *("--project-dir", project, "--profiles-dir", project),
        *("--target-path", str(target), "--log-path", str(logs), "--warn-error"),
    ]
    return Judge(
        "dbt-bouncer",
        [
            parse,
            ["dbt-bouncer", "--show-all-failures"],
            ["python", "-m", "tests.lint.rooms", str(target / "manifest.json")],
        ],
        # dbt-bouncer looks for the artefacts in $DBT_PROJECT_DIR/target.
        {"LIFECYCLE_STATE_DIR": str(state), "DBT_PROJECT_DIR": str(target.parent)},
        is_shown=True,
    )


def judges(state: Path) -> list[Judge]:
    """Return every judge, the quick ones first."""
    return [
        Judge("ruff", [["ruff", "check", "."], ["ruff", "format", "--check", "."]]),
        Judge("yamllint", [["yamllint", "--strict", "."]]),
        Judge("kpi-docs", [["python", "-m", "orchestration.rules.kpi_docs", "--check"]]),
        Judge("import-linter", [["lint-imports", "--no-logo"]]),
        Judge("pyright", [["pyright", "--project", "pyproject.toml"]]),
        Judge("sqlfluff", [["sqlfluff", "lint", "--disable-progress-bar", *SQL]]),
        dbt_artefacts(state),
    ]


def run(judge: Judge) -> tuple[bool, str]:
    """Return whether the judge is content, and what it says."""
    said = ""
    for program, *arguments in judge.commands:
        # dbt-bouncer wraps its table at the width of the terminal, which CI does not have.
        environment = {**os.environ, "COLUMNS": "200", **judge.environment}
        done = subprocess.run(
            [str(BIN / program), *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{done.stdout}{done.stderr}".strip("\n")
        if done.returncode:
            return False, said or f"exit code {done.returncode}"
    return True, said


def main(wanted: Sequence[str]) -> int:
    """Run the judges and return the exit code: 1 when one of them found something."""
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lifecycle-lint-") as scratch:
        chosen = [
            judge
            for judge in judges(Path(scratch))
            if not wanted or judge.name.startswith(tuple(wanted))
        ]
        if not chosen:
            print(f"No linter is called {' or '.join(wanted)}.", file=sys.stderr)
            return 2
        for judge in chosen:
            started = time.monotonic()
            is_content, said = run(judge)
            verdict = "clean" if is_content else "FAILED"
            print(f"{judge.name:<14} {verdict:<6} {time.monotonic() - started:5.1f} s", flush=True)
            if not is_content:
                failed.append(judge.name)
            if judge.is_shown or not is_content:
                print(said, flush=True)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} linters are content.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
