"""A disk that is full in ingest, dbt and publish: one sentence, what is published stays, no step.

The disks are real: a tmpfs of a few megabytes each.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from orchestration.errors import LifecycleError, PublishError
from orchestration.pipeline.publish import publish
from orchestration.pipeline.versions import versions
from orchestration.settings.paths import StateDir
from tests.conftest import Lifecycle
from tests.faults.small_disk import grow, small_disk
from tests.pipeline.dbt_kit import dbt
from tests.pipeline.ingest_kit import make_shop, orders_csv
from tests.pipeline.small_shop import write_small_shop
from tests.unit.finished_runs import identity, make_run, make_state
from tests.unit.test_publish import gate, publish_rows, published_bytes, published_rows

pytestmark = pytest.mark.faults


def test_a_disk_that_fills_up_in_ingest_stops_it_and_the_next_run_goes_on(tmp_path: Path) -> None:
    rows = [f"o{number:06},2026-01-03T11:00:00Z,paid,EUR,{number}.25" for number in range(60_000)]
    shop = make_shop(
        tmp_path,
        {f"orders/{part}.csv": orders_csv(*rows[part::4]) for part in range(4)},
    )
    with small_disk(shop.state_dir, 5_000):
        with pytest.raises(LifecycleError, match=r"[Nn]o space left|disk|full") as stopped:
            shop.ingest("run-1")
        assert "\n" not in str(stopped.value)
        grow(shop.state_dir, 200_000)
        shop.ingest("run-2")
        assert shop.rows("select count(*) from raw.orders") == [(60_000,)]
        assert shop.rows("select count(*) from raw.quarantine") == [(0,)]


def test_a_disk_that_fills_up_in_dbt_is_told_as_such_and_needs_no_step(
    tmp_path: Path, lifecycle: Lifecycle
) -> None:
    landing = write_small_shop(tmp_path / "landing")
    with small_disk(tmp_path / "disk", 18_000) as disk:
        where = ("--raw-dir", landing, "--state-dir", disk / "state")
        stopped = lifecycle("build", *where)
        assert stopped.returncode == 1
        assert f"The disk of {disk / 'state'} is full (" in stopped.stderr
        assert "Arguments: ()" not in stopped.stderr + stopped.stdout
        assert "Traceback" not in stopped.stderr
        assert not (disk / "state" / "published" / "current").exists()
        told = lifecycle("status", "--state-dir", disk / "state")
        assert told.returncode == 0
        grow(disk, 400_000)
        built = lifecycle("build", *where)
        assert built.returncode == 0, built.stdout + built.stderr


def test_tables_that_do_not_reach_the_file_when_dbt_ends_are_an_error_of_the_run(
    tmp_path: Path, small_state: StateDir
) -> None:
    """Small tables are written when all are made, and the file may hold those of a build before."""
    state = StateDir.at(tmp_path / "state")
    state.root.mkdir()
    shutil.copy(small_state.raw_database, state.raw_database)
    with small_disk(tmp_path / "disk", 2_000) as disk:
        state.working_database.symlink_to(disk / "working.duckdb")
        done = dbt(state, "seed")
        made, _, closing = done.stdout.partition("ERROR hook: customer_lifecycle.on-run-end.0")
        assert done.returncode == 1
        assert "OK loaded seed file" in made
        assert "ERROR" not in made
        assert "No space left on device" in closing


@pytest.mark.parametrize("left", [0, 20_000, 300_000, 700_000])
def test_a_disk_that_fills_up_in_publish_leaves_the_published_bytes(
    tmp_path: Path, left: int
) -> None:
    """Full at once, in the first mart, and later; a copy of these marts takes about a megabyte."""
    with small_disk(tmp_path / "disk", 40_000) as disk:
        state = make_state(disk / "state")
        publish_rows(state, 5, "b1")
        before = published_bytes(state)
        make_state(state.root, 60_000)
        judged = gate(state, make_run(), identity("b2"))
        filler = disk / "filler"
        filler.write_bytes(b"0" * (shutil.disk_usage(disk).free - left))
        with pytest.raises(PublishError, match="what was published stays"):
            publish(state, judged)
        assert published_bytes(state) == before
        assert len(versions(state)) == 1
        filler.unlink()
        publish(state, judged)
        assert published_rows(state) == 60_000


def test_a_state_directory_on_a_disk_that_may_only_be_read_is_one_sentence(
    tmp_path: Path, lifecycle: Lifecycle
) -> None:
    with small_disk(tmp_path / "disk", 40_000) as disk:
        state = StateDir.at(disk / "state")
        make_state(state.root)
        publish_rows(state, 5, "b1")
        before = published_bytes(state)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)  # noqa: S607
        refused = lifecycle("build", "--state-dir", state.root)
        assert refused.returncode == 1
        assert "cannot be written (Read-only file system)" in refused.stderr
        assert published_bytes(state) == before
        assert published_rows(state) == 5
