"""What every page is given: the published version, the words, the framework looked at.

Belongs here: opening the version that readers see. Does not belong here: drawing.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from orchestration.pictures.published import Published, Rows
from orchestration.pictures.words import Words
from orchestration.pipeline.status import open_published
from orchestration.settings.paths import StateDir


@dataclass(frozen=True)
class Context:
    """What a page is drawn from.

    Attributes:
        published: the marts of the version that readers see.
        words: the language.
        framework: the framework whose stages are shown.
        state: the state directory.
        version: name of the version.
    """

    published: Published
    words: Words
    framework: str
    state: StateDir
    version: str

    def asked(self, name: str) -> str:
        """What the address asks for under a name, blank if nothing."""
        return st.query_params.get(name, "")

    def with_currency(self, lead: str) -> str:
        """A line below the heading of a page with amounts, which says what they are in."""
        return (
            f"{lead} {self.words('amounts_in', currency=self.published.build.reporting_currency)}"
        )

    def stages(self) -> dict[str, str]:
        """Labels of the framework's stages, in their order."""
        return labels(self.published.stages(self.framework), "stage", self.words)

    def healths(self) -> dict[str, str]:
        """Labels of healths, in their order."""
        return labels(self.published.healths(), "health", self.words)


def labels(rows: Rows, key: str, words: Words, label: str = "label") -> dict[str, str]:
    """Return labels by key, in the order of the rows."""
    return {str(row[key]): words.label(row, label) for row in rows}


@st.cache_resource(max_entries=2, show_spinner=False)
def open_version(root: str, version: str) -> tuple[Published, ExitStack]:  # noqa: ARG001  # kept by it
    """Open the published file, read-only and shut off; again only when the version is another.

    Whoever still looks at the version before keeps its file, as long as what was opened is held.

    Raises:
        StateDirError: when it is damaged.
    """
    held = ExitStack()
    return Published(held.enter_context(open_published(StateDir.at(Path(root))))), held
