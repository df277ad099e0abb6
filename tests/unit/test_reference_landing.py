"""Worlds land as files that say what the reference believes they say."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from tests.reference.rulebook import NOT_IDS
from tests.reference.small import at, day, event, order
from tests.reference.world import (
    ChannelDay,
    Customer,
    LandingOptions,
    OrderLine,
    Settings,
    World,
    renamed,
    write_landing,
)


def line(number: int, delivery: int = 1) -> OrderLine:
    return OrderLine("o", number, "p", Decimal(1), Decimal(5), delivery)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_delivery_in_one_part_is_one_file(tmp_path: Path):
    write_landing([World(orders=(order("o", "2020-01-01"),))], Settings(), tmp_path)
    (row,) = read(tmp_path / "orders.csv")
    assert (row["order_id"], row["total_price"], row["is_test"]) == ("o", "100", "")
    assert "delivery" not in row


def test_a_delivery_is_a_file_of_its_own_whose_name_comes_in_natural_order(tmp_path: Path):
    one = order("o", "2020-01-01")
    world = World(orders=(one, replace(one, delivery=10), replace(one, delivery=2)))
    write_landing([world], Settings(), tmp_path)
    names = {path.name for path in (tmp_path / "orders").iterdir()}
    assert names == {"part-1-0.csv", "part-2-0.csv", "part-10-0.csv"}


def test_parts_split_orders_but_never_what_belongs_together(tmp_path: Path):
    world = World(
        orders=(order("o", "2020-01-01"), order("p", "2020-01-01")),
        order_lines=(line(1), line(2), line(3, delivery=2)),
        channel_daily=(ChannelDay(day("2020-01-01"), "tv", clicks=1),) * 2,
    )
    write_landing([world], Settings(), tmp_path, LandingOptions(parts=2))
    counts = {str(path.relative_to(tmp_path)): len(read(path)) for path in tmp_path.rglob("part-*")}
    assert counts["orders/part-1-0.csv"] == counts["orders/part-1-1.csv"] == 1
    assert (counts["order_lines/part-1-0.csv"], counts["order_lines/part-2-0.csv"]) == (2, 1)
    assert counts["channel_daily/part-1-0.csv"] == 2
    assert not any(name.startswith("channel_daily/part-1-1") for name in counts)


def test_ids_of_a_world_are_its_own_and_numbers_stay_numbers():
    told = {"subscription_id": 7.0, "ticket_id": "t", "plan": "t", "user_id": True}
    world = World(
        events=(event("e", "2020-01-01", user_id="'5.00", properties=json.dumps(told)),),
        customers=(Customer("5", at("2020-01-01"), account_id=" null "),),
    )
    found = renamed(world, "w0012", NOT_IDS)
    assert found.events[0].user_id == "'90012005.00"
    assert found.customers[0].customer_id == "90012005"
    assert found.customers[0].account_id == " null "
    assert json.loads(found.events[0].properties or "") == {
        "subscription_id": 90012007.0,
        "ticket_id": "w0012-t",
        "plan": "t",
        "user_id": True,
    }
