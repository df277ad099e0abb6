"""What makes the row of `health_policy.csv` runnable, and the quantiles that SQL cannot compute.

Belongs here: the checks of that one seed and the normal quantiles filled in when it is read. Does
not belong here: what the policy means for a customer, which SQL decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist

from orchestration.errors import shown
from orchestration.rules.seed_rows import Rows, SeedFile, SeedRow, duplicate_problems

# A user's file may leave these columns out; they are blank then.
OPTIONAL_COLUMNS = ("z_at_risk", "z_lapsed", "at_risk_after_days", "lapsed_after_days")
_QUANTILES = {"z_at_risk": "at_risk_quantile", "z_lapsed": "lapsed_quantile"}
_REAL_NUMBERS = (
    "prior_gap_days",
    "prior_weight",
    "log_gap_sigma",
    "at_risk_quantile",
    "lapsed_quantile",
)
_WHOLE_DAYS = ("min_days", "max_days", "cold_after_days")
_STATED_DAYS = ("at_risk_after_days", "lapsed_after_days")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,16})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)
_Z_TOLERANCE = 1e-6


def with_quantiles(policy: SeedFile) -> SeedFile:
    """Return the sound policy with its `z` columns computed, whatever decimals it states."""
    rows = tuple(
        SeedRow(
            row.file,
            row.line,
            {**row.values, **{z: repr(_quantile(row[q])) for z, q in _QUANTILES.items()}},
        )
        for row in policy.rows
    )
    return replace(policy, rows=rows)


def health_problems(policy: Rows) -> Iterator[str]:
    """Yield every problem of the rows, each one sentence with file and line."""
    if not policy:
        yield "health_policy.csv: there is no row; write one with the key default."
    for row in policy:
        if row["key"] != "default":
            text = f"the key {shown(row['key'])} is unknown; the only one is default"
            yield row.problem(text)
        yield from _number_problems(row)
    yield from duplicate_problems(policy, ("key",))


def _number_problems(row: SeedRow) -> Iterator[str]:
    stated = [name for name in _QUANTILES if row[name]]
    bad = [name for name in (*_REAL_NUMBERS, *stated) if not _NUMBER.fullmatch(row[name])]
    for name in bad:
        yield row.problem(f"{name} must be a number, not {shown(row[name])}")
    days = (*_WHOLE_DAYS, *(name for name in _STATED_DAYS if row[name]))
    not_whole = [name for name in days if not _WHOLE.fullmatch(row[name]) or int(row[name]) < 1]
    for name in not_whole:
        yield row.problem(f"{name} must be a whole number from 1, not {shown(row[name])}")
    if not bad:
        yield from _real_number_problems(row)
    if not not_whole:
        yield from _order_problems(row)


def _real_number_problems(row: SeedRow) -> Iterator[str]:
    for name in ("prior_gap_days", "prior_weight", "log_gap_sigma"):
        if float(row[name]) <= 0:
            yield row.problem(f"{name} must be more than 0, not {row[name]}")
    for z, quantile in _QUANTILES.items():
        if not 0 < float(row[quantile]) < 1:
            yield row.problem(f"{quantile} must lie between 0 and 1, not {row[quantile]}")
        elif row[z] and abs(float(row[z]) - _quantile(row[quantile])) > _Z_TOLERANCE:
            text = f"{z} is {row[z]}, but the normal quantile of {row[quantile]} is"
            yield row.problem(f"{text} {_quantile(row[quantile]):.6f}; leave it blank")
    if float(row["at_risk_quantile"]) >= float(row["lapsed_quantile"]):
        yield row.problem("at_risk_quantile must be less than lapsed_quantile")


def _order_problems(row: SeedRow) -> Iterator[str]:
    if int(row["min_days"]) > int(row["max_days"]):
        yield row.problem("min_days must not be more than max_days")
    at_risk, lapsed = (row[name] for name in _STATED_DAYS)
    if at_risk and lapsed and int(at_risk) >= int(lapsed):
        yield row.problem("at_risk_after_days must be less than lapsed_after_days")


def _quantile(share: str) -> float:
    return NormalDist().inv_cdf(float(share))
