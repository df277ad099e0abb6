"""The fenced blocks of README and the pages, for tests that run what is written there.

Belongs here: which pages there are, and what stands fenced in them. Does not belong here: running
it (`tests/pipeline/test_written_queries.py` and its neighbours).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings.paths import REPO_ROOT

DOCS = REPO_ROOT / "dbt_project" / "docs"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: path of the page within the repository.
        line: of the opening fence.
        heading: the last one above it.
        language: word after the fence.
        text: what stands between the fences.
    """

    page: str
    line: int
    heading: str
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{Path(self.page).stem}:{self.line}"


def written_pages() -> list[Path]:
    """Return the README and every page of the dbt project's docs."""
    return [REPO_ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def blocks(language: str) -> list[Block]:
    """Return every block of a language, page by page."""
    return [block for page in written_pages() for block in _blocks_of(page, language)]


def _blocks_of(page: Path, language: str) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        headings = re.findall(r"^#+ (.+)$", text[: fence.start()], re.MULTILINE)
        found.append(
            Block(
                page=page.relative_to(REPO_ROOT).as_posix(),
                line=text.count("\n", 0, fence.start()) + 1,
                heading=headings[-1] if headings else "",
                language=fence[1],
                text=fence[2],
            )
        )
    return [block for block in found if block.language == language]
