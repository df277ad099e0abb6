"""`lifecycle doctor`: what is well is told as such, and whatever is not has its way out."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.care import doctor
from orchestration.care.doctor import Finding, examine
from orchestration.pipeline.lock import build_lock
from orchestration.settings.paths import SAMPLE_DIR, StateDir
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows
from tests.unit.test_version_files import flip_a_byte

SUBJECTS = {
    *("environment", "settings", "rules", "state directory", "modes", "disk", "lock", "raw"),
    *("versions", "checksums"),
}


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    state = make_state(tmp_path / "state")
    with build_lock(state):
        publish_rows(state, 5, "b1")
        publish_rows(state, 6, "b2")
    return state


def look(state: StateDir) -> tuple[Finding, ...]:
    return examine({"state_dir": state.root, "raw_dir": SAMPLE_DIR})


def test_a_published_state_is_well_in_every_respect(state: StateDir) -> None:
    findings = look(state)
    assert {finding.subject for finding in findings} == SUBJECTS
    assert [finding for finding in findings if not finding.is_well] == []


def _planted_link(state: StateDir) -> None:
    (state.root / "dbt").symlink_to("/etc")


def _another_ledger(state: StateDir) -> None:
    with duckdb.connect(str(state.raw_database)) as raw:
        raw.execute("update raw.raw.ingest_files set rows_read = 7")


def _torn_raw(state: StateDir) -> None:
    content = bytearray(state.raw_database.read_bytes())
    content[:] = b"x" * len(content)
    state.raw_database.write_bytes(content)


def _raw_of_a_backup(state: StateDir) -> None:
    state.raw_ledger.write_text('{"path": "later.csv", "sha256": "x"}\n', encoding="utf-8")


def _no_state(state: StateDir) -> None:
    state.root.rename(state.root.with_name("elsewhere"))


def _no_manifest(state: StateDir) -> None:
    (state.current / "manifest.json").unlink()


def _copied_with_links_followed(state: StateDir) -> None:
    version = state.current.resolve()
    state.current.unlink()
    shutil.copytree(version, state.current)


def _lost_version(state: StateDir) -> None:
    state.current.unlink()
    state.current.symlink_to("versions/20200101T000000000000Z-\x1b[31mgone")


def _lost_all_versions(state: StateDir) -> None:
    shutil.rmtree(state.versions)


@pytest.mark.parametrize(
    ("subject", "said", "harm"),
    [
        ("modes", "chmod 700", lambda state: state.root.chmod(0o755)),
        ("modes", "chmod 600", lambda state: state.raw_database.chmod(0o640)),
        (
            "modes",
            "1 files of the version",
            lambda state: (state.current / "lifecycle.duckdb").chmod(0o644),
        ),
        ("state directory", "is a link (to", _planted_link),
        ("state directory", "does not exist; run lifecycle build", _no_state),
        ("state directory", "killed lifecycle verify", lambda s: (s.root / "verify_tmp").mkdir()),
        ("state directory", "killed lifecycle whatif", lambda s: (s.root / "whatif").mkdir()),
        ("state directory", "is a pipe, a socket or a", lambda s: os.mkfifo(s.root / "told")),
        ("state directory", "no link to a version", _copied_with_links_followed),
        ("state directory", "is a folder, no file", lambda s: (s.root / "exports.jsonl").mkdir()),
        ("checksums", r"\nred", lambda s: (s.versions / "\x1b[31m\nred").mkdir()),
        ("raw", "7 rows read are not", _another_ledger),
        ("raw", "run lifecycle build", lambda state: state.raw_database.unlink()),
        ("raw", "cannot be read", _torn_raw),
        ("raw", "raw.duckdb and build it anew", _torn_raw),
        ("raw", "1 files that were loaded are unknown to it", _raw_of_a_backup),
        ("versions", r"Z-\x1b[31mgone is gone; lifecycle rollback --to", _lost_version),
        ("versions", "is gone; run lifecycle build", _lost_all_versions),
        ("versions", "run lifecycle build", lambda state: state.current.unlink()),
        (
            "checksums",
            "build again, or lifecycle rollback",
            lambda state: flip_a_byte(
                state.current / "parquet" / "subjects.parquet", with_its_time=True
            ),
        ),
        ("checksums", "its manifest.json is missing; build again", _no_manifest),
    ],
)
def test_what_is_not_well_is_told_with_the_way_out(
    state: StateDir, subject: str, said: str, harm: Callable[[StateDir], object]
) -> None:
    harm(state)
    findings = look(state)
    told = [one.said for one in findings if one.subject == subject and not one.is_well]
    assert any(said in sentence for sentence in told), findings
    assert {finding.subject for finding in findings} == SUBJECTS


def test_a_running_build_is_no_fault_and_a_stranger_on_the_lock_is(state: StateDir) -> None:
    import fcntl

    with build_lock(state):
        assert next(one for one in look(state) if one.subject == "lock").is_well
    with state.build_lock.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = next(one for one in look(state) if one.subject == "lock")
    assert not found.is_well
    assert "fuser" in found.said


def test_settings_and_rules_are_looked_at(
    state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = examine({"state_dir": state.root, "raw_dir": tmp_path / "nowhere"})
    assert any("is no directory; name the landing files" in finding.said for finding in nowhere)
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "rules.csv").write_text("rule\n", encoding="utf-8")
    found = examine({"state_dir": state.root, "raw_dir": SAMPLE_DIR, "rules_dir": rules})
    assert next(one.subject for one in found if not one.is_well) == "rules"
    monkeypatch.setenv("LIFECYCLE_STATEDIR", "x")
    unknown = examine({"state_dir": state.root})
    assert (unknown[-1].subject, unknown[-1].is_well) == ("settings", False)
    assert "LIFECYCLE_STATE_DIR" in unknown[-1].said


def test_packages_and_python_are_held_against_what_is_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        doctor, "requires", lambda _: ["duckdb>=99", "no-such-package", 'x>1; extra == "dev"']
    )
    monkeypatch.setattr(sys, "version_info", (3, 10, 0, "final", 0))
    told = [said for is_well, said in doctor._environment() if not is_well]
    assert len(told) == 3
    assert "install 3.11 or 3.12" in told[0]
    assert f"duckdb is {duckdb.__version__}, not duckdb >=99; make install" in told[1]
    assert "no-such-package is missing" in told[2]


def test_a_full_disk_is_told_before_a_build_meets_it(
    state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        doctor.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5_000_000})()
    )
    found = next(one for one in look(state) if one.subject == "disk")
    assert not found.is_well
    assert "free some" in found.said
