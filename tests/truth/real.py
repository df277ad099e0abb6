"""The policies on shops of others, which know orders and no truth.

Belongs here: which shops, and how long after a month end somebody may still be waited for. Does not
belong here: the data, which are no part of the repository.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.ingest.run import ingest
from orchestration.rules.rule_set import read_rules
from orchestration.settings.paths import REPO_ROOT
from tests.pipeline.models_kit import CompiledModels
from tests.truth import lapses
from tests.truth.lines import WORSE_THAN_A_WINDOW

DATA = REPO_ROOT.parent / "shared" / "data"
WAIT = 365  # lapse_truth_days, as shipped.
# Online Retail lasts a year and nine days: no month end with orders lies a year before its end.
# Half a year is told beside and is no line: it calls those gone who order every year.
SHOPS = (("CDNOW", "cdnow", WAIT), ("Online Retail", "online_retail", 182))


@dataclass(frozen=True)
class RealShop:
    """A shop's name, the days in which somebody may return, and the errors by its orders."""

    name: str
    days: int
    errors: lapses.Errors

    @property
    def holds(self) -> bool | None:
        """Whether the recommended policy errs little more than the best window, if asked."""
        return self.errors.excess <= WORSE_THAN_A_WINDOW if self.days == WAIT else None


def is_here(shop: tuple[str, str, int]) -> bool:
    """Whether the data of a shop lie where they are looked for."""
    return (DATA / shop[1]).is_dir()


def measure(models: CompiledModels, folder: Path, shop: tuple[str, str, int]) -> RealShop:
    """Land a shop below a folder and judge the policies by its orders."""
    name, directory, days = shop
    state = folder / directory
    ingest(DATA / directory, state, run_id="truth", excluded_ids=read_rules(None).excluded_ids)
    wait = {"int_kpi_windows": f"update intermediate.int_kpi_windows set lapse_truth_days = {days}"}
    with models.made(state / "raw.duckdb", lapses.NAMES, wait) as connection:
        return RealShop(name, days, lapses.errors(connection))
