"""The frame around every page: language, pages, framework, and the watch for a new version.

Belongs here: what all pages share. Does not belong here: what stands on a page (`views`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.context import Context, open_version
from orchestration.dashboard.views import (
    channels,
    customers,
    data,
    flow,
    kpis,
    retention,
    segments,
    today,
)
from orchestration.dashboard.words import TEXTS
from orchestration.errors import StateDirError
from orchestration.pictures.published import Published
from orchestration.pictures.words import Language, Words
from orchestration.pipeline.versions import current_version
from orchestration.settings.paths import StateDir
from orchestration.settings.request import read_directories

PAGES: Mapping[str, Callable[[Context], None]] = {
    "today": today.page,
    "flow": flow.page,
    "retention": retention.page,
    "kpis": kpis.page,
    "customers": customers.page,
    "segments": segments.page,
    "channels": channels.page,
    "data": data.page,
}
_FIRST = next(iter(PAGES))
_LANGUAGES = {Language.EN: "English", Language.IT: "Italiano"}
_LOOK_EVERY = "20s"
_SIDEBAR = 270


def draw() -> None:
    """Draw the page that the address names: `?page=kpis&lang=it`.

    Pages are no paths of their own: Streamlit asks a path for its server first, and a browser's
    console would show that nothing answers there.
    """
    st.set_page_config(
        page_title="Customer lifecycle",
        layout="wide",
        page_icon="◐",
        initial_sidebar_state=_SIDEBAR,
    )
    show.style()
    state = read_directories().state
    words = Words(_language(), TEXTS)
    page = _page(words)
    version = current_version(state)
    _watch(state, version)
    if version is None:
        show.title(words("title"))
        show.note(words("nothing_published", state=state.root))
        return
    try:
        published, _ = open_version(str(state.root), version)
    except StateDirError as error:
        show.title(words("title"))
        show.note(str(error))
        return
    PAGES[page](Context(published, words, _framework(published, words), state, version))


def _language() -> Language:
    asked = st.query_params.get("lang")
    languages = list(_LANGUAGES)
    with st.sidebar:
        chosen = st.radio(
            "Language / Lingua",
            languages,
            languages.index(Language(asked)) if asked in languages else 0,
            format_func=_LANGUAGES.__getitem__,
            horizontal=True,
            key="lang",
        )
    st.query_params["lang"] = str(chosen)
    return chosen


def _page(words: Words) -> str:
    asked = st.query_params.get("page", _FIRST)
    chosen = st.pills(
        words("pages"),
        list(PAGES),
        default=asked if asked in PAGES else _FIRST,
        format_func=lambda name: words(f"page_{name}"),
        label_visibility="collapsed",
        required=True,
        key="page",
    )
    st.query_params["page"] = str(chosen)
    return str(chosen)


def _framework(published: Published, words: Words) -> str:
    build = published.build
    with st.sidebar:
        return st.selectbox(
            words("framework"),
            build.frameworks,
            index=build.frameworks.index(build.default_framework),
            key="framework",
        )


@st.fragment(run_every=_LOOK_EVERY)
def _watch(state: StateDir, version: str | None) -> None:
    """Draw everything anew when another version has become current."""
    if current_version(state) != version:
        st.rerun()
