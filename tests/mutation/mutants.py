"""The mutants: one KPI, one of its two numbers, one way to be wrong; pure.

Belongs here: which mutants there are and the SQL of each. Does not belong here: running them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# A number n of the KPI becomes this, where it is not null: in every row, so that sums over days,
# slices and cohorts still agree, or in a single one, the least there is.
KINDS = {"doubled": "2 * {part}", "one row": "{part} + 1"}
# All KPIs side by side, before status and value: the last model that tells their numbers apart.
MODEL = "int_kpi_rows"
ROWS = "rows_of_the_model"
CONTROL = "control"  # Changes nothing: whoever notices it notices anything.


@dataclass(frozen=True)
class Mutant:
    """One way to get one KPI wrong.

    Attributes:
        kpi: its id.
        model: the model in whose compiled SQL the number is wrong.
        part: `numerator` or `denominator`.
        kind: a key of `KINDS`, or `CONTROL`.
        has_all: whether the catalogue gives the KPI the dimension `all`.
    """

    kpi: str
    model: str
    part: str
    kind: str
    has_all: bool = True


def mutants(catalogue: Iterable[Mapping[str, str]]) -> list[Mutant]:
    """Return every mutant of the rows of `kpis.csv`."""
    return [
        Mutant(row["kpi"], MODEL, part, kind, "all" in row["dimensions"].split("|"))
        for row in catalogue
        for part in ("numerator", "denominator")
        # A count or a sum has no denominator.
        if row[part]
        for kind in KINDS
    ]


def mutated(compiled: str, mutant: Mutant) -> str:
    """Return the compiled SQL of the mutant's model with the one number wrong."""
    if mutant.kind == CONTROL:
        return compiled
    part = mutant.part
    wrong = KINDS[mutant.kind].format(part=part)
    where = f"kpi = '{mutant.kpi}'"
    if mutant.kind == "one row":
        # The latest month that counts something and is some months old: of months of nothing there
        # may be no input, and of the youngest ones nothing has come to its end, so that no number
        # is published.
        sign = "=" if mutant.has_all else "<>"
        where = (
            f"{where} and period_grain = 'month' and dimension {sign} 'all' and 1 = row_number() "
            f"over (partition by kpi, period_grain, dimension {sign} 'all' order by "
            f"{part} is null, sample_size = 0, period_start > ("
            f"select max(period_start) - 150 from {ROWS} "
            f"where kpi = '{mutant.kpi}' and period_grain = 'month'), "
            f"period_start desc, {part} desc, dimension, dimension_value)"
        )
    return (
        f"with {ROWS} as (\n{compiled}\n)\nselect * replace (cast(case when {where} "
        f"then {wrong} else {part} end as decimal(38, 10)) as {part})\nfrom {ROWS}"
    )
