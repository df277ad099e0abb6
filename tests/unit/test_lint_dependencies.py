"""Licences and known holes of what is installed, judged without a network."""

import json
from pathlib import Path

import pytest
from packaging.version import Version

from tests.lint.dependencies import LOCK, main, pins, read_records, unusable, vulnerable

PINNED = {"duckdb": Version("1.5.6"), "pyyaml": Version("6.0.2")}


def hole(name: str, **affected: object) -> dict[str, object]:
    package = {"ecosystem": "PyPI", "name": name}
    return {"id": "X-1", "summary": "Bad.", "affected": [{"package": package, **affected}]}


def span(*events: dict[str, str]) -> list[dict[str, object]]:
    return [{"type": "ECOSYSTEM", "events": list(events)}]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("MIT", 0),
        ("Apache-2.0 OR BSD-3-Clause", 0),
        ("MPL-2.0 AND MIT", 0),
        ("MIT OR AGPL-3.0", 1),
        ("GNU General Public License v3", 1),
        ("MIT AND SSPL-1.0", 1),
        ("Proprietary", 1),
        ("", 1),
        (None, 0),
    ],
)
def test_a_licence_that_has_to_be_looked_at_is_named(words: str | None, found: int) -> None:
    assert len(list(unusable({"some-package": words}))) == found


@pytest.mark.parametrize(
    ("affected", "is_told"),
    [
        ({"versions": ["1.5.6"]}, True),
        ({"versions": ["1.5.5"]}, False),
        ({"ranges": span({"introduced": "0"}, {"fixed": "1.5.6"})}, False),
        ({"ranges": span({"introduced": "0"}, {"fixed": "1.5.7"})}, True),
        ({"ranges": span({"introduced": "1.6"})}, False),
        ({"ranges": span({"introduced": "1.0"}, {"last_affected": "1.5.6"})}, True),
        (
            {"ranges": span({"introduced": "1"}, {"fixed": "1.2"}, {"introduced": "1.5"})},
            True,
        ),
    ],
)
def test_a_hole_is_told_where_the_pinned_version_lies_in_it(
    affected: dict[str, object], is_told: bool
) -> None:
    told = list(vulnerable(PINNED, [hole("DuckDB", **affected)]))
    assert told == (["duckdb 1.5.6 has X-1: Bad.; make lock with a later one."] if is_told else [])
    assert list(vulnerable(PINNED, [hole("other", **affected)])) == []


def test_the_file_may_be_one_record_a_list_or_an_export(tmp_path: Path) -> None:
    record = hole("duckdb", versions=["1"])
    path = tmp_path / "osv.json"
    for content in (record, [record], {"vulns": [record]}):
        path.write_text(json.dumps(content), encoding="utf-8")
        assert read_records(path) == [record]


def test_the_lock_of_today_is_judged_and_a_hole_in_it_turns_the_lint_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    pinned = pins(LOCK.read_text(encoding="utf-8"))
    assert f"{len(pinned)} packages" in capsys.readouterr().out
    path = tmp_path / "osv.json"
    path.write_text(json.dumps(hole("duckdb", versions=[str(pinned["duckdb"])])), encoding="utf-8")
    assert main([str(path)]) == 1
    assert "has X-1" in capsys.readouterr().err
