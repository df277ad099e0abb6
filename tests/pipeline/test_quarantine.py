"""`lifecycle quarantine`: what was refused is listed without values, and loaded once mended."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.care import quarantine
from orchestration.care.quarantine import refused, replay
from orchestration.errors import LifecycleError
from orchestration.ingest.formats import open_file
from orchestration.pipeline.build import ingest_only
from orchestration.pipeline.gate import accounting_reasons
from orchestration.progress import Silent
from orchestration.settings.build_settings import BuildSettings
from orchestration.settings.paths import StateDir
from orchestration.settings.request import BuildRequest
from tests.pipeline.ingest_kit import Shop, make_shop, orders_csv

GOOD = "o1,2026-01-03T11:00:00Z,paid,EUR,100"
BAD = "o2,2026-01-04T11:00:00Z,paid,EUR,jane@example.org"
MENDED = "o2,2026-01-04T11:00:00Z,paid,EUR,12.50"


def request_of(shop: Shop) -> BuildRequest:
    return BuildRequest(
        BuildSettings(max_refused_share=1.0), shop.raw_dir, StateDir.at(shop.state_dir)
    )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path, {"orders/january.csv": orders_csv(GOOD, BAD)})
    ingest_only(request_of(made), Silent())
    return made


def orders(shop: Shop) -> list[str]:
    return [row[0] for row in shop.rows("select order_id from raw.orders order by all")]


def books(shop: Shop) -> list[tuple[object, ...]]:
    """Rows read, loaded, duplicate, quarantined and set aside, a line per delivery of orders."""
    assert accounting_reasons(StateDir.at(shop.state_dir)) == []
    return shop.rows(
        "select rows_read, rows_loaded, rows_duplicate, rows_quarantined, rows_set_aside "
        "from raw.ingest_files where table_name = 'orders' order by file_id"
    )


def test_the_list_names_file_line_column_and_reason_and_no_value(shop: Shop) -> None:
    (found,) = refused(StateDir.at(shop.state_dir))
    assert (found.file, found.table, found.column) == (
        "orders/january.csv",
        "orders",
        "total_price",
    )
    assert (found.rows, found.lines) == (1, (3,))
    assert "jane" not in repr(found)


def test_a_row_that_was_mended_in_its_file_is_loaded_and_leaves_quarantine(shop: Shop) -> None:
    shop.land({"orders/january.csv": orders_csv(GOOD, MENDED)})
    done = replay(request_of(shop), Silent())
    assert (done.before, done.after) == (1, 0)
    assert done.replaced == ("orders/january.csv",)
    assert orders(shop) == ["o1", "o2"]
    assert refused(StateDir.at(shop.state_dir)) == ()
    assert books(shop) == [(2, 1, 0, 0, 1), (2, 1, 1, 0, 0)]
    # Once more changes nothing.
    assert replay(request_of(shop), Silent()).after == 0
    assert orders(shop) == ["o1", "o2"]


def test_what_is_still_wrong_stays_and_is_told_of_the_later_delivery(shop: Shop) -> None:
    worse = "o3,2026-01-05T11:00:00Z,paid,EUR,thirteen"
    shop.land({"orders/january.csv": orders_csv(GOOD, MENDED, worse)})
    done = replay(request_of(shop), Silent())
    assert (done.before, done.after) == (1, 1)
    (found,) = refused(StateDir.at(shop.state_dir))
    assert found.lines == (4,)
    assert books(shop) == [(2, 1, 0, 0, 1), (3, 1, 1, 1, 0)]


def test_a_later_delivery_with_fewer_rows_replaces_nothing(shop: Shop) -> None:
    shop.land({"orders/january.csv": orders_csv(MENDED)})
    done = replay(request_of(shop), Silent())
    assert (done.before, done.after, done.replaced) == (1, 1, ())
    assert orders(shop) == ["o1", "o2"]


def test_an_unchanged_file_is_read_again_where_something_else_was_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bomb by the setting of yesterday; today it may unpack to so much."""
    monkeypatch.setattr(open_file, "_ALWAYS_UNPACKED", 0)
    text = orders_csv(*(f"o{n},2026-01-03T11:00:00Z,paid,EUR,1" for n in range(3000)))
    made = make_shop(tmp_path, {"orders/big.csv.gz": gzip.compress(text.encode())})
    strict = BuildRequest(
        BuildSettings(max_unpacked_ratio=2, max_refused_share=1.0),
        made.raw_dir,
        StateDir.at(made.state_dir),
    )
    ingest_only(strict, Silent())
    assert orders(made) == []
    ingest_only(request_of(made), Silent())
    assert orders(made) == [], "an ingest alone does not look at a known file again"
    done = replay(request_of(made), Silent())
    assert done.read_again == ("orders/big.csv.gz",)
    assert done.after == 0
    assert len(orders(made)) == 3000
    assert books(made) == [(3000, 3000, 0, 0, 0)]


def test_a_file_that_is_read_again_makes_the_database_no_older_than_its_list(shop: Shop) -> None:
    replay(request_of(shop), Silent())
    (told,) = shop.rows("select string_agg(sentence) from raw.notes")
    assert "older" not in told[0]
    ledger = StateDir.at(shop.state_dir).raw_ledger.read_text(encoding="utf-8")
    assert ledger.count('"orders/january.csv"') == 1


def test_a_file_that_is_gone_is_not_forgotten(shop: Shop) -> None:
    (shop.raw_dir / "orders/january.csv").unlink()
    shop.land({"orders.csv": orders_csv()})
    done = replay(request_of(shop), Silent())
    assert (done.read_again, done.before, done.after) == ((), 1, 1)
    assert orders(shop) == ["o1"]


def test_a_replay_that_dies_half_way_loses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(quarantine, "ingest_phase", die)
        with pytest.raises(KeyboardInterrupt):
            replay(request_of(shop), Silent())
    assert orders(shop) == []
    ingest_only(request_of(shop), Silent())
    assert orders(shop) == ["o1"]
    assert books(shop) == [(2, 1, 0, 1, 0)]


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (lambda _: None, "Nothing was ingested"),
        (lambda state: state.raw_database.write_bytes(b"torn" * 9999), "cannot be read"),
    ],
)
def test_without_a_raw_database_that_can_be_read_it_says_so(
    tmp_path: Path, prepare: Callable[[StateDir], object], said: str
) -> None:
    state = StateDir.at(tmp_path)
    prepare(state)
    with pytest.raises(LifecycleError, match=said):
        refused(state)
    with pytest.raises(LifecycleError, match=said), duckdb.connect():
        replay(BuildRequest(BuildSettings(), tmp_path, state), Silent())
