"""What the built sample shows of visits and of metrics by stage.

Belongs here: claims about the published sample as a whole. Does not belong here: the rows that the
simulator writes (`test_sample`), and which KPIs are told at all (`test_kpi_sample`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from orchestration.settings.paths import RULES_DIR, SAMPLE_DIR, StateDir
from tests.unit.server_events import SERVER_EVENTS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader(sample_state: StateDir) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(sample_state.published_database), read_only=True) as opened:
        yield opened


def test_no_session_holds_an_event_of_a_server(reader: duckdb.DuckDBPyConnection) -> None:
    # A session has the id of its first event, and its events are counted in it.
    begun_by = reader.execute(
        "select events.event_name, count(*) from marts.sessions inner join "
        f"read_parquet('{SAMPLE_DIR}/events/*.parquet') as events "
        "on sessions.session_id = events.event_id group by 1"
    ).fetchall()
    assert sum(sessions for _, sessions in begun_by) > 5_000
    assert {name for name, _ in begun_by}.isdisjoint(SERVER_EVENTS)
    (in_sessions,), *_ = reader.execute("select sum(events) from marts.sessions").fetchall()
    by_name = reader.execute(
        "select event_name, events, is_visit from marts.event_names"
    ).fetchall()
    assert in_sessions == sum(events for _, events, is_visit in by_name if is_visit)
    servers = {name: events for name, events, is_visit in by_name if not is_visit}
    assert servers.keys() <= set(SERVER_EVENTS)
    assert sum(servers.values()) > 5_000


def test_slices_by_stage_sum_to_all_for_every_kpi_that_has_them(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    with (RULES_DIR / "kpis.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "stage" in row["dimensions"].split("|")]
    assert {row["kpi"] for row in rows if "health" not in row["dimensions"].split("|")} == set()
    wanted = {row["kpi"] for row in rows if row["additive"] == "sum"}
    assert len(wanted) > 30
    sums = reader.execute(
        """
        select
            kpi, period_grain, period_start,
            sum(numerator) filter (dimension = 'stage') as sliced,
            sum(numerator) filter (dimension = 'all') as whole,
            sum(denominator) filter (dimension = 'stage') as sliced_base,
            sum(denominator) filter (dimension = 'all') as whole_base,
            count(*) filter (dimension = 'stage') as slices
        from marts.kpi_values
        where dimension in ('stage', 'all') and list_contains(?, kpi)
        group by all
        having slices > 0
        """,
        [sorted(wanted)],
    ).fetchall()
    assert {row[0] for row in sums} == wanted
    assert {row[1] for row in sums} == {"day", "week", "month", "quarter", "year"}
    for *place, sliced, whole, sliced_base, whole_base, slices in sums:
        assert abs(sliced - whole) <= slices * Decimal("1e-10"), place
        assert sliced_base == whole_base, place
