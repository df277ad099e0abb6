"""Mutate every KPI in compiled SQL, see what turns red, and write the record.

    python -m tests.mutation [--only orders,nps] [--work DIR]

Builds the sample and one random shop (two minutes), then takes about four seconds per mutant. With
`--work` the two builds stay in a directory and are used again as they are. `--only` leaves the
lines of all other KPIs as they are. Exits 1 when a mutant survives without a reason.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.settings.paths import RULES_DIR, SAMPLE_DIR, StateDir
from tests.mutation.mutants import CONTROL, Mutant, mutants, mutated
from tests.mutation.report import (
    RESULTS,
    Outcome,
    refuse_noise,
    render,
    renewed,
    unexplained,
)
from tests.mutation.warehouse import Warehouse
from tests.reference import rulebook
from tests.reference.batches import SHIPPED_SEEDS
from tests.reference.compare import run_lifecycle
from tests.reference.kpis import batches, catalogue, compare, topics, values
from tests.reference.kpis.shop import Shop
from tests.reference.kpis.values import Value

BATCH = batches.LEAP_DAY


@dataclass(frozen=True)
class Detectors:
    """The built sample, whose laws are asked, and the built shop with what it should publish."""

    sample: Warehouse
    shop: Warehouse
    expected: dict[str, list[Value]]

    def outcome(self, mutant: Mutant) -> Outcome:
        """Make the mutant in both databases, and ask."""
        for warehouse in (self.sample, self.shop):
            model = warehouse.manifest.model(mutant.model)
            warehouse.make(model, mutated(model.sql, mutant))
        published = self.shop.values(mutant.kpi, compare.COLUMNS)
        return Outcome(
            mutant,
            (self.sample.changed_rows(mutant.kpi), self.shop.changed_rows(mutant.kpi)),
            tuple(self.sample.red_laws(self.sample.manifest.model(mutant.model))),
            bool(compare.differences(self.expected.get(mutant.kpi, []), published)),
        )


def build(work: Path) -> tuple[StateDir, StateDir]:
    """Build what is not built yet: the sample, and the random shop."""
    sample, shop = StateDir.at(work / "sample"), StateDir.at(work / "shop" / "state")
    if not sample.working_database.exists():
        run_lifecycle(["build", "--raw-dir", str(SAMPLE_DIR), "--state-dir", str(sample.root)])
    if not shop.working_database.exists():
        batches.build(BATCH, work / "shop")
    return sample, shop


def expected_values() -> dict[str, list[Value]]:
    """Return what the reference says of the random shop, by KPI."""
    rules, seeds = rulebook.load(SHIPPED_SEEDS), catalogue.load(SHIPPED_SEEDS)
    world = batches.shop_of(BATCH, batches.people_per_shop(), rules)
    shop = Shop(world, BATCH.settings, rules, seeds)
    found: dict[str, list[Value]] = {kpi: [] for kpi in seeds.entries}
    for value in values.values(shop, topics.measures(shop, None)):
        found[value.kpi].append(value)
    return found


def run(detectors: Detectors, chosen: Sequence[Mutant]) -> Iterator[Outcome]:
    """Yield the outcome of every mutant, made of the model as it should be."""
    refuse_noise(detectors.outcome(replace(chosen[0], kind=CONTROL)))
    for mutant in chosen:
        yield detectors.outcome(mutant)


def main() -> int:
    """Run all mutants and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--only", default="", help="KPIs, separated by commas")
    parser.add_argument("--work", type=Path, help="a directory that keeps the two builds")
    chosen = parser.parse_args()
    with (RULES_DIR / "kpis.csv").open(encoding="utf-8", newline="") as file:
        wanted = mutants(csv.DictReader(file))
    known = {mutant.kpi for mutant in wanted}
    if chosen.only:
        wanted = [mutant for mutant in wanted if mutant.kpi in chosen.only.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        sample, shop = build(chosen.work or Path(scratch))
        with (
            closing(Warehouse(sample, Path(scratch) / "sample.duckdb")) as sample_warehouse,
            closing(Warehouse(shop, Path(scratch) / "shop.duckdb")) as shop_warehouse,
        ):
            detectors = Detectors(sample_warehouse, shop_warehouse, expected_values())
            outcomes: list[Outcome] = []
            for outcome in run(detectors, wanted):
                outcomes.append(outcome)
                print(f"{len(outcomes)}/{len(wanted)} {outcome}", flush=True)
    if chosen.only:
        outcomes = renewed(RESULTS.read_text(encoding="utf-8"), outcomes, known)
    RESULTS.write_text(render(outcomes, BATCH.name, known), encoding="utf-8")
    left = unexplained(outcomes)
    print(f"{len(outcomes)} mutants, {len(left)} survive without a reason")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
