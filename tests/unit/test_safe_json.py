"""JSON of others is read in one place, where a text that Python cannot follow is bad input, too."""

import pytest

from orchestration.safe_json import parsed
from orchestration.settings.paths import REPO_ROOT


@pytest.mark.parametrize("text", ["", "{", "nul", "[" * 100_000, '{"a":' * 100_000, b"\xff\xfe"])
def test_whatever_is_wrong_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)


def test_nobody_reads_json_another_way() -> None:
    reading = [
        path.name
        for path in (REPO_ROOT / "orchestration").rglob("*.py")
        if "json.loads(" in path.read_text(encoding="utf-8")
    ]
    assert reading == ["safe_json.py"]
