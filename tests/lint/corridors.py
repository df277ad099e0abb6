"""No corridor: packages with few siblings, short models, few of them for each mart.

Belongs here: what is counted, the limits, and how a long model says why. Does not belong here:
which package may import which (import-linter), which room reads which (`rooms`).

    python -m tests.lint.corridors
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from tests.lint.verdict import MACROS, MODELS, ROOT, conclude, files

MOST_MODULES = 15
MOST_LINES = 120
# For each mart: what was asked when there were 27 of them was 155 models and 668 lines of macros.
MOST_MODELS = 155 / 27
MOST_MACRO_LINES = 668 / 27
# A model may be configured before it says what it is.
_OPENING = re.compile(r"\s*(?:--[^\n]*|\{#.*?#\}|\{\{\s*config\(.*?\)\s*\}\})", re.DOTALL)
_REASON = re.compile(rf"over {MOST_LINES} lines\W+\w", re.IGNORECASE)


def crowded(paths: Iterable[str]) -> list[str]:
    """Return a sentence for each Python folder with more modules than one sees at a glance.

    A test file is no module: nobody imports it. Nor is `__init__` or `__main__`, which are the
    folder's own.
    """
    siblings = Counter(
        str(path.parent)
        for path in map(PurePosixPath, paths)
        if not path.stem.startswith(("test_", "__")) and path.stem != "conftest"
    )
    return [
        f"{folder}/: {count} modules side by side, at most {MOST_MODULES}. Put those that change "
        "together into a package of their own."
        for folder, count in sorted(siblings.items())
        if count > MOST_MODULES
    ]


def header(text: str) -> str:
    """Return what the comments say that a template opens with, as one line."""
    end = 0
    while opening := _OPENING.match(text, end):
        end = opening.end()
    return " ".join(text[:end].replace("--", " ").split())


def long_models(models: Mapping[str, str]) -> list[str]:
    """Return a sentence for each long model that does not say why."""
    return [
        f"{path}: {lines} lines, at most {MOST_LINES}. Make it two models, or open it with a "
        f'comment that says "Over {MOST_LINES} lines, since …".'
        for path, text in models.items()
        if (lines := len(text.splitlines())) > MOST_LINES and not _REASON.search(header(text))
    ]


def per_mart(models: Mapping[str, str], macros: Mapping[str, str]) -> tuple[list[str], str]:
    """Return a sentence for each thing there is too much of, and one that counts."""
    marts = sum("/marts/" in path for path in models)
    lines = sum(len(text.splitlines()) for text in macros.values())
    counts = (
        ("models", len(models) / marts, MOST_MODELS),
        ("lines of macros", lines / marts, MOST_MACRO_LINES),
    )
    return (
        [
            f"{each:.1f} {what} a mart, at most {most:.1f}. Put together what only one reads."
            for what, each, most in counts
            if each > most
        ],
        f"  {len(models)} models and {lines} lines of macros for {marts} marts: "
        + ", ".join(f"{each:.1f} {what} each (at most {most:.1f})" for what, each, most in counts),
    )


def main() -> int:
    """Count, print the counts and judge them."""
    models, macros = files(MODELS), files(MACROS)
    modules = files(ROOT / "orchestration", ROOT / "tests", ending=".py")
    too_many, counted = per_mart(models, macros)
    return conclude(crowded(modules) + long_models(models) + too_many, [counted])


if __name__ == "__main__":
    sys.exit(main())
