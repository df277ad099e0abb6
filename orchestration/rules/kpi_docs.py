"""The documentation pages of the KPIs, written from the catalogue.

Belongs here: what dbt's docs say of each KPI – definition, formula, null policy, source document –
as text made from `seeds/rules/kpis.csv`, and the generated file that carries it. Does not belong
here: what the columns of the catalogue mean (`seeds/rules/kpis.yml`), or how a KPI is computed.

    python -m orchestration.rules.kpi_docs           write the file
    python -m orchestration.rules.kpi_docs --check   say whether it follows from the catalogue
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestration.errors import EXIT_FAILED, EXIT_USAGE, RulesError
from orchestration.rules.seed_rows import SeedRow, read_seed
from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT, RULES_DIR

CATALOGUE = RULES_DIR / "kpis.csv"
BLOCKS = DBT_PROJECT_DIR / "models" / "marts" / "kpis" / "kpi_docs.md"
REMEDY = "run `python -m orchestration.rules.kpi_docs`"

_GENERATED = (
    "Generated from seeds/rules/kpis.csv by `python -m orchestration.rules.kpi_docs`; do not edit."
)
# The status small_sample applies to these two only (docs/kpi_conventions.md#status).
_SMALL_SAMPLES = frozenset({"nps", "csat"})
# Shares and ratios do not say that they are made of amounts; these words in the formula do.
_AMOUNTS = ("revenue", "spend", "discount", "expansion", "contraction")
_DIRECTIONS = {"up": "higher is better", "down": "lower is better", "none": "neither is better"}
_ADDS_UP = {
    "sum": "adds up over periods",
    "stock": "is the state at the end of the period",
    "distinct": "counts each person once per period and is computed anew for each grain",
    "none": "is computed anew for each grain",
}


def formula(row: SeedRow) -> str:
    """Return what is divided by what, or what is counted."""
    if not row["denominator"]:
        return row["numerator"]
    return f"({row['numerator']}) / ({row['denominator']})"


def missing_inputs(row: SeedRow) -> str:
    """Return when an input is missing, alternatives joined by `or`."""
    terms = [
        " or ".join(f"`{name.partition(':')[2]}`" for name in term.split(" or "))
        for term in row["inputs"].split("|")
    ]
    subject = terms[0] if len(terms) == 1 else f"one of {', '.join(terms)}"
    daily = row["inputs"].count("column:channel_daily.")
    if not daily or row["inputs"] == "column:channel_daily.followers":
        return f"{subject} has no row up to `as_of_date`"
    if "signal:" in row["inputs"]:
        return f"{subject} has no row up to `as_of_date` (`channel_daily`: in the period)"
    return f"{subject} has no row in the period"


def null_policy(row: SeedRow) -> list[str]:
    """Return one line for each status in which the KPI has no value, or one to be wary of."""
    lines = [f"`no_input`, null: {missing_inputs(row)}."]
    if row["unit"] == "money" or any(word in formula(row) for word in _AMOUNTS):
        lines.append("`missing_rate`, null: an amount that counts has no exchange rate.")
    days = row["maturity_days"]
    if row["kpi"] == "median_days_in_stage":
        lines.append("`immature`, null: more than half of the stays still last.")
    elif not days:
        lines.append("`immature`, null: what came after does not decide it yet.")
    elif days != "0":
        passed = "1 day has" if days == "1" else f"{days} days have"
        lines.append(f"`immature`, null: less than {passed} passed since a counted unit.")
    if row["denominator"]:
        lines.append("`no_base`, null: the denominator is 0.")
    elif row["numerator"].startswith("median"):
        lines.append("`no_base`, null: there is nothing to take the median of.")
    if row["kpi"] in _SMALL_SAMPLES:
        lines.append("`small_sample`, with its value: fewer than 30 answers.")
    lines.append("`partial`, with its value so far: the period is not over.")
    lines.append("Zero is never written for what is unknown.")
    return lines


def block(row: SeedRow) -> str:
    """Return the docs block of one KPI."""
    grains = row["grains"].replace("|", ", ")
    dimensions = row["dimensions"].replace("|", ", ")
    restates = row["restates"].replace("_", " ").replace("|", ", ")
    policy = "\n".join(f"- {line}" for line in null_policy(row))
    return f"""{{% docs kpi_{row["kpi"]} %}}
**{row["title"]}** ({row["title_it"]})

**Definition.** {row["definition"]}

**Formula.** {formula(row)}

**Unit.** {row["unit"]}, {_DIRECTIONS[row["direction"]]}; {_ADDS_UP[row["additive"]]}.
By {grains}; for {dimensions}. A period that is over changes on: {restates}.

**Null policy.**
{policy}

**Source document.** {row["source"]}; computed by `{row["model"]}`.
{{% enddocs %}}
"""


def blocks_text(rows: Sequence[SeedRow]) -> str:
    """Return the Markdown file: a block for each KPI and `kpi_list`, which names them all."""
    lines = "\n".join(f"| `{row['kpi']}` | {row['title']} | {formula(row)} |" for row in rows)
    table = f"| KPI | title | formula |\n|---|---|---|\n{lines}"
    listing = f"{{% docs kpi_list %}}\n{table}\n{{% enddocs %}}\n"
    return "\n".join([f"<!-- {_GENERATED} -->\n", *map(block, rows), listing])


def wanted_text(catalogue: Path = CATALOGUE) -> str:
    """Return what the generated file must hold.

    Raises:
        RulesError: the catalogue cannot be read as a seed.
    """
    seed = read_seed(catalogue)
    if seed.problems:
        raise RulesError(seed.problems)
    return blocks_text(seed.rows)


def drift(path: Path, wanted: str) -> str:
    """Return a sentence if a file is not what the catalogue makes it, else nothing."""
    name = path.relative_to(REPO_ROOT) if path.is_relative_to(REPO_ROOT) else path
    if not path.is_file():
        return f"{name} is missing; {REMEDY}."
    present, due = path.read_text(encoding="utf-8").splitlines(), wanted.splitlines()
    if present == due:
        return ""
    line = 1 + _common_lines(present, due)
    return f"{name} line {line} does not follow from kpis.csv; {REMEDY}."


def _common_lines(one: Sequence[str], other: Sequence[str]) -> int:
    """Return with how many equal lines both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or check it with `--check`, and return the exit code."""
    parser = argparse.ArgumentParser(description="Documentation of the KPIs, from the catalogue.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    try:
        wanted = wanted_text()
    except RulesError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    if parser.parse_args(arguments).check:
        problem = drift(BLOCKS, wanted)
        sys.stderr.write(f"{problem}\n" if problem else "")
        return EXIT_FAILED if problem else 0
    BLOCKS.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
