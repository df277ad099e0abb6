"""What an erasure removes as a whole, since nobody can search it."""

from pathlib import Path

import pytest

from orchestration.privacy.traces import remove_remade
from orchestration.settings.paths import StateDir

STATE = StateDir(Path())


@pytest.mark.parametrize(
    "place",
    [
        STATE.spill,
        STATE.working_database.with_suffix(".duckdb.tmp"),
        STATE.raw_database.with_suffix(".duckdb.tmp"),
        Path("ingest_tmp/spill"),
    ],
    ids=str,
)
def test_what_duckdb_spilled_goes_as_a_whole(tmp_path: Path, place: Path) -> None:
    """Its blocks are compressed, so that no id would be found in them."""
    block = tmp_path / place / "duckdb_temp_storage_DEFAULT-0.tmp"
    block.parent.mkdir(parents=True)
    block.write_bytes(b"\0\1\2")
    assert remove_remade(StateDir.at(tmp_path)) == [place.parts[0]]
    assert not block.exists()
