"""Write a line of every model a little wrong, see who notices, and write the record.

    python -m tests.mutation.models [--only int_orders,int_sessions] [--each 1] [--work DIR]

A slip is one line of compiled SQL (``plants``) that changes what the model says of the sample or of
a witness: the dbt unit tests of the model, the plain-Python references on random tables and on two
random shops, those of the sample and its laws, asked in this order, the cheapest first. Builds what
is not built yet (five minutes), then takes a second or two per slip. `--only` leaves the lines of
all other models as they are. Exits 1 while a slip is unseen and nobody has written into `reason`
why that is right, or which test that is no witness sees it.

Belongs here: asking, the record `models.csv`. Does not belong here: the engine's own slips
(``engine``), whose models are left out.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import sys
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from orchestration.settings.paths import SAMPLE_DIR, StateDir
from tests.mutation import python_tests, witnesses
from tests.mutation.benches import Bench, benches
from tests.mutation.plants import candidates
from tests.mutation.slips import SLIPS, Slip
from tests.mutation.spoilt import LATE, SAME, Marts, SpoiltDatabase
from tests.mutation.unit_tests import UnitTests
from tests.pipeline.dbt_kit import dbt
from tests.reference.compare import run_lifecycle

RECORD = Path(__file__).with_name("models.csv")
MOST_TRIED = 10
OF_THE_ENGINE = frozenset(slip.model for slip in SLIPS)
NOTHING = ""
NOT_ASKED = "not every law was asked"
NOT_TRIED = "not tried yet"


@dataclass(frozen=True)
class Outcome:
    """A slip and who noticed it; if nobody did, why that is right, or that it is open still."""

    model: str
    kind: str
    right: str
    wrong: str
    seen_by: str
    reason: str = ""


@dataclass(frozen=True)
class Witnesses:
    """Who is asked, the cheapest first; each tells what turned red, or nothing."""

    units: UnitTests
    benches: Sequence[Bench]
    rows: SpoiltDatabase
    shop: SpoiltDatabase
    batch: SpoiltDatabase
    sample: SpoiltDatabase

    def tell(self, slip: Slip) -> str:
        """Return who notices a slip, nothing if nobody does, `SAME` if there is nothing to see."""
        if red := self.units.red(slip):
            return f"unit test {red}"
        if red := python_tests.red(slip):
            return red
        for bench in self.benches:
            if red := bench.red(slip):
                return f"reference of {red}"
        for database, marts in (
            (self.rows, witnesses.STAGED),
            (self.shop, witnesses.marts_of_shop()),
            (self.batch, witnesses.marts_of_batch()),
        ):
            if (red := database.red(slip, marts, asks_laws=False)) not in {SAME, NOTHING}:
                return red
        return self.sample.red(slip, self._compared_in_sample(slip), asks_laws=True)

    def _compared_in_sample(self, slip: Slip) -> Marts:
        """What references tell of the sample that read nothing which the slip makes wrong."""
        compared: dict[str, tuple[str, ...]] = {}
        for reading in witnesses.readings_of_sample():
            if not self.sample.misleads(slip, reading.given):
                for mart, columns in reading.marts.items():
                    compared[mart] = tuple(dict.fromkeys((*compared.get(mart, ()), *columns)))
        return compared


def outcomes_of(
    model: str, sql: str, old: Sequence[Outcome], tell: Callable[[Slip], str], each: int
) -> Iterator[Outcome]:
    """Yield what became of slips of a model that change something.

    All of the record that still stand in its lines, since whoever was seen before has to be seen
    again; then others, until so many were seen.
    """
    known = {
        Slip(model, one.right, one.wrong): one.kind
        for one in old
        if one.model == model and one.right and sql.count(one.right) == 1
    }
    new = ((kind, slip) for kind, slip in candidates(model, sql) if slip not in known)
    seen = 0
    for kind, slip in chain(
        ((kind, slip) for slip, kind in known.items()), islice(new, MOST_TRIED)
    ):
        if seen >= each and slip not in known:
            return
        told = tell(slip)
        if told == SAME:
            continue
        seen_by, reason = (NOTHING, NOT_ASKED) if told == LATE else (told, "")
        yield Outcome(model, kind, slip.right, slip.wrong, seen_by, reason)
        seen += bool(seen_by)


def recorded() -> list[Outcome]:
    """Return the lines of the record."""
    if not RECORD.exists():
        return []
    with RECORD.open(encoding="utf-8", newline="") as file:
        return [Outcome(**row) for row in csv.DictReader(file)]


def write_record(outcomes: Iterable[Outcome]) -> None:
    """Write the record, in the order of models."""
    with RECORD.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("model", "kind", "right", "wrong", "seen_by", "reason"))
        for one in sorted(outcomes, key=lambda one: one.model):
            writer.writerow((one.model, one.kind, one.right, one.wrong, one.seen_by, one.reason))


def renewed(
    old: Sequence[Outcome], new: Sequence[Outcome], models: Collection[str]
) -> list[Outcome]:
    """Return the lines of other models and the new ones, and say which models have none."""
    reasons = {(one.model, one.right, one.wrong): one.reason for one in old}
    again = {one.model for one in new}
    lines = [one for one in old if one.model in models and one.model not in again]
    for one in new:
        kept = reasons.get((one.model, one.right, one.wrong), "")
        lines.append(replace(one, reason="" if one.seen_by else one.reason or kept))
    missing = set(models) - {one.model for one in lines} - OF_THE_ENGINE
    return [*lines, *(Outcome(model, "", "", "", NOTHING, NOT_TRIED) for model in missing)]


def unargued(lines: Iterable[Outcome]) -> list[Outcome]:
    """Return the lines of which nobody saw anything and nobody has said why that is right."""
    return [one for one in lines if not one.seen_by and one.reason in {"", NOT_ASKED, NOT_TRIED}]


def built(work: Path) -> tuple[StateDir, StateDir]:
    """Build the sample and run the unit tests in a copy of it, unless that was done."""
    sample, units = StateDir.at(work / "sample"), StateDir.at(work / "units")
    if not sample.published_database.exists():
        options = ["--raw-dir", str(SAMPLE_DIR), "--state-dir", str(sample.root)]
        run_lifecycle(["build", *options, "--frameworks", "all"])
    if not units.working_database.exists():
        units.root.mkdir()
        shutil.copy(sample.raw_database, units.raw_database)
        shutil.copy(sample.working_database, units.working_database)
        done = dbt(units, "test", "--select", "test_type:unit")
        assert done.returncode == 0, done.stdout
    return sample, units


def main() -> int:
    """Try the slips of the models that are asked for, and write the record."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.models", description=__doc__)
    parser.add_argument("--only", default="", help="models, separated by commas")
    parser.add_argument("--each", type=int, default=1, help="slips of each model")
    parser.add_argument("--work", type=Path, help="a directory that keeps what was built")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work: Path = given.work or Path(scratch)

        def copy(name: str) -> Path:
            return Path(scratch) / f"{name}.duckdb"

        sample, units = built(work)
        shop, batch = witnesses.built_shop(work / "shop"), witnesses.built_batch(work / "batch")
        rows = witnesses.built_rows(work / "rows")
        with (
            closing(SpoiltDatabase("the sample", sample, copy("sample"))) as of_sample,
            closing(SpoiltDatabase("test_staging", rows, copy("rows"))) as of_rows,
            closing(SpoiltDatabase(witnesses.SHOP.name, shop, copy("shop"))) as of_shop,
            closing(SpoiltDatabase(witnesses.BATCH.name, batch, copy("batch"))) as of_batch,
        ):
            asked = Witnesses(
                UnitTests(units.dbt_target),
                benches(sample.root),
                of_rows,
                of_shop,
                of_batch,
                of_sample,
            )
            names = sorted({*of_sample.models} - OF_THE_ENGINE)
            names = given.only.split(",") if given.only else names
            for model in names:
                new = list(
                    outcomes_of(model, of_sample.sql(model), recorded(), asked.tell, given.each)
                )
                for one in new:
                    told = one.seen_by or one.reason or "unseen"
                    print(f"{one.model} {one.kind}: {told}", flush=True)
                write_record(renewed(recorded(), new, of_sample.models))
    lines = recorded()
    left = unargued(lines)
    print(f"{sum(bool(one.seen_by) for one in lines)} slips seen, {len(left)} without a reason")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
