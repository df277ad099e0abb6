"""Every query that README and the pages show, as it stands there, on the published sample.

Belongs here: that what is fenced as SQL runs and finds rows, and that the forty questions are
forty. Does not belong here: whether the figures are right (the reference and the laws).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest

from orchestration.settings.paths import StateDir
from tests.docs_kit import DOCS, Block, blocks

QUERIES = blocks("sql")
QUESTION = re.compile(r"^(\d+)\. .*\?$")


@pytest.fixture
def reader(
    sample_state: StateDir, monkeypatch: pytest.MonkeyPatch
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published sample, read from the state directory, as the pages do."""
    monkeypatch.chdir(sample_state.root)
    with duckdb.connect("published/lifecycle.duckdb", read_only=True) as connection:
        yield connection


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_a_query_of_the_pages_finds_rows_in_the_sample(
    query: Block, reader: duckdb.DuckDBPyConnection
) -> None:
    assert reader.execute(query.text).fetchall(), f"{query.page} line {query.line}: no row"


def test_there_are_forty_questions_and_one_query_each() -> None:
    text = (DOCS / "questions.md").read_text(encoding="utf-8")
    asked = [
        int(found[1])
        for heading in re.findall(r"^### (.+)$", text, re.MULTILINE)
        if (found := QUESTION.match(heading))
    ]
    assert asked == list(range(1, 41))
    answered = [query.heading for query in QUERIES if query.page.endswith("/questions.md")]
    assert [int(heading.partition(".")[0]) for heading in answered] == asked
    assert all(query.text.count(";") == 1 for query in QUERIES if query.heading in answered)


def test_no_indented_query_escapes_these_tests() -> None:
    hidden = [
        page
        for page in sorted(DOCS.rglob("*.md"))
        if re.search(r"^    select .* from marts\.", page.read_text("utf-8"), re.MULTILINE)
    ]
    assert hidden == []
