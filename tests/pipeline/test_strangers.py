"""Exports of tools that no adapter knows: `lifecycle init` proposes, and what it proposes loads.

A folder of `tests/pipeline/strangers/` holds `landing/`, files as such a tool writes them, and
`expected.yml`: what init says, and every row that comes of what it wrote.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.command.landing.init import propose, write
from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from tests.pipeline.expected_rows import assert_rows

HERE = Path(__file__).parent / "strangers"


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.iterdir()))
def test_what_init_proposes_loads_every_row(name: str, tmp_path: Path) -> None:
    expected: dict[str, Any] = yaml.safe_load((HERE / name / "expected.yml").read_text())
    landing = tmp_path / "landing"
    shutil.copytree(HERE / name / "landing", landing)

    proposal = propose(landing, "EUR", "")
    write(landing, proposal, {}, tmp_path, force=False)
    summary = ingest(
        landing, tmp_path / "state", run_id="r", excluded_ids=read_rules(None).excluded_ids
    )

    assert list(proposal.found) == expected["said"]
    assert (proposal.unknown, summary.problems, summary.stops) == ((), (), ())
    assert_rows(tmp_path / "state", expected, {"sources.yml"})
