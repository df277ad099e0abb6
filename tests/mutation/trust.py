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
        tests: files or tests below `tests/` that have to notice.
    """

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


SLIPS = (
    TrustSlip(CONTROL, PUBLISH, "_AT_A_TIME = 4", "_AT_A_TIME = 3", ("unit/test_sql_text.py",)),
    TrustSlip(
        "published files may be written",
        "state_modes.py",
        "PUBLIC_FILE = 0o444",
        "PUBLIC_FILE = 0o644",
        (
            "unit/test_state_modes.py::test_a_build_keeps_its_own_and_shows_what_it_publishes_whatever_the_umask",
        ),
    ),
    TrustSlip(
        "private files may be read by the group",
        "state_modes.py",
        "_NOT_THE_OWNER = 0o077",
        "_NOT_THE_OWNER = 0o007",
        (
            "unit/test_state_modes.py::test_a_state_of_an_older_version_is_shut_and_an_owners_passage_stays",
        ),
    ),
    TrustSlip(
        "what a build makes follows the umask",
        "pipeline/lock.py",
        "with writing_privately():",
        "if True:",
        (
            "unit/test_state_modes.py::test_a_build_keeps_its_own_and_shows_what_it_publishes_whatever_the_umask",
        ),
    ),
    TrustSlip(
        "planted links are followed",
        "state_modes.py",
        "is_own = path.parent == public and not target.is_absolute()",
        "is_own = not target.is_absolute()",
        (
            "unit/test_state_modes.py::test_outside_what_is_published_not_even_a_link_within_is_taken",
        ),
    ),
    TrustSlip(
        "pipes are let in",
        "state_modes.py",
        'return "" if stat.S_ISREG(mode) else',
        'return "" if mode else',
        ("unit/test_state_modes.py::test_a_pipe_is_refused_before_anybody_waits_for_it",),
    ),
    TrustSlip(
        "pipes are waited for",
        "small_files.py",
        'errors="replace") if path.is_file() else ""',
        'errors="replace") if path.exists() else ""',
        ("unit/test_small_files.py::test_whoever_looks_is_told_of_a_damaged_file_or_of_nothing",),
    ),
    TrustSlip(
        "an empty file is a key",
        "small_files.py",
        "if len(key) < _FEWEST_KEY_BYTES:",
        "if len(key) < 0:",
        ("unit/test_small_files.py::test_what_everybody_could_guess_is_no_key",),
    ),
    TrustSlip(
        "a device is replaced by a file",
        "table_files.py",
        "not stat.S_ISREG(path.lstat().st_mode)",
        "path.is_dir()",
        ("unit/test_table_files.py::test_a_device_a_pipe_a_folder_or_a_link_is_never_replaced",),
    ),
    TrustSlip(
        "a closed stream is left to the next file",
        "command/streams.py",
        "os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)",
        "continue",
        (
            "unit/test_cli.py::test_what_is_printed_never_goes_into_a_file_that_took_the_place_of_a_closed_stream",
        ),
    ),
    TrustSlip(
        "a version needs no manifest",
        "version_files.py",
        """return f"its {MANIFEST_NAME} {'cannot be read' if is_there else 'is missing'}\"""",
        """return "cannot be read" if is_there else \"\"""",
        (
            "unit/test_version_files.py::test_a_damaged_manifest_is_damage_and_a_missing_one_as_well",
        ),
    ),
    TrustSlip(
        "a manifest vouches for what it does not name",
        "version_files.py",
        "set(asked or _names(version))",
        "set(() if asked else _names(version))",
        ("unit/test_version_files.py::test_a_manifest_that_names_other_files_vouches_for_none",),
    ),
    TrustSlip(
        "readers follow whatever link lies there",
        "pipeline/status.py",
        "str(state.versions / version / DATABASE_NAME),",
        "str(state.published_database),",
        ("unit/test_version_files.py::test_a_link_to_another_database_shows_nobody_that_one",),
    ),
    TrustSlip(
        "Parquet is not verified",
        PUBLISH,
        "lambda cursor, mart: _verify(cursor, mart, _parquet_source(mart, directory)),",
        "lambda cursor, mart: _verify(cursor, mart, mart_table(mart.name)),",
        (
            "unit/test_publish.py::test_a_parquet_file_that_differs_from_the_working_database_is_not_published",
        ),
    ),
    TrustSlip(
        "the database is not verified",
        PUBLISH,
        "lambda cursor, mart: _verify(cursor, mart, mart_table(mart.name)),",
        "lambda cursor, mart: None,",
        (
            "unit/test_publish.py::test_a_database_that_differs_beside_a_linked_parquet_file_is_not_published",
        ),
    ),
    TrustSlip(
        "files are not flushed",
        PUBLISH,
        "os.fsync(file.fileno())",
        "file.fileno()",
        (
            "unit/test_publish.py::test_every_file_and_folder_is_on_the_disk_before_readers_see_the_version",
        ),
    ),
    TrustSlip(
        "names are not flushed",
        VERSIONS,
        "os.fsync(descriptor)",
        "os.fstat(descriptor)",
        (
            "unit/test_publish.py::test_every_file_and_folder_is_on_the_disk_before_readers_see_the_version",
        ),
    ),
    TrustSlip(
        "the swap is two steps",
        VERSIONS,
        "    next_link.replace(state.current)\n",
        "    state.current.unlink(missing_ok=True)\n    next_link.rename(state.current)\n",
        ("unit/test_publish.py::test_there_is_a_current_version_at_every_instant",),
    ),
    TrustSlip(
        "changes during the copy are not seen",
        PUBLISH,
        "        _write_version(state, gate_pass, unfinished)\n"
        "        _refuse_changed(state, gate_pass)\n",
        "        _write_version(state, gate_pass, unfinished)\n",
        (
            "unit/test_publish.py::test_a_working_database_that_changes_while_it_is_copied_is_not_published",
        ),
    ),
    TrustSlip(
        "damage is linked into the next version",
        PUBLISH,
        "damage(directory, thorough=True)",
        "damage(directory)",
        ("unit/test_version_files.py::test_damage_is_not_handed_on_to_the_next_version",),
    ),
    TrustSlip(
        "the gate reads no page",
        GATE,
        "coalesce(sum(hash({cells})), 0) from {source}",
        "0 as nothing from {source}",
        ("unit/test_gate.py::test_a_damaged_page_of_a_mart_closes_the_gate",),
    ),
    TrustSlip(
        "the log is outside the fingerprint",
        GATE,
        "(state.working_database, log)",
        "(state.working_database,)",
        (
            "unit/test_gate.py::test_what_was_written_after_the_gate_into_the_log_alone_changes_the_fingerprint",
        ),
    ),
    TrustSlip(
        "rollback believes sizes and times",
        VERSIONS,
        "damage(state.versions / version, thorough=True)",
        "damage(state.versions / version)",
        (
            "unit/test_version_files.py::test_bytes_changed_under_the_same_time_are_found_by_whoever_reads_all",
        ),
    ),
    TrustSlip(
        "bytes are never read",
        "version_files.py",
        "if (thorough or not same_time) and",
        "if not same_time and",
        (
            "unit/test_version_files.py::test_bytes_changed_under_the_same_time_are_found_by_whoever_reads_all",
        ),
    ),
    TrustSlip(
        "a leftover link may name anything",
        VERSIONS,
        'target.parent == _TARGETS and not target.name.startswith(".")',
        "True",
        ("unit/test_state_modes.py::test_leftover_links_that_name_no_version_remove_nothing",),
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
        (
            "unit/test_version_files.py::test_whoever_reads_through_the_program_can_neither_leave_nor_unlock_the_file",
        ),
    ),
    TrustSlip(
        "the connection reads any file",
        "pipeline/status.py",
        '"enable_external_access": "false"',
        '"enable_external_access": "true"',
        (
            "unit/test_version_files.py::test_whoever_reads_through_the_program_can_neither_leave_nor_unlock_the_file",
        ),
    ),
    TrustSlip(
        "the recipe reads any file",
        "care/connect.py",
        '"enable_external_access": "false"',
        '"enable_external_access": "true"',
        ("unit/test_connect.py::test_the_python_recipe_runs_and_nothing_gets_out_through_it",),
    ),
    TrustSlip(
        "escape sequences reach the terminal",
        "command/console.py",
        'super().render_str("\\n".join(map(escaped, lines)), **options)',
        "super().render_str(text, **options)",
        ("unit/test_console.py::test_names_of_others_cannot_move_the_cursor_or_colour_the_screen",),
    ),
    TrustSlip(
        "foreign origins are heard",
        "dagster_home/web_guard.py",
        "    if foreign:\n",
        "    if not origins:\n",
        ("unit/test_web_guard.py::test_a_foreign_origin_is_refused_also_of_another_port",),
    ),
    TrustSlip(
        "foreign hosts are heard",
        "dagster_home/web_guard.py",
        "(bool(name) and name == known)",
        "bool(name)",
        ("unit/test_web_guard.py::test_a_foreign_host_is_refused_whatever_is_asked",),
    ),
    TrustSlip(
        "a GET may change",
        "dagster_home/web_guard.py",
        "one.operation is OperationType.QUERY",
        "one.operation is not OperationType.SUBSCRIPTION",
        ("unit/test_web_guard.py::test_a_get_changes_nothing",),
    ),
    TrustSlip(
        "a file is forgotten though its bytes are gone",
        "care/quarantine.py",
        "return path.is_file() and is_readable(path) and sha256_of(path) == sha256",
        "return True",
        ("pipeline/test_quarantine.py::test_a_file_that_is_gone_is_not_forgotten",),
    ),
    TrustSlip(
        "verify compares nothing",
        "care/verify.py",
        "tuple(found for found in differences if found.mart not in ALWAYS_DIFFERENT),",
        "(),",
        ("unit/test_verify.py::test_any_difference_shows",),
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every slip, write the record, and exit 1 if one survives or the control does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.trust")
    parser.add_argument("--only", help="One slip by its name; the other lines stay as they are.")
    only = parser.parse_args(arguments).only
    chosen = [slip for slip in SLIPS if only in {None, slip.name}]
    lines = recorded()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "repository"
        copy.mkdir()
        _copy_repository(copy)
        for slip in chosen:
            verdict = "killed" if _is_noticed(copy, slip) else "survived"
            wrong += verdict != expected_verdict(slip)
            lines[slip.name] = record_line(slip, verdict)
            print(f"{verdict:<9} {slip.name}", flush=True)
    kept = [lines[slip.name] for slip in SLIPS if slip.name in lines]
    RECORD.write_text(_HEADER + "".join(kept), encoding="utf-8")
    return int(wrong > 0 or not chosen)


def recorded() -> dict[str, str]:
    """Return the lines of the record, by slip."""
    text = RECORD.read_text(encoding="utf-8") if RECORD.exists() else ""
    rows = [line for line in text.splitlines(keepends=True) if line.startswith("| ")]
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in rows}
    lines.pop("slip", None)
    return lines


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
