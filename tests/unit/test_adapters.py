"""Adapters as their folders describe them, and which of them a header fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.ingest.raw_contract import load_contract
from orchestration.ingest.sources.adapter import AdapterError, load_adapters
from orchestration.ingest.sources.adapter_docs import PAGES_DIR, page_of
from orchestration.ingest.sources.recognition import AmbiguousLayoutError, Header, recognise
from orchestration.ingest.words import read_words

ADAPTERS = load_adapters()


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_page_says_what_the_yaml_says(name: str) -> None:
    assert (PAGES_DIR / f"{name}.md").read_text() == page_of(ADAPTERS[name])


def test_no_page_outlives_its_adapter() -> None:
    assert {path.stem for path in PAGES_DIR.glob("*.md")} == set(ADAPTERS)


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_columns_that_tell_a_file_are_read(name: str) -> None:
    adapter = ADAPTERS[name]
    for role in adapter.roles.values():
        known = {*role.columns, *(text for texts in role.columns.values() for text in texts)}
        assert role.layouts
        for layout in role.layouts:
            read_or_only_told = {text for texts in layout.must for text in texts} - known
            # A loader's stamp and the like tell a file although no select reads them.
            assert len(read_or_only_told) <= 5, (role.name, read_or_only_told)


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_header_of_its_own_columns_is_recognised_as_it(name: str) -> None:
    adapter = ADAPTERS[name]
    for role in adapter.roles.values():
        for layout in role.layouts:
            match = recognise(Header(tuple(texts[0] for texts in layout.must)), ADAPTERS)
            assert match is not None
            assert (match.adapter.name, match.role.name) == (name, role.name)


@pytest.mark.parametrize("name", ADAPTERS)
def test_what_becomes_of_other_columns_is_said_where_they_are_read(name: str) -> None:
    adapter = ADAPTERS[name]
    for role in adapter.roles.values():
        own = [sql for (_, one), sql in adapter.sql.items() if one == role.name]
        own += [sql for sql in adapter.shared_sql.values() if role.name in sql]
        reads = any("other_columns" in sql for sql in own)
        assert reads == (role.others != "left_out"), role.name


def test_unknown_columns_never_prevent_recognition() -> None:
    header = Header(("Id", "Amount", "Amount Refunded", "Currency", "Status", "Created (UTC)", "x"))
    match = recognise(header, ADAPTERS)
    assert match is not None
    assert match.adapter.name == "stripe_payments"


@pytest.mark.parametrize(
    ("more", "adapter"),
    [
        ("", "segment"),
        # What Segment's own storage holds, and RudderStack's with and without its id.
        ("channel version projectId", "segment"),
        ("channel version writeKey integrations", "segment"),
        ("channel rudderId request_ip", "rudderstack"),
        ("channel request_ip", "rudderstack"),
        ("request_ip", "rudderstack"),
        ("channel", "rudderstack"),
        ("channel rudderId writeKey", "rudderstack"),
    ],
)
def test_calls_of_segment_and_rudderstack_are_told_apart(more: str, adapter: str) -> None:
    names = "type messageId originalTimestamp sentAt receivedAt anonymousId userId event context"
    match = recognise(Header((*names.split(), *more.split())), ADAPTERS)
    assert match is not None
    assert match.adapter.name == adapter


def test_two_layouts_that_fit_alike_are_named_both() -> None:
    olist = [
        name for texts in ADAPTERS["olist"].roles["review_rows"].layouts[0].must for name in texts
    ]
    klaviyo = [texts[0] for texts in ADAPTERS["klaviyo"].roles["metric_rows"].layouts[0].must]
    with pytest.raises(AmbiguousLayoutError, match=r"klaviyo, olist"):
        recognise(Header((*olist, *klaviyo)), ADAPTERS)


def test_contract_columns_alone_are_no_layout() -> None:
    for table in load_contract().tables:
        assert recognise(Header(table.column_names), ADAPTERS) is None


def test_a_misspelt_key_of_an_adapter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "adapter.yml").write_text("title: Odd\nkinds: shop\n")
    with pytest.raises(AdapterError, match="kinds is unknown"):
        load_adapters(tmp_path)


def test_words_map_to_values_of_the_contract() -> None:
    accepted = set(load_contract().table("orders").column("status").accepted_values)
    assert set(read_words("statuses").values()) <= accepted | {"set_aside", "deleted"}
    assert all(len(code) == 2 for code in read_words("countries").values())
