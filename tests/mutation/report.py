"""From what turned red to the page that is committed; pure.

Belongs here: verdicts and Markdown. Does not belong here: running anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.mutants import CONTROL, KINDS, MODEL, Mutant

RESULTS = Path(__file__).resolve().parent / "results.md"
# KPIs whose numbers are never published, so that a wrong one is the same as a right one.
UNPUBLISHED = {
    "predicted_clv": "no row as long as no value model passes its gates",
    "ltv_to_cac": "no row as long as no value model passes its gates",
}
HEAD = """# What turns red when a KPI is wrong

The last result of `python -m tests.mutation`; not written by hand.

Each mutant is one KPI whose numerator or denominator n is wrong in the compiled SQL of the model
that holds all KPIs before status and value: `doubled` is 2 n in every row of the KPI (sums over
days, slices and cohorts still agree), `one row` n + 1 in a single row, of the latest month that is
five months old and counts something. Everything downstream is then made anew. `L3` is a blocking
law, by its number below, that fails on the built sample: a build would not be published. `R` is the
plain-Python reference, row by row, on the random shop `{shop}`: CI fails.

Lines are renewed KPI by KPI (`--only`), so that they may stem from different runs; git says when.
"""
_SURVIVOR = re.compile(
    r"- `(\w+)`, (\w+), ([\w ]+): "
    r".*\(rows changed on the sample and on the shop: (\d+) and (\d+)\)\."
)


@dataclass(frozen=True)
class Outcome:
    """What one mutant did.

    Attributes:
        mutant: the mutant.
        changed: rows of `kpi_values` that it changed, on the sample and on the random shop.
        laws: the laws that turned red on the sample.
        differences: whether the reference disagrees on the random shop.
    """

    mutant: Mutant
    changed: tuple[int, int]
    laws: tuple[str, ...]
    differences: bool

    @property
    def survives(self) -> bool:
        """Whether nothing turned red."""
        return not self.laws and not self.differences

    @property
    def is_explained(self) -> bool:
        """Whether it survives for a reason that is written down."""
        return self.mutant.kpi in UNPUBLISHED and self.changed == (0, 0)


def refuse_noise(control: Outcome) -> None:
    """Stop when something is red though nothing was changed: it would be red for every mutant."""
    assert control.mutant.kind == CONTROL
    if not control.survives or any(control.changed):
        raise RuntimeError(f"red before anything was mutated: {control}")


def unexplained(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Return the survivors that nobody has given a reason for."""
    return [outcome for outcome in outcomes if outcome.survives and not outcome.is_explained]


def render(outcomes: Sequence[Outcome], shop: str, catalogue: Iterable[str] = ()) -> str:
    """Return the page, which names the KPIs of the catalogue that no mutant was made of."""
    later = sorted(set(catalogue) - {outcome.mutant.kpi for outcome in outcomes})
    laws = sorted({law for outcome in outcomes for law in outcome.laws})
    numbers = {law: f"L{number}" for number, law in enumerate(laws, start=1)}
    by_law = sum(bool(outcome.laws) for outcome in outcomes)
    by_reference = sum(outcome.differences for outcome in outcomes)
    survivors = [outcome for outcome in outcomes if outcome.survives]
    lines = [
        HEAD.format(shop=shop),
        f"{len(outcomes)} mutants of {len({outcome.mutant.kpi for outcome in outcomes})} KPIs: "
        f"{by_law} break a law, {by_reference} differ from the reference, "
        f"{len(survivors)} survive. The control, which changes nothing, survives too.",
        "",
        *(("## Not run yet", "", *(f"- `{kpi}`" for kpi in later), "") if later else ()),
        "## Survivors",
        "",
        *(_told(outcome) for outcome in survivors),
        *(["None."] if not survivors else []),
        "",
        "## Seen by the reference only",
        "",
        "No law on the sample notices these; a build would be published.",
        "",
        *_reference_only(outcomes),
        "",
        "## All",
        "",
        f"| kpi | wrong | {' | '.join(KINDS)} |",
        f"|---|---|{'---|' * len(KINDS)}",
        *_rows(outcomes, numbers),
        "",
        "## Laws",
        "",
        *(f"- {number}: `{law}`" for law, number in numbers.items()),
    ]
    return "\n".join(lines) + "\n"


def read_outcomes(page: str) -> list[Outcome]:
    """Return what a page says of every mutant; rows changed are known of survivors alone."""
    table, _, listed = page.partition("## All")[2].partition("## Laws")
    laws = dict(re.findall(r"^- (L\d+): `(\w+)`$", listed, re.MULTILINE))
    changed = {
        (kpi, part, kind): (int(sample), int(shop))
        for kpi, part, kind, sample, shop in _SURVIVOR.findall(page)
    }
    found: list[Outcome] = []
    for line in table.splitlines():
        if not line.startswith("| `"):
            continue
        kpi, part, *cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        kpi = kpi.strip("`")
        for kind, cell in zip(KINDS, cells, strict=True):
            red = cell.split()
            found.append(
                Outcome(
                    Mutant(kpi, MODEL, part, kind),
                    changed.get((kpi, part, kind), (0, 0)),
                    tuple(laws[number] for number in red if number in laws),
                    "R" in red,
                )
            )
    return found


def renewed(page: str, outcomes: Sequence[Outcome], catalogue: set[str]) -> list[Outcome]:
    """Return the outcomes of a page, those of the KPIs asked anew replaced, in order."""
    asked = {outcome.mutant.kpi for outcome in outcomes}
    kept = [one for one in read_outcomes(page) if one.mutant.kpi in catalogue - asked]
    return sorted((*kept, *outcomes), key=lambda one: (one.mutant.kpi, one.mutant.part))


def _told(outcome: Outcome) -> str:
    mutant = outcome.mutant
    reason = UNPUBLISHED[mutant.kpi] if outcome.is_explained else "not explained"
    changed = " and ".join(map(str, outcome.changed))
    return (
        f"- `{mutant.kpi}`, {mutant.part}, {mutant.kind}: {reason} "
        f"(rows changed on the sample and on the shop: {changed})."
    )


def _reference_only(outcomes: Iterable[Outcome]) -> list[str]:
    found: dict[tuple[str, str], list[str]] = {}
    for outcome in outcomes:
        if outcome.differences and not outcome.laws:
            key = (outcome.mutant.kpi, outcome.mutant.part)
            found.setdefault(key, []).append(outcome.mutant.kind)
    return [
        f"- `{kpi}`, {part}: {', '.join(kinds)}" for (kpi, part), kinds in sorted(found.items())
    ] or ["None."]


def _rows(outcomes: Iterable[Outcome], numbers: dict[str, str]) -> list[str]:
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for outcome in outcomes:
        red = [numbers[law] for law in outcome.laws] + ["R"] * outcome.differences
        key = (outcome.mutant.kpi, outcome.mutant.part)
        cells.setdefault(key, {})[outcome.mutant.kind] = " ".join(red) or "**survives**"
    return [
        f"| `{kpi}` | {part} | {' | '.join(found.get(kind, '') for kind in KINDS)} |"
        for (kpi, part), found in sorted(cells.items())
    ]
