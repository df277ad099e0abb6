"""The record of slips in what trust rests on (tests/mutation/trust.py) is of this code."""

from orchestration.settings.paths import REPO_ROOT
from tests.mutation.trust import CONTROL, SLIPS, expected_verdict, record_line, recorded


def test_the_record_has_every_mutant_killed() -> None:
    expected = {slip.name: record_line(slip, expected_verdict(slip)) for slip in SLIPS}
    assert recorded() == expected
    assert SLIPS[0].name == CONTROL


def test_every_slip_can_be_made_where_it_says() -> None:
    for slip in SLIPS:
        source = (REPO_ROOT / "orchestration" / slip.file).read_text(encoding="utf-8")
        assert source.count(slip.right) == 1, slip.name
        assert all((REPO_ROOT / "tests" / name.partition("::")[0]).is_file() for name in slip.tests)


def test_what_trust_names_is_among_them() -> None:
    """Mode bits, Parquet, fsync, swap, pages, quotes, log, connection (issue 14)."""
    files = {slip.file for slip in SLIPS}
    assert {"state_modes.py", "sql_text.py", "pipeline/publish.py", "pipeline/gate.py"} <= files
    assert len(SLIPS) > 20
