"""Modes and links of a state directory: private, public, and nothing that leads elsewhere."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.errors import StateDirError
from orchestration.pipeline.lock import build_lock
from orchestration.pipeline.versions import clean_up, current_version
from orchestration.settings.paths import REPO_ROOT, StateDir
from orchestration.state_modes import PASSAGE, make_private
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows, published_bytes

NOBODY = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_build_keeps_its_own_and_shows_what_it_publishes_whatever_the_umask(
    tmp_path: Path, umask: int
) -> None:
    before = os.umask(umask)
    try:
        state = make_state(tmp_path / "state")
        (state.root / "dbt").mkdir()
        with build_lock(state):
            (state.root / "dbt" / "made.log").write_text("", encoding="utf-8")
            version = publish_rows(state, 5, "b1").path
    finally:
        os.umask(before)
    assert mode(state.root) == mode(state.root / "dbt") == 0o700
    private = [state.raw_database, state.working_database, state.build_lock]
    assert {mode(path) for path in private} == {0o600}
    assert mode(state.root / "dbt" / "made.log") == 0o600
    public = [path for path in state.published.rglob("*") if not path.is_symlink()]
    assert version / "manifest.json" in public
    assert {mode(path) for path in public if path.is_file()} == {0o444}
    assert {mode(path) for path in (state.published, *public) if path.is_dir()} == {0o755}


def test_a_state_of_an_older_version_is_shut_and_an_owners_passage_stays(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    state.raw_database.chmod(0o666)
    for chosen, expected in ((0o755, 0o700), (0o777, 0o700), (PASSAGE, PASSAGE)):
        state.root.chmod(chosen)
        make_private(state.root, state.published)
        assert (mode(state.root), mode(state.raw_database)) == (expected, 0o600)


def test_a_directory_that_all_share_is_not_shut(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    make_private(tmp_path, tmp_path / "published")
    assert mode(tmp_path) == 0o1777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_account_can_neither_read_raw_nor_hold_the_lock(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    state.build_lock.write_text("", encoding="utf-8")
    state.build_lock.chmod(0o666)
    with build_lock(state):
        pass
    script = (
        "import fcntl, os, sys\n"
        f"os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "refused = []\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)\n"
        "    except PermissionError:\n"
        "        refused.append(path)\n"
        "print(len(refused))"
    )
    # Even where the owner lets others pass.
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder.stat().st_uid == os.geteuid() and "pytest" in str(folder):
            folder.chmod(0o755)
    state.root.chmod(PASSAGE)
    tried = [str(state.build_lock), str(state.raw_database), str(state.working_database)]
    ran = subprocess.run(
        [sys.executable, "-c", script, *tried],
        capture_output=True,
        text=True,
        cwd=REPO_ROOT,
        check=True,
    )
    assert ran.stdout == "3\n"


@pytest.mark.parametrize(
    "planted",
    [
        "raw.duckdb",
        "build.lock",
        "last_build.json",
        "kept_tables.json",
        "raw_ledger.jsonl",
        "published",
        "dbt",
        "dbt/target/manifest.json",
        "published/versions",
        "published/current",
        "published/versions/.unfinished-x",
    ],
)
def test_a_planted_link_is_refused_and_what_lies_behind_it_stays(
    tmp_path: Path, planted: str
) -> None:
    state = StateDir.at(tmp_path / "state")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    precious = elsewhere / "precious"
    precious.write_text("kept", encoding="utf-8")
    link = state.root / planted
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere if "." not in link.name[1:] else precious)
    with (
        pytest.raises(StateDirError, match=r"is a link \(to .*elsewhere"),
        build_lock(state),
    ):
        clean_up(state)
    assert precious.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize("planted", ["last_build.json", "dbt/target/manifest.json", "published/x"])
def test_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path: Path, planted: str) -> None:
    state = StateDir.at(tmp_path / "state")
    (state.root / planted).parent.mkdir(parents=True)
    os.mkfifo(state.root / planted)
    with pytest.raises(StateDirError, match="is a pipe, a socket or a device"), build_lock(state):
        pass


def test_a_folder_in_place_of_the_link_to_the_version_is_refused(tmp_path: Path) -> None:
    """A build would come to its end before it found that it cannot be replaced."""
    state = StateDir.at(tmp_path / "state")
    state.current.mkdir(parents=True)
    with pytest.raises(StateDirError, match=r"current.* is a folder, no link"), build_lock(state):
        pass


FILES = ("raw.duckdb", "raw_ledger.jsonl", "working.duckdb", "last_build.json", "build.lock")


@pytest.mark.parametrize("name", [*FILES, "published"])
def test_a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder_are_refused(
    tmp_path: Path, name: str
) -> None:
    state = StateDir.at(tmp_path / "state")
    state.root.mkdir()
    if name in FILES:
        (state.root / name).mkdir()
    else:
        (state.root / name).write_text("", encoding="utf-8")
    said = rf"{name}\" is (a folder, no file|no folder), which no build has made; remove it"
    with pytest.raises(StateDirError, match=said), build_lock(state):
        pass


@pytest.mark.parametrize("target", ["/", "versions", "versions/..", "../..", "versions/x/.."])
def test_leftover_links_that_name_no_version_remove_nothing(tmp_path: Path, target: str) -> None:
    state = make_state(tmp_path / "state")
    version = publish_rows(state, 5, "b1").version
    before = published_bytes(state)
    (state.published / ".next").symlink_to(target)
    clean_up(state)
    assert published_bytes(state) == before
    assert current_version(state) == version
    assert not (state.published / ".next").is_symlink()


def test_a_pipe_in_place_of_the_lock_keeps_nobody_waiting(tmp_path: Path) -> None:
    from orchestration.pipeline.lock import holder

    state = StateDir.at(tmp_path)
    os.mkfifo(state.build_lock)
    assert holder(state) is None


def test_outside_what_is_published_not_even_a_link_within_is_taken(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    publish_rows(state, 5, "b1")
    with build_lock(state):
        pass
    (state.root / "last_build.json").symlink_to("raw.duckdb")
    with pytest.raises(StateDirError, match="is a link"), build_lock(state):
        pass
