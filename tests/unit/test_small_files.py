"""Small files of a state directory: whatever became of one, nobody meets a traceback or waits."""

import io
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from orchestration.activation.receipts import last_receipt
from orchestration.care.doctor import examine
from orchestration.command.console import plain_console, show_status
from orchestration.errors import LifecycleError, SettingsError
from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.sources.sources_file import read_entries
from orchestration.pipeline.lock import build_lock, holder
from orchestration.pipeline.status import read_status
from orchestration.privacy.receipt import exports_since
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import SAMPLE_DIR, StateDir
from orchestration.settings.project_file import read_project_file
from orchestration.settings.request import read_directories
from orchestration.small_files import json_of, read_key, read_or_make_key, write_private
from tests.pipeline.ingest_kit import events_csv, make_shop
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows

DAMAGES: dict[str, Callable[[Path], object]] = {
    "noise": lambda path: path.write_bytes(b"\xff\xfe\x00{" * 500),
    "empty": lambda path: path.write_bytes(b""),
    "other JSON": lambda path: path.write_bytes(b"[1]\nnull\n"),
    "other keys": lambda path: path.write_bytes(b'{"pid": [], "files": 5}\n'),
    "cut off": lambda path: path.write_bytes(b'{"path": "events.csv", "sha2'),
    "deep": lambda path: path.write_bytes(b"[" * 200_000),
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
}
NAMES = ("last_build.json", "build.lock", "raw_ledger.jsonl", "exports.jsonl", "kept_tables.json")


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    """Whoever opens a pipe that nobody writes to would wait for ever."""

    def stop(*_: object) -> None:
        pytest.fail("somebody waits for a pipe")  # No OSError, which would be taken for an answer.

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(40)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> StateDir:
    """A published state; each case leaves it as it found it."""
    made = make_state(tmp_path_factory.mktemp("small") / "state")
    with build_lock(made):
        publish_rows(made, 5, "b1")
    return made


@pytest.fixture(params=DAMAGES)
def damage(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    return DAMAGES[request.param]


@pytest.mark.parametrize("name", [*NAMES, "published/current/manifest.json"])
def test_whoever_looks_is_told_of_a_damaged_file_or_of_nothing(
    state: StateDir, name: str, damage: Callable[[Path], object]
) -> None:
    path = (state.root / name).resolve()
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    damage(path)
    try:
        stream = io.StringIO()
        show_status(plain_console(stream), read_status(state), state)
        told = examine({"state_dir": state.root, "raw_dir": SAMPLE_DIR})
        assert holder(state) is None
        assert last_receipt(state, "win_back") is None
        assert [line for line in exports_since(state, "2026-01-01") if len(line) > 1] == []
    finally:
        path.rmdir() if path.is_dir() else path.unlink()
        if before is not None:
            path.write_bytes(before)
            path.chmod(0o444 if path.name == "manifest.json" else 0o600)
    assert "Published: " in stream.getvalue()
    ill = [finding.said for finding in told if not finding.is_well]
    if path.name == "manifest.json":
        assert "its manifest.json" in stream.getvalue()
        assert any("its manifest.json" in said for said in ill)
    elif damage is os.mkfifo:
        assert any("is a pipe, a socket or a device" in said for said in ill)
    elif damage is DAMAGES["a folder"]:
        assert any("is a folder, no file" in said for said in ill)


def test_ingest_writes_a_damaged_copy_of_its_ledger_anew(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    if damage in (DAMAGES["a pipe"], DAMAGES["a folder"]):
        pytest.skip("refused before ingest begins (test_state_modes), or told as what it is")
    shop = make_shop(tmp_path, {"events.csv": events_csv("e1,View,2026-01-02T10:00:00Z,u1")})
    shop.ingest()
    ledger = StateDir.at(shop.state_dir).raw_ledger
    whole = ledger.read_text(encoding="utf-8")
    ledger.unlink()
    damage(ledger)
    assert shop.ingest("run-2").problems == ()
    assert ledger.read_text(encoding="utf-8") == whole != ""


def test_a_private_file_is_whole_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "told"
    for text in ("old and long", "new"):
        write_private(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert json_of(path) == {}


def test_two_that_ask_for_a_key_at_once_get_the_same_one(tmp_path: Path) -> None:
    found: list[bytes] = []
    asking = [
        Thread(target=lambda: found.append(read_or_make_key(tmp_path / "k" / "key")))
        for _ in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(found) == 8
    assert set(found) == {read_key(tmp_path / "k" / "key")}
    assert len(found[0]) == 32
    assert [path.name for path in (tmp_path / "k").iterdir()] == ["key"]


@pytest.mark.parametrize("content", ["", "\n", "00" * 15, "no key"])
def test_what_everybody_could_guess_is_no_key(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"key|hexadecimal"):
        read_or_make_key(tmp_path / "key")


def _sources(path: Path) -> object:
    return read_entries(path, load_contract(), {})


def _rules(path: Path) -> object:
    return read_rules(path.parent)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("lifecycle.toml", lambda path: read_project_file(path.parent)),
        ("sources.yml", _sources),
        ("rules.csv", _rules),
    ],
)
@pytest.mark.parametrize("what", ["noise", "other JSON", "deep", "a folder", "a pipe"])
def test_a_file_that_somebody_gives_is_refused_in_a_sentence(
    tmp_path: Path, name: str, read: Callable[[Path], object], what: str
) -> None:
    path = tmp_path / name
    DAMAGES[what](path)
    with pytest.raises(LifecycleError) as refused:
        read(path)
    assert name in str(refused.value)
    assert "Traceback" not in str(refused.value)


@pytest.mark.parametrize("text", ["~nobodyatall/x", "a\0b", "loop"])
def test_a_path_that_leads_nowhere_is_refused_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    asked = str(tmp_path / text) if text == "loop" else text
    with pytest.raises(SettingsError, match="must be a path that leads somewhere"):
        read_directories({"state_dir": asked})
