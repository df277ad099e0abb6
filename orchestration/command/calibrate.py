"""The recommended health policy, out of the published marts and into a rules directory.

Belongs here: the row of `recommended_health_policy` as a patch of the seed. Does not belong here:
which policy to recommend; that is the models' business.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import duckdb

from orchestration.errors import SettingsError
from orchestration.pipeline.status import open_published
from orchestration.rules.patches import patch_name
from orchestration.settings.paths import StateDir

_SEED = "health_policy.csv"


def calibrate(state: StateDir, out: Path) -> Path:
    """Write the recommended policy as the only patch of a rules directory.

    Args:
        state: the state directory.
        out: a directory that is absent or empty.

    Returns:
        The file that was written.

    Raises:
        SettingsError: no policy is recommended, or the directory is in use.
    """
    policy = _recommended(state)
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        text = f"{out} is no empty directory"
        raise SettingsError(f"{text}: choose one that is absent or empty.")
    out.mkdir(parents=True, exist_ok=True)
    path = out / patch_name(_SEED)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(policy)
        writer.writerow(policy.values())
    return path


def _recommended(state: StateDir) -> dict[str, str]:
    """Return the cells of the policy by column, without those that are no columns of the seed."""
    with open_published(state) as published:
        try:
            found = published.execute("select * from marts.recommended_health_policy")
        except duckdb.CatalogException:
            text = "What is published holds no recommended_health_policy; build again."
            raise SettingsError(text) from None
        columns = [column for column, *_ in found.description or ()]
        row = found.fetchone()
    cells = dict(zip(columns, row or (), strict=bool(row)))
    reason = cells.pop("reason", None)
    if reason is not None or not cells:
        text = f"No health policy is recommended ({reason or 'nothing is published of it'})"
        raise SettingsError(f"{text}; the one in use stays as it is.")
    return {name: _cell(value) for name, value in cells.items()}


def _cell(value: object) -> str:
    """Return a value as the seed has it: no zeros at the end, no exponent, nothing for null."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
