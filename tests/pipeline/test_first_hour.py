"""The page of transcripts says what the commands say today."""

from __future__ import annotations

import re

import pytest

from tests.pipeline.first_hour import LAYOUTS, PAGE, section


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_transcript_of_a_layout_is_not_stale(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("RAW_DIR", "STATE_DIR", "RULES_DIR", "SOURCES", "CURRENCY", "TIMEZONE"):
        monkeypatch.delenv(f"LIFECYCLE_{variable}", raising=False)
    told = section(name)
    hint = "run `python -m tests.pipeline.first_hour`"
    assert told in PAGE.read_text(encoding="utf-8"), hint
    assert "Traceback" not in told
    assert "A build would load" in told


def test_the_page_has_no_layout_that_is_gone() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == list(LAYOUTS)
