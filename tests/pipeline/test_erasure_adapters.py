"""A person leaves landing files of every layout, and nobody else does.

Belongs here: the small files of each adapter. Does not belong here: everything else that an erasure
does (`test_erasure`).
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.ingest.erased.tombstones import OWNER_COLUMNS
from orchestration.ingest.run import ingest
from orchestration.pipeline.erasure import erase
from orchestration.settings.paths import StateDir
from tests.pipeline.erasure_kit import request_of

ADAPTERS = Path(__file__).parent / "adapters"
# Several files that are read together, JSON in lines, CSV with addresses for ids, rows summed up.
LAYOUTS = ("fivetran_shopify", "ga4_bigquery", "klaviyo", "sales_lines")
PLACEHOLDERS = ("null", "undefined")


def load(raw_dir: Path, state: StateDir, key: Path) -> int:
    summary = ingest(
        raw_dir,
        state.root,
        run_id="run",
        excluded_ids=PLACEHOLDERS,
        erasure_key=key,
        loaded_at=datetime(2028, 1, 1),
    )
    return summary.rows_read


def content(state: StateDir) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of persons without bookkeeping, and without orders that are nobody's."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        for table in OWNER_COLUMNS:
            rows = raw.execute(
                "select columns(* exclude (_file_id, _line, _loaded_at, _row_hash))::varchar "
                f"from raw.raw.{table} order by all"
            ).fetchall()
            found[table] = [row for row in rows if not any("erased:" in str(cell) for cell in row)]
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_left_of_the_files_makes_what_is_left_in_raw(tmp_path: Path, layout: str) -> None:
    raw_dir, state, key = tmp_path / "raw", StateDir.at(tmp_path / "state"), tmp_path / "key"
    shutil.copytree(ADAPTERS / layout / "landing", raw_dir)
    load(raw_dir, state, key)
    with duckdb.connect(str(state.raw_database), read_only=True) as raw:
        (first, *_) = raw.execute(
            "select customer_id from raw.raw.orders where customer_id is not null "
            "union select user_id from raw.raw.events where user_id is not null "
            "union select customer_id from raw.raw.customers order by 1"
        ).fetchall()
    before = content(state)
    receipt = erase(request_of(raw_dir, state, key), [first[0]], PLACEHOLDERS, lambda _: None)
    assert receipt is not None
    assert receipt.landing
    assert receipt.left == []
    after = content(state)
    assert sum(map(len, after.values())) < sum(map(len, before.values()))
    assert all(set(after[table]) <= set(before[table]) for table in after)
    # The ledger knows the new files, and those beside which another one was replaced.
    assert load(raw_dir, state, key) == 0
    anew = StateDir.at(tmp_path / "anew")
    load(raw_dir, anew, key)
    assert content(anew) == after
