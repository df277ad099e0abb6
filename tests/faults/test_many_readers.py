"""Eight processes read while twenty versions are published: none sees an error or a mixture."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.settings.paths import REPO_ROOT
from tests.unit.finished_runs import make_state
from tests.unit.test_publish import publish_rows

pytestmark = pytest.mark.faults

READERS, PUBLICATIONS = 8, 20
# What a version holds depends on one number: any two of its marts prove that they belong together.
READ = """
import json, sys, time
from pathlib import Path
import duckdb
database, stop = sys.argv[1:]
seen, errors = set(), []
print("ready", flush=True)
while True:
    ends = Path(stop).exists()
    try:
        with duckdb.connect(database, read_only=True,
                            config={"enable_external_access": "false"}) as marts:
            rows, last, total = marts.execute(
                "select count(*), max(first_seen_on) - date '2026-01-01' + 1, sum(net_revenue) "
                "from marts.subjects"
            ).fetchone()
            again = marts.execute("select count(*) from marts.subjects").fetchone()[0]
        if not rows == again == last or float(total) != 1.5 * rows * (rows - 1) / 2:
            errors.append(f"a mixture: {rows}, {again}, {last}, {total}")
        seen.add(rows)
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")
    if ends:
        break
    time.sleep(0.1)
print(json.dumps([sorted(seen), errors]))
"""


def test_eight_readers_see_whole_versions_during_twenty_publications(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    publish_rows(state, 1_000, "first")
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READ, str(state.published_database), str(stop)],
            cwd=REPO_ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for number in range(PUBLICATIONS):
        publish_rows(state, 1_001 + number, f"b{number}")
    stop.write_text("", encoding="utf-8")
    told = [json.loads(reader.communicate(timeout=120)[0]) for reader in readers]
    assert [errors for _, errors in told if errors] == []
    seen = set().union(*(rows for rows, _ in told))
    assert seen <= set(range(1_000, 1_001 + PUBLICATIONS))
    assert all(1_000 + PUBLICATIONS in rows for rows, _ in told)
    assert len(seen) > PUBLICATIONS // 2
