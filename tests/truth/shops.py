"""Simulated shops whose truth is known, landed and made into models without dbt.

Belongs here: what is simulated, what of it is landed, the truth as rows. Does not belong here: what
is asked of a shop (the other modules).
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from orchestration.simulator.simulate import TRAITS, simulate

CUSTOMERS, DAYS = 1500, 900
# Odds need all that people do, which is ten times the events.
LIVELY_CUSTOMERS, LIVELY_DAYS = 400, 760
BARE = tuple(TRAITS)
_LANDING_PAGES = """
    select * exclude (place) from (
        select *, row_number() over (
            partition by anonymous_id, session_id, cast(occurred_at as date)
            order by occurred_at, event_id, received_at
        ) as place
        from read_parquet('{file}')
        where page_url is not null
    )
    where place = 1
"""


@dataclass(frozen=True)
class Leave:
    """A customer's orders ended on a day and began again on another, if ever."""

    left_on: date
    returned_on: date | None


@dataclass(frozen=True)
class Shop:
    """A landed shop: its raw database, and by customer id when somebody really left."""

    raw_database: Path
    leaves: dict[str, list[Leave]]


@contextmanager
def simulated(
    folder: Path, seed: int, *, is_bare: bool = False, is_lively: bool = False
) -> Iterator[Shop]:
    """Simulate and land a shop below a folder, which is emptied afterwards.

    Args:
        folder: where there is room for it.
        seed: which shop.
        is_bare: nothing is there to be found: no affinity, channels all alike, no drift.
        is_lively: all events are landed; else only the page on which each visit begins.
    """
    where = folder / f"{seed}-{is_bare}-{is_lively}"
    people = (LIVELY_CUSTOMERS, LIVELY_DAYS) if is_lively else (CUSTOMERS, DAYS)
    simulate(*people, seed, where / "shop", without=BARE if is_bare else ())
    if not is_lively:
        _keep_landing_pages(where / "shop" / "events")
    ingest(where / "shop", where, run_id="truth", excluded_ids=read_rules(None).excluded_ids)
    yield Shop(where / "raw.duckdb", _leaves(where / "shop"))
    shutil.rmtree(where)


def _keep_landing_pages(events: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        for file in sorted(events.iterdir()):
            query = _LANDING_PAGES.format(file=file)
            connection.execute(f"create or replace table kept as {query}")
            connection.execute(f"copy (from kept order by all) to '{file}' (format parquet)")


def _leaves(shop: Path) -> dict[str, list[Leave]]:
    leaves: dict[str, list[Leave]] = defaultdict(list)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select customer_id, drifting_on, returned_on "
            f"from read_parquet('{shop}/_truth/customer_churn.parquet') order by all"
        ).fetchall()
    for customer, left_on, returned_on in rows:
        leaves[customer].append(Leave(left_on, returned_on))
    return leaves
