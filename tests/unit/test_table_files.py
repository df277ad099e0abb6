"""Files that other tools read: inert in a spreadsheet, whole, and their owner's alone."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import SettingsError
from orchestration.table_files import inert, private_file, write_csv, write_jsonl


@pytest.mark.parametrize(
    "odd",
    ["=1+1", "+39 06", "-cmd", "@sum", "\t=1", "\r=1", " =1", "|x", "%x", "\uff1d1", "-1-1", "-"],
)
def test_a_cell_that_would_be_computed_is_led_by_an_apostrophe(odd: str) -> None:
    assert inert(odd) == f"'{odd}"


@pytest.mark.parametrize("plain", ["a=1", "customer:c1", "-12.50", "7", "", None, 3, Decimal("-1")])
def test_texts_and_numbers_stay_as_they_are(plain: object) -> None:
    assert inert(plain) is plain


def test_unknown_is_empty_in_csv_and_null_in_json() -> None:
    rows = [("a", None, date(2026, 3, 1), Decimal("1.50"))]
    columns = ("text", "unknown", "day", "value")
    as_csv, as_jsonl = io.StringIO(), io.StringIO()
    write_csv(as_csv, columns, rows)
    write_jsonl(as_jsonl, columns, rows)
    assert as_csv.getvalue() == "text,unknown,day,value\na,,2026-03-01,1.50\n"
    assert json.loads(as_jsonl.getvalue()) == {
        "text": "a",
        "unknown": None,
        "day": "2026-03-01",
        "value": 1.5,
    }


def test_a_file_is_there_as_a_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("before")
    path.chmod(0o644)
    with pytest.raises(TypeError), private_file(path) as out:
        write_jsonl(out, ("a",), [("half",), (object(),)])
    assert path.read_text() == "before"
    with private_file(path) as out:
        out.write("after")
        (unfinished,) = [other for other in tmp_path.iterdir() if other != path]
        assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/null")])
def test_a_device_a_pipe_a_folder_or_a_link_is_never_replaced(
    tmp_path: Path, make: Callable[..., object]
) -> None:
    """An account that may do so would remove /dev/stdout for everybody."""
    path = tmp_path / "list.csv"
    make(path)
    before = path.lstat()
    with (
        pytest.raises(SettingsError, match="is no file that could be replaced"),
        private_file(path),
    ):
        pass
    assert path.lstat() == before
    assert [*tmp_path.iterdir()] == [path]
