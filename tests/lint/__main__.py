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
SQLFLUFF = ("python", "-m", "tests.lint.sqlfluff_once")


@dataclass(frozen=True)
class Judge:
    """One linter: the commands it runs, in order, until one fails.

    Attributes:
        name: what the report calls it.
        commands: argument lists; the first word is looked up beside the running Python.
        environment: variables set on top of the process environment.
        reads_manifest: whether it looks at what dbt compiled.
        is_shown: whether what it says is printed when it is content, too.
    """

    name: str
    commands: Sequence[Sequence[str]]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    reads_manifest: bool = False
    is_shown: bool = False


def compiled(scratch: Path) -> Judge:
    """Return the step that compiles the dbt project below `scratch`, where judges look at it.

    The copy hides dispatched macros, so that what is compiled is what all engines share. Absolute
    directories: a relative one poisons dbt's partial parse for the next caller. No database is
    opened, since nothing is asked of one.
    """
    project = str(scratch / "dbt_project")
    compile_models = [
        *("python", "-m", "orchestration.pipeline.lean_dbt", "--quiet", "compile"),
        "--no-partial-parse",
        *("--no-introspect", "--no-populate-cache", "--select", "resource_type:model"),
        *("--project-dir", project, "--profiles-dir", project, "--warn-error"),
        *("--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs")),
    ]
    return Judge(
        "dbt",
        [own_command("opaque_project", scratch), compile_models],
        {"LIFECYCLE_STATE_DIR": str(scratch), "PYTHONWARNINGS": "ignore::RuntimeWarning"},
    )


def own_command(module: str, *arguments: Path) -> list[str]:
    """Return the command of one of the project's own lints."""
    return ["python", "-m", f"tests.lint.{module}", *map(str, arguments)]


def judges(scratch: Path) -> list[Judge]:
    """Return every judge, the quick ones first."""
    manifest = scratch / "target" / "manifest.json"
    return [
        Judge("ruff", [["ruff", "check", "."], ["ruff", "format", "--check", "."]]),
        Judge("yamllint", [["yamllint", "--strict", "."]]),
        Judge("hadolint", [["hadolint", "Dockerfile"]]),
        Judge("kpi-docs", [["python", "-m", "orchestration.rules.kpi_docs", "--check"]]),
        Judge("import-linter", [["lint-imports", "--no-logo"]]),
        Judge("dependencies", [own_command("dependencies")], is_shown=True),
        Judge("private-names", [own_command("private_names")]),
        Judge("corridors", [own_command("corridors")], is_shown=True),
        Judge("jinja-mappings", [own_command("jinja_mappings")]),
        Judge("macro-names", [own_command("macro_names")]),
        Judge("pyright", [["pyright", "--project", "pyproject.toml"]]),
        Judge("sqlfluff", [[*SQLFLUFF, *SQL]]),
        Judge("rooms", [own_command("rooms", manifest)], reads_manifest=True, is_shown=True),
        Judge("portable", [own_command("portable", manifest)], reads_manifest=True),
        Judge(
            "dbt-bouncer",
            [["dbt-bouncer", "--show-all-failures"]],
            # dbt-bouncer looks for the artefacts in $DBT_PROJECT_DIR/target.
            {"DBT_PROJECT_DIR": str(scratch)},
            reads_manifest=True,
        ),
    ]


def run(judge: Judge) -> tuple[bool, str]:
    """Return whether the judge is content, and what it said."""
    said: list[str] = []
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
        said.append(f"{done.stdout}{done.stderr}".rstrip())
        if done.returncode:
            return False, said[-1] or f"exit code {done.returncode}"
    return True, "\n".join(said)


def report(judge: Judge) -> bool:
    """Run a judge, print a line about it and what it said; return whether it is content."""
    started = time.monotonic()
    is_content, said = run(judge)
    verdict = "clean" if is_content else "FAILED"
    print(f"{judge.name:<14} {verdict:<6} {time.monotonic() - started:5.1f} s", flush=True)
    if said and (judge.is_shown or not is_content):
        print(said, flush=True)
    return is_content


def main(wanted: Sequence[str]) -> int:
    """Run the judges and return the exit code: 1 when one of them found something."""
    content = 0
    with tempfile.TemporaryDirectory(prefix="lifecycle-lint-") as folder:
        scratch = Path(folder)
        chosen = [
            judge for judge in judges(scratch) if not wanted or judge.name.startswith(tuple(wanted))
        ]
        if not chosen:
            print(f"No linter is called {' or '.join(wanted)}.", file=sys.stderr)
            return 2
        is_compiled: bool | None = None
        for judge in chosen:
            if judge.reads_manifest and is_compiled is None:
                is_compiled = report(compiled(scratch))
            if not judge.reads_manifest or is_compiled:
                content += report(judge)
    print(f"{content} of {len(chosen)} linters are content.")
    return 0 if content == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
