"""Write one line of the stages' engine a little wrong, see whether the reference notices.

    python -m tests.mutation.engine [--only int_paid_periods] [--work DIR]

Builds two batches of random worlds, one with the shipped rules and one with invented rows, then
takes some seconds per slip. With `--work` the two builds stay in a directory and are used again as
they are. `--only` prints instead of writing. Exits 1 when a slip goes unseen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings.paths import StateDir
from tests.mutation.slips import CONTROL, SLIPS, Slip, slipped
from tests.mutation.warehouse import Node, Warehouse
from tests.reference import batches, compare, rulebook, staging
from tests.reference.batches import BATCHES, Batch
from tests.reference.stages import evidence, history, outlook
from tests.reference.world import World

PAGE = Path(__file__).resolve().parent / "engine.md"
CHOSEN = (BATCHES[0], BATCHES[-1])
# What the reference says of each mart, and in which columns.
MARTS: Mapping[str, Sequence[str]] = {
    "lifecycle_history": compare.COLUMNS,
    "lifecycle_current": compare.OUTLOOK_COLUMNS,
    "stage_evidence": compare.EVIDENCE_COLUMNS,
}
HEAD = """# What the reference sees when the engine is wrong

The last result of `python -m tests.mutation.engine`; not written by hand.

Each slip is one line of compiled SQL written a little wrong; everything on the way to
`lifecycle_history`, `lifecycle_current` and `stage_evidence` is then made anew and held against the
plain-Python reference, first on the batch `{first}`, and on `{second}` if nothing
differs there; a few are seen by a dbt unit test alone, which is named. The control, which changes
nothing, is seen by nobody.
"""

NOT_TRIED = "On no batch, or on the first one alone, where nothing differed:"


@dataclass(frozen=True)
class Reading:
    """A built batch, and what the reference says of it, by mart."""

    batch: Batch
    warehouse: Warehouse
    worlds: list[World]
    expected: dict[str, list[tuple]]

    def seen_in(self, slip: Slip) -> list[str]:
        """Return the marts that differ when a slip is made; the model is left wrong."""
        model = self.warehouse.manifest.model(slip.model)
        self.warehouse.make(model, slipped(model.sql, slip), MARTS)
        return [
            mart
            for mart, columns in MARTS.items()
            if compare.smallest_mismatch(
                self.worlds, self.expected[mart], self.warehouse.rows(mart, columns)
            )
        ]

    def mend(self, model: Node) -> None:
        """Make a model as it should be."""
        self.warehouse.make(model, model.sql, MARTS)


@dataclass(frozen=True)
class Outcome:
    """A slip, and the batch and the marts that it was seen in; blank if no world tells."""

    slip: Slip
    batch: str
    marts: tuple[str, ...]


def read(batch: Batch, work: Path) -> Reading:
    """Build a batch if it is not built yet, and ask the reference."""
    folder = work / batch.name
    state = StateDir.at(folder / "state")
    if not state.working_database.exists():
        batches.build(batch, folder)
    rules = rulebook.load(batches.SHIPPED_SEEDS, folder / "rules" if batch.invented_rules else None)
    worlds = batches.worlds_of(batch, batches.worlds_per_batch(), rules)
    settings = staging.resolve(worlds, batch.settings, rules)
    expected: dict[str, list[tuple]] = {mart: [] for mart in MARTS}
    for world in worlds:
        staged = staging.stage(world, batch.settings, rules)
        for mart, told in (
            ("lifecycle_history", history.history(staged, settings, rules)),
            ("lifecycle_current", outlook.outlooks(staged, settings, rules)),
            ("stage_evidence", evidence.evidence(staged, settings, rules)),
        ):
            expected[mart] += compare.as_rows(told)
    return Reading(batch, Warehouse(state, work / f"{batch.name}.duckdb"), worlds, expected)


def run(readings: Sequence[Reading], slips: Iterable[Slip]) -> Iterator[Outcome]:
    """Yield the outcome of every slip."""
    for reading in readings:
        if reading.seen_in(CONTROL):
            raise RuntimeError(f"{reading.batch.name} differs before anything was written wrong")
    for slip in slips:
        outcome = Outcome(slip, "", ())
        for reading in readings:
            marts = reading.seen_in(slip)
            reading.mend(reading.warehouse.manifest.model(slip.model))
            if marts:
                outcome = Outcome(slip, reading.batch.name, tuple(marts))
                break
        yield outcome


def render(outcomes: Sequence[Outcome]) -> str:
    """Return the page, which names the slips that were not tried."""
    unseen = [outcome for outcome in outcomes if not _seen_by(outcome)]
    tried = {outcome.slip for outcome in outcomes}
    later = [slip for slip in SLIPS if slip not in tried]
    lines = [
        HEAD.format(first=CHOSEN[0].name, second=CHOSEN[1].name),
        f"{len(outcomes)} slips in {len({outcome.slip.model for outcome in outcomes})} models, "
        f"{len(unseen)} unseen.",
        "",
        *_table(outcomes),
        *(("", "## Not tried yet", "", NOT_TRIED, "") if later else ()),
        *(f"- `{slip.model}`: {_cell(slip.right)} as {_cell(slip.wrong)}" for slip in later),
    ]
    return "\n".join(lines) + "\n"


def _table(outcomes: Iterable[Outcome]) -> list[str]:
    return [
        "| model | right | wrong | seen in |",
        "|---|---|---|---|",
        *(
            f"| `{outcome.slip.model}` | {_cell(outcome.slip.right)} | {_cell(outcome.slip.wrong)} "
            f"| {_seen_by(outcome) or '**nothing**'} |"
            for outcome in outcomes
        ),
    ]


def _seen_by(outcome: Outcome) -> str:
    if outcome.marts:
        return ", ".join((*outcome.marts, outcome.batch))
    return f"dbt unit test `{outcome.slip.unit_test}`" if outcome.slip.unit_test else ""


def _cell(sql: str) -> str:
    return f"`{' '.join(sql.split())}`" if sql.strip() else "left out"


def main() -> int:
    """Try all slips and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.engine", description=__doc__)
    parser.add_argument(
        "--only", default="", help="models, separated by commas; nothing is written"
    )
    parser.add_argument("--work", type=Path, help="a directory that keeps the two builds")
    chosen = parser.parse_args()
    slips = [slip for slip in SLIPS if not chosen.only or slip.model in chosen.only.split(",")]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory() as scratch:
        readings = [read(batch, chosen.work or Path(scratch)) for batch in CHOSEN]
        with closing(readings[0].warehouse), closing(readings[1].warehouse):
            for outcome in run(readings, slips):
                outcomes.append(outcome)
                print(f"{len(outcomes)}/{len(slips)} {outcome}", flush=True)
    page = render(outcomes)
    if chosen.only:
        print(page)
    else:
        PAGE.write_text(page, encoding="utf-8")
    return 1 if any(not _seen_by(outcome) for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
