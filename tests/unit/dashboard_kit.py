"""Published files for tests of the dashboard, and a reader of what a page shows.

Belongs here: shops made from the sample's marts with rows left out, in a second each. Does not
belong here: claims.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.ipc
from streamlit.testing.v1 import AppTest

from orchestration.dashboard.launch import SCRIPT
from orchestration.settings.paths import StateDir
from tests.unit.finished_runs import show_version

# What an empty shop has all the same: it comes from the rules.
_RULES = ("build_info", "health_states", "kpi_catalog", "stages", "play_catalog")
_FROM_EVENTS = (
    *("attributed_orders", "cart_outcomes", "checkout_outcomes", "contact_pressure"),
    *("event_names", "journey_map", "journey_paths", "message_outcomes", "message_performance"),
    *("referral_edges", "sessions", "subscriptions", "support_tickets", "survey_answers"),
    *("touchpoints", "trial_outcomes", "mrr_movements"),
)
_NOT_IN_THE_FIRST_MONTH = (
    *("lapse_backtest", "lapse_calibration", "restatements", "retention_matrix", "rule_changes"),
    *("stage_flow_monthly", "stage_odds"),
)
_UNKNOWN = "numerator = null, denominator = null, value = null, status = 'no_input'"
_LATER: Mapping[str, tuple[str, ...]] = {
    "empty": (
        "insert into marts.kpi_values select kpi, 'month', date_trunc('month', as_of_date), "
        "date_trunc('month', as_of_date) + interval 1 month, 'all', 'all', null, null, null, null, "
        "'no_input', as_of_date from marts.kpi_catalog, marts.build_info",
        "update marts.build_info set persons = 0",
    ),
    "no_events": (
        f"update marts.kpi_values set {_UNKNOWN} where kpi in (select kpi from marts.kpi_catalog "
        "where stage_group in ('discovery', 'engagement'))",
        "update marts.channel_performance set impressions = null, clicks = null, spend = null, "
        "sessions = 0, customers_first = null, customers_last = null, customers_linear = null",
    ),
    "first_month": (
        "update marts.order_sequence set reordered_90d = null, reordered_180d = null, "
        "reordered_365d = null",
        "update marts.retention_cohorts set is_mature = false",
        "update marts.channel_performance set is_complete = false",
        "delete from marts.kpi_values where period_start < "
        "(select date_trunc('month', as_of_date) from marts.build_info)",
        "update marts.kpi_values set status = 'partial' where period_grain = 'month'",
        "delete from marts.stage_daily where date < (select as_of_date - 1 from marts.build_info)",
    ),
}
KINDS = tuple(_LATER)
# Of the two widest marts as many rows as a page shows first; copying all takes seconds.
_ENOUGH = {
    "kpi_values": "period_grain = 'month'",
    "retention_matrix": "false",
    "stage_daily": "framework = 'discovery_to_advocacy'",
    "stage_evidence": "framework = 'discovery_to_advocacy'",
    "attributed_orders": "false",
}
# Marts that other versions of the package may not have.
YOUNG = ("customers", "order_sequence", "play_results", "plays_due", "segment_profiles")


def make_shop(sample: StateDir, root: Path, kind: str) -> StateDir:
    """Publish a shop of a kind, made from the sample's marts, as a version of the kind's name.

    `without_young_marts` is the sample as an older package would have published it.
    """
    path = root / f"{kind}.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"attach '{sample.published_database}' as sample (read_only)")
        connection.execute("create schema marts")
        found = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'sample'"
        ).fetchall()
        for (mart,) in found:
            if kind == "without_young_marts" and mart in YOUNG:
                continue
            keep = "false" if _is_left_out(kind, mart) else _ENOUGH.get(mart, "true")
            connection.execute(
                f"create table marts.{mart} as from sample.marts.{mart} where {keep}"
            )
        for statement in _LATER.get(kind, ()):
            connection.execute(statement)
        connection.execute("detach sample")
    return publish(path, root / "state", kind)


def _is_left_out(kind: str, mart: str) -> bool:
    if kind == "empty":
        return mart not in _RULES
    if kind == "no_events":
        return mart in _FROM_EVENTS
    return kind == "first_month" and mart in _NOT_IN_THE_FIRST_MONTH


def publish(database: Path, root: Path, version: str) -> StateDir:
    """Make a database the current version of a state directory, as publishing lays it out."""
    state = StateDir.at(root)
    directory = state.versions / version
    directory.mkdir(parents=True)
    (directory / "lifecycle.duckdb").hardlink_to(database)
    show_version(directory)
    return state


class Seen:
    """What a page shows: its tables, notes, charts and whole text, as a reader sees them."""

    def __init__(self, app: AppTest) -> None:
        """Read the page that an app has drawn."""
        self.exceptions = [f"{error.message} {error.stack_trace}" for error in app.exception]
        self.html = [element.proto.body for element in app.get("html")]
        self.text = _plain(" ".join(body for body in self.html if "<style>" not in body))
        self.notes = [_plain(body) for body in self.html if 'role="note"' in body]
        self.tables = [_table(body) for body in self.html if "<table" in body]
        self.charts = [_chart(element.proto) for element in app.get("vega_lite_chart")]

    def table(self, first_head: str) -> dict[str, list[str]]:
        """Rows of the first table whose first column has this head, by their first cell."""
        for head, *rows in self.tables:
            if head[0] == first_head:
                return {row[0]: row[1:] for row in rows}
        raise AssertionError(f"{first_head} heads none of {[table[0] for table in self.tables]}")


def open_app(**asked: str) -> AppTest:
    """Open the dashboard of the state directory that LIFECYCLE_STATE_DIR names."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=120)
    for name, value in asked.items():
        app.query_params[name] = value
    return app


def look(app: AppTest, page: str, **chosen: Any) -> Seen:
    """Go to a page, as by a press on its name, and read it."""
    app.session_state["page"] = page
    for name, value in chosen.items():
        app.session_state[name] = value
    app.run()
    return Seen(app)


def _chart(sent: Any) -> dict[str, Any]:
    """The specification with the rows that Streamlit sends beside it."""
    rows = pyarrow.ipc.open_stream(sent.data.data).read_all().to_pylist()
    return {**json.loads(sent.spec), "data": {"values": rows}}


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def _table(html: str) -> list[list[str]]:
    lines = re.findall(r"<tr>(.*?)</tr>", html, flags=re.DOTALL)
    return [
        [unescape(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line)]
        for line in lines
    ]
