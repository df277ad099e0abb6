"""`.ci/run` runs every test, each in one of its halves."""

from __future__ import annotations

import re

from orchestration.settings.paths import REPO_ROOT


def halves() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return what each half names and what it leaves out, as .ci/run writes it."""
    told = re.findall(r'^make test ARGS="(.+?)"', (REPO_ROOT / ".ci/run").read_text(), re.M)
    assert len(told) == 2
    return [
        (
            tuple(word for word in words.split() if not word.startswith("-")),
            tuple(re.findall(r"--ignore=(\S+)", words)),
        )
        for words in told
    ]


def test_every_test_is_in_one_half() -> None:
    modules = sorted((REPO_ROOT / "tests").rglob("test_*.py"))
    assert len(modules) > 50
    for module in modules:
        name = module.relative_to(REPO_ROOT).as_posix()
        of = [half for half, left_out in halves() if name.startswith(half) and name not in left_out]
        assert len(of) == 1, name
