"""Which raw rows staging leaves out and why, on rows that stand on the edge of each reason.

Models that read raw rows tell them apart by their row id, which a dbt unit test cannot give; hence
a raw database of a few rows, built twice: with all that is known, and as it was known in June.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings.build_settings import read_settings
from orchestration.settings.paths import StateDir
from tests.pipeline.dbt_kit import dbt
from tests.pipeline.ingest_kit import make_shop

pytestmark = pytest.mark.slow

KNOWN_AT = "2024-06-30 12:00:00"
LOADED_AT = datetime(2025, 1, 1)

# Loaded on 2025-01-01 (see ingest_kit): the clock of rows without received_at.
EVENTS = """event_id,event_name,occurred_at,received_at,anonymous_id,user_id,session_id,value,\
properties
plain,Product Viewed,2024-01-01T10:00:00Z,2024-01-01T10:00:00Z,a1,,null,,
a_day_ahead,Product Viewed,2024-01-02T10:00:00Z,2024-01-01T10:00:00Z,a1,,,,
more_than_a_day_ahead,Product Viewed,2024-01-02T10:00:01Z,2024-01-01T10:00:00Z,a1,,,,
a_day_ahead_of_loading,Product Viewed,2025-01-02T00:00:00Z,,a1,,,,
more_than_a_day_ahead_of_loading,Product Viewed,2025-01-02T00:00:01Z,,a1,,,,
twice,Product Viewed,2024-01-01T10:00:00Z,2024-01-01T10:00:05Z,a1,,,5,
twice,Product Viewed,2024-01-01T10:00:00Z,2024-01-01T10:00:04Z,a1,,,4,
wrong_clock_first,Product Viewed,2024-02-09T10:00:00Z,2024-01-01T10:00:00Z,a1,,,1,
wrong_clock_first,Product Viewed,2024-01-01T10:00:00Z,2024-01-02T10:00:00Z,a1,,,2,
known_in_time,Product Viewed,2024-06-30T10:00:00Z,2024-06-30T12:00:00Z,a1,,,,
known_too_late,Product Viewed,2024-06-30T10:00:00Z,2024-06-30T12:00:01Z,a1,,,,
placeholder_user,Product Viewed,2024-01-01T10:00:00Z,2024-01-01T10:00:00Z,a1,NULL ,,,
told_in_properties,Product Viewed,2024-01-01T10:00:00Z,,,,\\N,,"{""user_id"": 17850.0, \
""session_id"": "" s1 "", ""value"": ""many"", ""price"": ""1.2e1"", ""country"": ""n/a"", \
""quantity"": true}"
excluded_in_the_column,Product Viewed,2024-01-01T10:00:00Z,,a1,guest,,7,\
"{""user_id"": ""c1"", ""value"": 8}"
"""
ORDERS = """order_id,customer_id,created_at,updated_at,cancelled_at,received_at,status,currency,\
total_price,is_test,is_deleted
o1,c1,2024-01-01T10:00:00Z,2024-01-01T10:00:00Z,,,paid,eur,100,,
o1,c1,2024-01-01T10:00:00Z,2024-01-02T10:00:00Z,,,paid,eur,90,,
o2,c1,2024-01-01T10:00:00Z,,,2024-01-03T10:00:00Z,paid,EUR,100,,
o2,c1,2024-01-01T10:00:00Z,2024-01-02T10:00:00Z,,2024-08-01T10:00:00Z,paid,EUR,80,,
o3,c1,2024-01-01T10:00:00Z,,,2024-06-30T12:00:00Z,paid,EUR,100,,
o3,c1,2024-01-01T10:00:00Z,,,2024-06-30T12:00:01Z,paid,EUR,70,,
test,c1,2024-01-01T10:00:00Z,,,,paid,EUR,100,true,
deleted,c1,2024-01-01T10:00:00Z,,,,paid,EUR,100,,true
free,c1,2024-01-01T10:00:00Z,,,,paid,EUR,0,,
nearly_free,c1,2024-01-01T10:00:00Z,,,,paid,EUR,0.0001,,
failed,c1,2024-01-01T10:00:00Z,,,,failed,EUR,100,,
cancelled_undated,c1,2024-01-01T10:00:00Z,,,,cancelled,EUR,100,,
cancelled,c1,2024-01-01T10:00:00Z,,2024-01-05T10:00:00Z,,cancelled,EUR,100,,
guest,0,2024-01-01T10:00:00Z,,,,paid,EUR,100,,
untimed,c1,2024-01-01T10:00:00Z,,2024-02-01T10:00:00Z,,cancelled,EUR,60,,
untimed,c1,2024-01-01T10:00:00Z,,,,paid,EUR,61,,
untimed,c1,2024-01-02T10:00:00Z,,,,paid,EUR,62,,
ahead,c1,2025-01-02T00:00:01Z,,,,paid,EUR,100,,
"""
REFUNDS = """refund_id,order_id,created_at,amount,received_at
the_same_day,o1,2024-01-01T08:00:00Z,10,2024-01-02T10:00:00Z
the_day_before,o1,2023-12-31T23:59:59Z,10,2024-01-02T10:00:00Z
no_order,o9,2024-01-02T10:00:00Z,10,2024-01-02T10:00:00Z
of_a_test_order,test,2024-01-02T10:00:00Z,10,2024-01-02T10:00:00Z
twice,o1,2024-01-02T10:00:00Z,20,2024-01-03T10:00:00Z
twice,o1,2024-01-02T10:00:00Z,10,2024-01-02T10:00:00Z
o2:refunded,o2,2024-01-02T10:00:00Z,9,
o2:transaction:1:1,o2,2024-01-03T10:00:00Z,4,
o2:transaction:1:2,o2,2024-01-03T10:00:00Z,5,
o3:refunded,o3,2024-01-02T10:00:00Z,7,
o3:refunded,o3,2024-01-02T10:00:00Z,8,
"""
ORDER_LINES = """order_id,line_number,product_id,quantity,unit_price
o1,1,p1,1,90
o2,1,p1,1,50
o2,2,p2,1,50
o9,1,p1,1,90
"""
# Of o2 this file has one line, which came before: the order has no other any more.
ORDER_LINES_AGAIN = """order_id,line_number,product_id,quantity,unit_price
o2,1,p1,1,50
"""
# Days as people name files: the tenth is the last.
PRODUCTS = {
    "products/day2.csv": "product_id,title\np1,second day\np2,first name\n",
    "products/day9.csv": "product_id,title\np1,ninth day\np2,other name\n",
    "products/day10.csv": "product_id,title\np1,tenth day\np2,first name\n",
}
CHANNEL_DAILY = {
    "channel_daily/day2.csv": "date,channel,clicks,spend,currency\n2024-01-01,search,9,9,EUR\n",
    "channel_daily/day10.csv": (
        "date,channel,clicks,spend,currency\n"
        "2024-01-01,search,5,,EUR\n2024-01-01,search,6,1.5,EUR\n2024-01-01,search,6,1.5,EUR\n"
    ),
}
CUSTOMERS = """customer_id,created_at,updated_at,account_id,country,marketing_consent
c1,2024-01-01T10:00:00Z,2024-01-01T10:00:00Z,undefined,DE,true
c1,2024-01-01T10:00:00Z,2024-01-02T10:00:00Z,undefined,IT,false
c2,2024-01-01T10:00:00Z,,,FR,true
c2,2024-01-01T10:00:00Z,2024-01-02T10:00:00Z,,IT,
c5,2024-01-02T10:00:00Z,,a5,ES,
c5,2024-01-01T10:00:00Z,,a5,PT,false
"""
MERGES = """from_customer_id,into_customer_id,merged_at
c3,c1,2024-01-01T10:00:00Z
c3,c2,2024-01-02T10:00:00Z
c6,c1,2024-01-02T10:00:00Z
c6,c2,2024-01-02T10:00:00Z
"""
ERASURES = """customer_id,requested_at
gone,2024-01-02T10:00:00Z
gone,2024-01-01T10:00:00Z
ahead,2025-01-02T00:00:01Z
a_day_ahead,2025-01-02T00:00:00Z
"""
RATES = """date,currency,rate
2024-01-01,USD,0.9
2024-01-01,USD,0.8
2024-01-02,USD,0.8
"""
FILES = {
    "events.csv": EVENTS,
    "orders.csv": ORDERS,
    "refunds.csv": REFUNDS,
    "order_lines/day2.csv": ORDER_LINES,
    "order_lines/day10.csv": ORDER_LINES_AGAIN,
    **PRODUCTS,
    **CHANNEL_DAILY,
    "customers.csv": CUSTOMERS,
    "customer_merges.csv": MERGES,
    "erasure_requests.csv": ERASURES,
    "exchange_rates.csv": RATES,
}
# Ingest quarantines these rows, another loader may not; it may keep views as well.
OF_ANOTHER_LOADER = (
    "insert into raw.events (event_id, event_name, occurred_at, anonymous_id, user_id, _row_hash) "
    "values ('nobody', 'Product Viewed', '2024-01-01', 'None', '0', 1)",
    "insert into raw.customers (customer_id, created_at, _row_hash) "
    "values ('NaN', '2024-01-01', 1)",
    "insert into raw.customer_merges (from_customer_id, into_customer_id, merged_at, _row_hash) "
    "values ('c4', 'undefined', '2024-01-01', 1)",
    "insert into raw.erasure_requests (customer_id, requested_at, _row_hash) "
    "values ('undefined', '2024-01-01', 1)",
    # Two more sources without orders: `news` may link by address, `mute` may not.
    "insert into raw.sources select sources.* replace (name as source, false as fills_orders, "
    "name = 'news' as link_by_email) from raw.sources, (values ('news'), ('mute')) as names(name)",
    "insert into raw.source_files values (9001, 'news', '', '', '', 0, 0), "
    "(9002, 'mute', '', '', '', 0, 0)",
    "insert into raw.customers (customer_id, created_at, updated_at, email, _file_id, _row_hash) "
    "values ('x1', '2024-01-05', '2024-01-05', ' Ann@x.it', null, 11), "
    "('x1', '2024-01-05', '2024-01-06', 'ann@x.it', 9001, 12), "
    "('x2', '2024-01-01', null, 'both@x.it', null, 13), "
    "('x3', '2024-01-01', null, 'both@x.it', null, 14), "
    "('y1', '2024-01-03', null, 'ann@X.it ', 9001, 15), "
    "('y2', '2024-01-03', null, 'both@x.it', 9001, 16), "
    "('y3', '2024-01-03', null, 'ann@x.it', 9002, 17)",
    "alter table raw.events rename to events_kept",
    "create view raw.events as select * from raw.events_kept",
)


class Staged:
    """One build of the staging models."""

    def __init__(self, state: StateDir) -> None:
        """Open what was built in a state directory."""
        self._reader = duckdb.connect(str(state.working_database), read_only=True)
        self._reader.execute(f"attach '{state.raw_database}' as raw_db (read_only)")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Select from the working database."""
        return self._reader.execute(query).fetchall()

    def reasons(self, table: str, key: str) -> dict[str, str]:
        """Return why rows were left out, by key; of a key with several, the last reason."""
        found = self.rows(f"select {key}, reason from staging.filtered_{table} order by all")
        assert found
        return dict(found)

    def kept(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Return what was staged, sorted."""
        return self.rows(f"select {columns} from staging.stg_{table} order by all")


def stage(root: Path, known_at: str | None = None) -> Staged:
    """Ingest the files of this module, plus what only another loader would leave; stage all."""
    shop = make_shop(root, FILES)
    shop.ingest()
    for statement in OF_ANOTHER_LOADER:
        shop.write(statement)
    state = StateDir.at(shop.state_dir)
    models = ("--select", "+path:models/staging", "--resource-type", "model", "seed")
    done = dbt(state, "build", *models, settings=read_settings({"known_at": known_at}))
    assert done.returncode == 0, done.stdout
    return Staged(state)


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(tmp_path_factory.mktemp("staging"))


@pytest.fixture(scope="module")
def staged_in_june(tmp_path_factory: pytest.TempPathFactory) -> Staged:
    return stage(tmp_path_factory.mktemp("june"), known_at=KNOWN_AT)


def test_an_event_may_lie_24_hours_ahead_and_not_a_second_more(staged: Staged) -> None:
    reasons = staged.reasons("events", "event_id")
    assert reasons["more_than_a_day_ahead"] == "future"
    assert reasons["more_than_a_day_ahead_of_loading"] == "future"
    kept = {event for (event,) in staged.kept("events", "event_id")}
    assert {"plain", "a_day_ahead", "a_day_ahead_of_loading"} <= kept


def test_of_one_event_id_the_earliest_received_wins(staged: Staged) -> None:
    assert staged.reasons("events", "event_id")["twice"] == "id_conflict"
    assert staged.rows("select value from staging.stg_events where event_id = 'twice'") == [(4,)]


def test_a_row_with_a_wrong_clock_hides_no_good_one(staged: Staged) -> None:
    assert staged.reasons("events", "event_id")["wrong_clock_first"] == "future"
    found = staged.rows("select value from staging.stg_events where event_id = 'wrong_clock_first'")
    assert found == [(2,)]


def test_placeholder_ids_are_absent_and_an_event_with_no_other_id_is_left_out(
    staged: Staged,
) -> None:
    assert staged.reasons("events", "event_id")["nobody"] == "no_identity"
    found = staged.rows(
        "select anonymous_id, user_id, session_id from staging.stg_events "
        "where event_id in ('placeholder_user', 'plain') order by event_id"
    )
    assert found == [("a1", None, None), ("a1", None, None)]
    assert staged.reasons("customers", "customer_id")["NaN"] == "no_identity"
    assert staged.reasons("customer_merges", "from_customer_id")["c4"] == "no_identity"
    orders = dict(staged.kept("orders", "order_id, customer_id"))
    assert orders["guest"] is None
    assert orders["o1"] == "c1"
    assert dict(staged.kept("customers", "customer_id, account_id"))["c1"] is None


def test_the_latest_version_of_a_row_wins(staged: Staged) -> None:
    prices = dict(staged.kept("orders", "order_id, total_price"))
    # o2 was updated before it was first received: received_at stands in for a missing updated_at.
    assert (prices["o1"], prices["o2"], prices["o3"]) == (90, 100, 70)
    left_out = staged.rows(
        "select order_id from staging.filtered_orders where reason = 'superseded' order by all"
    )
    # Of the three versions of `untimed` one was decided without a time, one was never in question.
    assert left_out == [("o1",), ("o2",), ("o3",), ("untimed",)]
    assert staged.kept("customers", "customer_id, country")[:2] == [("c1", "IT"), ("c2", "IT")]


def test_every_version_says_what_it_said_of_consent_and_when(staged: Staged) -> None:
    day_one, day_two = datetime(2024, 1, 1, 10), datetime(2024, 1, 2, 10)
    # Without a time of its own a version was said when it was loaded; who is nobody says nothing.
    said = staged.kept("customer_consents", "customer_id, stated_at, marketing_consent")
    assert {version for version in said if version[0].startswith("c")} == {
        ("c1", day_one, True),
        ("c1", day_two, False),
        ("c2", LOADED_AT, True),
        ("c2", day_two, None),
        ("c5", LOADED_AT, None),
        ("c5", LOADED_AT, False),
    }
    assert "NaN" not in {customer for customer, *_ in said}


def test_of_merges_of_one_customer_the_latest_wins_and_at_one_instant_the_greatest(
    staged: Staged,
) -> None:
    found = staged.kept("customer_merges", "from_customer_id, into_customer_id")
    assert found == [("c3", "c2"), ("c6", "c2")]


def test_an_address_links_a_customer_of_another_source_to_its_only_buyer(staged: Staged) -> None:
    # Not to one of two, not where the source does not say so, and nobody who buys himself.
    links = staged.kept("email_links", "from_customer_id, into_customer_id, merged_at")
    assert links == [("y1", "x1", datetime(2024, 1, 5))]


def test_of_requests_of_erasure_the_first_stands(staged: Staged) -> None:
    assert staged.reasons("erasure_requests", "customer_id") == {
        "gone": "superseded",
        "ahead": "future",
        "undefined": "no_identity",
    }
    found = staged.kept("erasure_requests", "customer_id, cast(requested_at as date)")
    assert found == [("a_day_ahead", date(2025, 1, 2)), ("gone", date(2024, 1, 1))]


def test_versions_without_a_time_are_decided_by_what_they_tell_of(staged: Staged) -> None:
    # Cancelled in February: that version knows more than one created a day later.
    assert dict(staged.kept("orders", "order_id, total_price"))["untimed"] == 60
    assert dict(staged.kept("customers", "customer_id, country"))["c5"] == "ES"
    undated = "select count(*) from staging.filtered_{} where reason = 'superseded_without_time'"
    # One row per key, however many versions it has.
    assert staged.rows(undated.format("orders")) == [(1,)]
    assert staged.rows(undated.format("customers")) == [(1,)]


def test_the_last_file_decides_by_the_number_in_its_name_and_a_content_may_come_again(
    staged: Staged,
) -> None:
    assert staged.kept("products", "product_id, title") == [
        ("p1", "tenth day"),
        ("p2", "first name"),
    ]


def test_parts_of_a_channel_row_in_the_last_file_add_up(staged: Staged) -> None:
    # The third row is an exact copy of the second, which is one row.
    assert staged.kept("channel_daily", "channel, clicks, spend") == [("search", 11, 1.5)]


def test_a_null_column_of_an_event_is_read_from_its_properties(staged: Staged) -> None:
    found = staged.rows(
        "select user_id, session_id, value, country, quantity from staging.stg_events "
        "where event_id = 'told_in_properties'"
    )
    assert found == [("17850", "s1", 12, None, None)]
    found = staged.rows(
        "select user_id, value from staging.stg_events where event_id = 'excluded_in_the_column'"
    )
    assert found == [(None, 7)]


def test_of_versions_without_a_clock_the_greatest_hash_wins(staged: Staged) -> None:
    greatest = staged.rows(
        "select max_by(rate, _row_hash) from raw_db.raw.exchange_rates where date = '2024-01-01'"
    )
    assert staged.kept("exchange_rates", "date, rate")[0][1] == greatest[0][0]
    assert len(staged.kept("exchange_rates", "date")) == 2


def test_an_order_that_never_counted_stays_and_is_marked(staged: Staged) -> None:
    valid = dict(staged.kept("orders", "order_id, is_valid"))
    assert {order for order, counts in valid.items() if not counts} == {
        "test",
        "deleted",
        "free",
        "failed",
        "cancelled_undated",
    }
    assert valid["nearly_free"]
    assert valid["cancelled"]
    assert staged.reasons("orders", "order_id")["ahead"] == "future"
    currencies = staged.rows("select distinct currency from staging.stg_orders")
    assert currencies == [("EUR",)]


def test_a_refund_needs_a_valid_order_that_is_not_of_a_later_day(staged: Staged) -> None:
    assert staged.reasons("refunds", "refund_id") == {
        "the_day_before": "before_order",
        "no_order": "order_unknown",
        "of_a_test_order": "order_not_valid",
        "twice": "id_conflict",
        "o2:refunded": "superseded",
        "o3:refunded": "id_conflict",
    }
    assert staged.kept("refunds", "refund_id, amount") == [
        ("o2:transaction:1:1", 4),
        ("o2:transaction:1:2", 5),
        ("o3:refunded", 8),
        ("the_same_day", 10),
        ("twice", 10),
    ]


def test_a_line_of_an_unknown_order_is_left_out(staged: Staged) -> None:
    assert staged.reasons("order_lines", "order_id")["o9"] == "order_unknown"


def test_the_lines_of_an_order_are_those_of_the_last_file_that_has_any(staged: Staged) -> None:
    assert staged.reasons("order_lines", "order_id")["o2"] == "superseded"
    assert staged.kept("order_lines", "order_id, line_number") == [("o1", 1), ("o2", 1)]


def test_what_was_received_after_known_at_is_not_known(staged_in_june: Staged) -> None:
    reasons = staged_in_june.reasons("events", "event_id")
    assert reasons["known_too_late"] == "not_yet_known"
    kept = {event for (event,) in staged_in_june.kept("events", "event_id")}
    assert "known_in_time" in kept
    # Rows without received_at are always known.
    assert "a_day_ahead_of_loading" in kept


def test_a_later_version_does_not_supersede_what_was_known_then(staged_in_june: Staged) -> None:
    prices = dict(staged_in_june.kept("orders", "order_id, total_price"))
    assert (prices["o1"], prices["o2"], prices["o3"]) == (90, 100, 100)
    assert staged_in_june.reasons("orders", "order_id")["o3"] == "not_yet_known"


def test_every_raw_row_is_staged_or_left_out_once(staged: Staged) -> None:
    for table in {name.removesuffix(".csv").partition("/")[0] for name in FILES}:
        ((raw, kept, left_out, named),) = staged.rows(
            f"select (select count(*) from raw_db.raw.{table}),"
            f" (select count(*) from staging.stg_{table}),"
            f" (select count(*) from staging.filtered_{table}),"
            f" (select count(distinct raw_row_id) from staging.filtered_{table})"
        )
        assert raw > 0
        assert (kept + left_out, left_out) == (raw, named), table
