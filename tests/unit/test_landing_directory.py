"""Names alone decide which files feed which table, and nothing is left out silently."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestration.errors import InputError
from orchestration.ingest.landing_directory import Landing, discover, require_tables
from orchestration.ingest.raw_contract import load_contract

CONTRACT = load_contract()


def land(root: Path, *names: str) -> Landing:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return discover(root, CONTRACT)


def found(landing: Landing) -> list[tuple[str, str, str, bool]]:
    return [(file.table, file.name, file.format, file.is_gzip) for file in landing.files]


def test_a_table_is_a_file_or_a_folder_searched_to_the_bottom(tmp_path: Path) -> None:
    landing = land(
        tmp_path,
        "orders.csv",
        "events/2024/03/part-0.parquet",
        "events/x.jsonl",
        "refunds/r.csv.gz",
        "refunds.jsonl.gz",
    )
    assert found(landing) == [
        ("events", "events/2024/03/part-0.parquet", "parquet", False),
        ("events", "events/x.jsonl", "jsonl", False),
        ("orders", "orders.csv", "csv", False),
        ("refunds", "refunds.jsonl.gz", "jsonl", True),
        ("refunds", "refunds/r.csv.gz", "csv", True),
    ]
    assert landing.ignored == ()


def test_case_of_names_and_extensions_does_not_matter(tmp_path: Path) -> None:
    assert found(land(tmp_path, "Orders.CSV", "EVENTS/A.Parquet")) == [
        ("events", "EVENTS/A.Parquet", "parquet", False),
        ("orders", "Orders.CSV", "csv", False),
    ]


def test_everything_else_is_listed_with_the_reason(tmp_path: Path) -> None:
    landing = land(
        tmp_path,
        ".hidden.csv",
        "_truth/events.parquet",
        "events.csv.tmp",
        "orders.csv.crc",
        "order.csv",
        "events/.part.parquet",
        "events/_SUCCESS",
        "events/_temporary/a.parquet",
        "events/notes.txt",
        "events/a.parquet.crc",
        "events/b.gz",
        "events/.csv",
        "archive/events.csv",
        "README.md",
    )
    assert found(landing) == []
    reasons = {entry.name: entry.reason for entry in landing.ignored}
    assert reasons == {
        ".hidden.csv": "its name starts with a dot",
        "_truth": "its name starts with an underscore",
        "events.csv.tmp": "its name says that it is being written",
        "orders.csv.crc": "it is a checksum of another file",
        "order.csv": 'no raw table is called order; did you mean "orders"?',
        "events/.part.parquet": "its name starts with a dot",
        "events/_SUCCESS": "its name starts with an underscore",
        "events/_temporary": "its name starts with an underscore",
        "events/notes.txt": "its extension is none of csv, csv.gz, json, jsonl, jsonl.gz, parquet; "
        "if it is a table, call it notes.csv",
        "events/a.parquet.crc": "it is a checksum of another file",
        "events/b.gz": "its extension is none of csv, csv.gz, json, jsonl, jsonl.gz, parquet",
        "events/.csv": "its name starts with a dot",
        "archive": reasons["archive"],
        "README.md": "its extension is none of csv, csv.gz, json, jsonl, jsonl.gz, parquet",
    }
    assert reasons["archive"].startswith("no raw table has this name")


def test_links_are_followed_and_a_circle_of_them_ends(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").touch()
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "events").symlink_to(elsewhere)
    (elsewhere / "again").symlink_to(elsewhere)
    landing = discover(raw, CONTRACT)
    assert [file.name for file in landing.files] == ["events/a.csv"]
    assert [entry.name for entry in landing.ignored] == ["events/again"]


def test_a_name_that_is_not_utf8_is_ignored_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    name = os.fsdecode(b"caf\xe9.csv")
    (tmp_path / "events" / name).touch()
    landing = discover(tmp_path, CONTRACT)
    assert landing.files == ()
    (ignored,) = landing.ignored
    assert ignored.name == "events/caf\\xe9.csv"
    assert ignored.reason == "its name is not valid UTF-8; rename it"


def test_a_directory_that_is_none_is_an_error_that_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--raw-dir"):
        discover(tmp_path / "nowhere", CONTRACT)


def test_neither_events_nor_orders_is_one_sentence_and_one_per_near_miss(tmp_path: Path) -> None:
    landing = land(tmp_path, "events_eu.csv.tmp", "orders.txt", "customers.csv")
    with pytest.raises(InputError) as refused:
        require_tables(landing, CONTRACT, set(), tmp_path)
    lines = str(refused.value).splitlines()
    assert "holds no file for events or orders, one of which is required" in lines[0]
    assert lines[1].startswith('"events_eu.csv.tmp" is ignored because')
    assert lines[2].endswith("parquet; if it is a table, call it orders.csv.")
    assert len(lines) == 3


def test_a_table_fed_before_is_not_asked_for_again(tmp_path: Path) -> None:
    landing = land(tmp_path, "customers.csv")
    with pytest.raises(InputError, match="events or orders"):
        require_tables(landing, CONTRACT, {"customers"}, tmp_path)
    require_tables(landing, CONTRACT, {"events"}, tmp_path)
    require_tables(land(tmp_path / "shop", "orders.csv"), CONTRACT, set(), tmp_path)
