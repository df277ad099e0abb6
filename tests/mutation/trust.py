"""Slips in the Python that trust rests on: each is made in a copy, and a test has to turn red.

    python -m tests.mutation.trust [--only NAME]

Belongs here: the slips, running their tests, the record. Does not belong here: slips in SQL
(`slips`, `mutants`). `tests/unit/test_trust_mutants.py` holds the record to the slips and these to
the source.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings.paths import REPO_ROOT

RECORD = Path(__file__).with_name("trust.md")
CONTROL = "control"
# What a test of the tiny states needs of the repository.
_COPIED = ("orchestration", "tests", "seeds", "dbt_project", "dagster.yaml", "pyproject.toml")
PUBLISH, VERSIONS, GATE = (f"pipeline/{name}.py" for name in ("publish", "versions", "gate"))
_HEADER = """# Slips in the Python that trust rests on

Made by `python -m tests.mutation.trust`, one at a time in a copy of the repository; the control
changes nothing. A slip is killed if one of the tests named fails.

| slip | file | instead of | stands | tests | verdict |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class TrustSlip:
    """One text of a module, and what stands there instead.

    Attributes:
        name: what is wrong, in a few words.
        file: the module below `orchestration/`.
        right: a text that stands in it exactly once.
        wrong: what is written in its place.
        tests: files below `tests/` that have to notice.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


SLIPS = (
    TrustSlip(CONTROL, PUBLISH, "_AT_A_TIME = 4", "_AT_A_TIME = 3", ("unit/test_publish.py",)),
    TrustSlip(
        "published files may be written",
        "state_modes.py",
        "PUBLIC_FILE = 0o444",
        "PUBLIC_FILE = 0o644",
        ("unit/test_state_modes.py",),
    ),
    TrustSlip(
        "private files may be read by the group",
        "state_modes.py",
        "_NOT_THE_OWNER = 0o077",
        "_NOT_THE_OWNER = 0o007",
        ("unit/test_state_modes.py",),
    ),
    TrustSlip(
        "what a build makes follows the umask",
        "pipeline/lock.py",
        "with writing_privately():",
        "if True:",
        ("unit/test_state_modes.py",),
    ),
    TrustSlip(
        "planted links are followed",
        "state_modes.py",
        "if path.parent != public or target.is_absolute()",
        "if target.is_absolute()",
        ("unit/test_state_modes.py",),
    ),
    TrustSlip(
        "Parquet is not verified",
        PUBLISH,
        "lambda cursor, mart: _verify(cursor, mart, _parquet_source(mart, directory)),",
        "lambda cursor, mart: _verify(cursor, mart, mart_table(mart.name)),",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "the database is not verified",
        PUBLISH,
        "lambda cursor, mart: _verify(cursor, mart, mart_table(mart.name)),",
        "lambda cursor, mart: None,",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "a leftover log is not seen",
        PUBLISH,
        'if Path(f"{database}.wal").exists():',
        "if False:",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "files are not flushed",
        PUBLISH,
        "os.fsync(file.fileno())",
        "file.fileno()",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "names are not flushed",
        VERSIONS,
        "os.fsync(descriptor)",
        "os.fstat(descriptor)",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "the swap is two steps",
        VERSIONS,
        "    next_link.replace(state.current)\n",
        "    state.current.unlink(missing_ok=True)\n    next_link.rename(state.current)\n",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "changes during the copy are not seen",
        PUBLISH,
        "        _write_version(state, gate_pass, unfinished)\n"
        "        _refuse_changed(state, gate_pass)\n",
        "        _write_version(state, gate_pass, unfinished)\n",
        ("unit/test_publish.py",),
    ),
    TrustSlip(
        "damage is linked into the next version",
        PUBLISH,
        "damage(directory, thorough=True)",
        "damage(directory)",
        ("unit/test_version_files.py",),
    ),
    TrustSlip(
        "the gate reads no page",
        GATE,
        "coalesce(sum(hash({cells})), 0) from {source}",
        "0 as nothing from {source}",
        ("unit/test_gate.py", "unit/test_publish.py"),
    ),
    TrustSlip(
        "the log is outside the fingerprint",
        GATE,
        "(state.working_database, log)",
        "(state.working_database,)",
        ("unit/test_gate.py",),
    ),
    TrustSlip(
        "rollback believes sizes and times",
        VERSIONS,
        "damage(state.versions / version, thorough=True)",
        "damage(state.versions / version)",
        ("unit/test_version_files.py",),
    ),
    TrustSlip(
        "bytes are never read",
        "version_files.py",
        "if (thorough or not same_time) and",
        "if not same_time and",
        ("unit/test_version_files.py",),
    ),
    TrustSlip(
        "a leftover link may name anything",
        VERSIONS,
        'target.parent == _TARGETS and not target.name.startswith(".")',
        "True",
        ("unit/test_state_modes.py",),
    ),
    TrustSlip(
        "quotes of texts are not doubled",
        "sql_text.py",
        """replace("'", "''")""",
        """replace("'", "'")""",
        ("unit/test_sql_text.py",),
    ),
    TrustSlip(
        "quotes of names are not doubled",
        "sql_text.py",
        """replace('"', '""')""",
        """replace('"', '"')""",
        ("unit/test_sql_text.py",),
    ),
    TrustSlip(
        "the connection can be unlocked",
        "pipeline/status.py",
        '"lock_configuration": "true"',
        '"lock_configuration": "false"',
        ("unit/test_version_files.py",),
    ),
    TrustSlip(
        "the connection reads any file",
        "pipeline/status.py",
        '"enable_external_access": "false"',
        '"enable_external_access": "true"',
        ("unit/test_version_files.py",),
    ),
    TrustSlip(
        "the recipe reads any file",
        "care/connect.py",
        '"enable_external_access": "false"',
        '"enable_external_access": "true"',
        ("unit/test_connect.py",),
    ),
    TrustSlip(
        "escape sequences reach the terminal",
        "command/console.py",
        'super().render_str("\\n".join(map(escaped, lines)), **options)',
        "super().render_str(text, **options)",
        ("unit/test_console.py",),
    ),
    TrustSlip(
        "foreign origins are heard",
        "dagster_home/web_guard.py",
        "    if foreign:\n",
        "    if not origins:\n",
        ("unit/test_web_guard.py",),
    ),
    TrustSlip(
        "foreign hosts are heard",
        "dagster_home/web_guard.py",
        "(bool(name) and name == known)",
        "bool(name)",
        ("unit/test_web_guard.py",),
    ),
    TrustSlip(
        "a GET may change",
        "dagster_home/web_guard.py",
        "one.operation is OperationType.QUERY",
        "one.operation is not OperationType.SUBSCRIPTION",
        ("unit/test_web_guard.py",),
    ),
    TrustSlip(
        "a file is forgotten though its bytes are gone",
        "care/quarantine.py",
        "return path.is_file() and is_readable(path) and sha256_of(path) == sha256",
        "return True",
        ("pipeline/test_quarantine.py",),
    ),
    TrustSlip(
        "verify compares nothing",
        "care/verify.py",
        "tuple(found for found in differences if found.mart not in ALWAYS_DIFFERENT),",
        "(),",
        ("unit/test_verify.py",),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every slip, write the record, and exit 1 if one survives or the control does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.trust")
    parser.add_argument("--only", help="One slip by its name; the record stays as it is.")
    only = parser.parse_args(arguments).only
    chosen = [slip for slip in SLIPS if only in {None, slip.name}]
    lines: list[str] = []
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        copy.mkdir()
        _copy_repository(copy)
        for slip in chosen:
            verdict = "killed" if _is_noticed(copy, slip) else "survived"
            wrong += verdict != expected_verdict(slip)
            lines.append(record_line(slip, verdict))
            print(f"{verdict:<9} {slip.name}", flush=True)
    if only is None:
        RECORD.write_text(_HEADER + "".join(lines), encoding="utf-8")
    return int(wrong > 0 or not chosen)


def expected_verdict(slip: TrustSlip) -> str:
    """Return what should become of a slip."""
    return "survived" if slip.name == CONTROL else "killed"


def record_line(slip: TrustSlip, verdict: str) -> str:
    """Return the line of the record."""
    right, wrong = (_cell(text) for text in (slip.right, slip.wrong))
    tests = ", ".join(f"`{name}`" for name in slip.tests)
    return f"| {slip.name} | `{slip.file}` | {right} | {wrong} | {tests} | {verdict} |\n"


def _cell(text: str) -> str:
    shown = " ".join(text.split()).replace("|", "\\|")
    return f"`` {shown} ``"


def _copy_repository(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "results")
    for name in _COPIED:
        source = REPO_ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(source, target / name)


def _is_noticed(copy: Path, slip: TrustSlip) -> bool:
    path = copy / "orchestration" / slip.file
    text = path.read_text(encoding="utf-8")
    if text.count(slip.right) != 1:
        raise ValueError(f"{slip.file} holds {slip.right!r} {text.count(slip.right)} times")
    path.write_text(text.replace(slip.right, slip.wrong), encoding="utf-8")
    try:
        ran = subprocess.run(
            [*_pytest(), *(f"tests/{name}" for name in slip.tests)],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        path.write_text(text, encoding="utf-8")
    if ran.returncode not in {0, 1}:
        raise RuntimeError(ran.stdout[-2000:] + ran.stderr[-2000:])
    return ran.returncode == 1


def _pytest() -> Iterator[str]:
    yield from (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


if __name__ == "__main__":
    sys.exit(main())
