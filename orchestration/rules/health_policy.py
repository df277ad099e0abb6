"""What makes the row of `health_policy.csv` runnable.

Belongs here: the checks of that one seed. Does not belong here: what the policy means for a
customer, which SQL decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import NormalDist

from orchestration.errors import shown
from orchestration.rules.seed_rows import Rows, SeedRow

# Each with the column that may state its standard normal quantile.
_QUANTILES = {"at_risk_quantile": "z_at_risk", "lapsed_quantile": "z_lapsed"}
_AGREEMENT = 1e-6
_REAL_NUMBERS = (
    "prior_gap_days",
    "prior_weight",
    "log_gap_sigma",
    *_QUANTILES,
)
_WHOLE_DAYS = ("min_days", "max_days", "cold_after_days")
_STATED_DAYS = ("at_risk_after_days", "lapsed_after_days")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,16})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)


def health_problems(policy: Rows) -> Iterator[str]:
    """Yield every problem of the rows, each one sentence with file and line."""
    if not policy:
        yield "health_policy.csv: there is no row; write one with the key default."
    for row in policy:
        if row["key"] != "default":
            text = f"the key {shown(row['key'])} is unknown; the only one is default"
            yield row.problem(text)
        yield from _number_problems(row)


def _number_problems(row: SeedRow) -> Iterator[str]:
    stated = [name for name in _QUANTILES.values() if row[name]]
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
    for quantile, normal in _QUANTILES.items():
        if not 0 < float(row[quantile]) < 1:
            yield row.problem(f"{quantile} must lie between 0 and 1, not {row[quantile]}")
        elif row[normal]:
            yield from _disagreement(row, quantile, normal)
    if float(row["at_risk_quantile"]) >= float(row["lapsed_quantile"]):
        yield row.problem("at_risk_quantile must be less than lapsed_quantile")


def _disagreement(row: SeedRow, quantile: str, normal: str) -> Iterator[str]:
    computed = NormalDist().inv_cdf(float(row[quantile]))
    if abs(float(row[normal]) - computed) > _AGREEMENT:
        yield row.problem(
            f"{normal} must be {computed:.6f}, the standard normal quantile of {quantile} "
            f"{row[quantile]}, or blank, not {row[normal]}"
        )


def _order_problems(row: SeedRow) -> Iterator[str]:
    if int(row["min_days"]) > int(row["max_days"]):
        yield row.problem("min_days must not be more than max_days")
    at_risk, lapsed = (row[name] for name in _STATED_DAYS)
    if at_risk and lapsed and int(at_risk) >= int(lapsed):
        yield row.problem("at_risk_after_days must be less than lapsed_after_days")
