"""The page of transcripts says what the commands say today."""

from __future__ import annotations

import pytest

from tests.pipeline.first_hour import LAYOUTS, PAGE, transcript


@pytest.mark.parametrize("title", LAYOUTS)
def test_the_transcript_of_a_layout_is_not_stale(
    title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RAW_DIR", "STATE_DIR", "RULES_DIR", "SOURCES", "CURRENCY", "TIMEZONE"):
        monkeypatch.delenv(f"LIFECYCLE_{name}", raising=False)
    told = transcript(LAYOUTS[title])
    hint = "run `python -m tests.pipeline.first_hour`"
    assert f"\n## {title}\n\n{told}" in PAGE.read_text(encoding="utf-8"), hint
    assert "Traceback" not in told
    assert "A build would load" in told
