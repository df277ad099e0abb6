"""Who reads the marts is told, mart by mart and column by column, and it is true.

Belongs here: `dbt_project/models/marts/exposures.yml` against the contracts of the marts and the
code that reads them. Does not belong here: what a reader makes of them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.settings.paths import DBT_PROJECT_DIR, REPO_ROOT

MARTS = DBT_PROJECT_DIR / "models" / "marts"
EXPOSURES = yaml.safe_load((MARTS / "exposures.yml").read_text("utf-8"))["exposures"]
CODE = REPO_ROOT / "orchestration"
PAGES = ("today", "flow", "retention", "kpis", "customers", "segments", "channels", "data")
# Where each of them asks.
SOURCES = {
    **{f"dashboard_{page}": CODE / "dashboard" / "queries" / f"{page}.py" for page in PAGES},
    "report": CODE / "pictures" / "published.py",
    "exports": CODE / "activation" / "selection.py",
}


def contracts() -> dict[str, tuple[str, set[str]]]:
    """Return each mart's model and columns by the name that it is published under."""
    models = [
        model
        for path in MARTS.rglob("*.yml")
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
    ]
    return {
        model["config"].get("alias", model["name"]): (
            model["name"],
            {column["name"] for column in model["columns"]},
        )
        for model in models
    }


CONTRACTS = contracts()


def told_columns(exposure: dict[str, Any]) -> dict[str, list[str]]:
    return exposure["config"]["meta"]["columns"]


def read_marts(source: Path) -> set[str]:
    """Return the marts that a file's queries name."""
    named = set(re.findall(r"\bmarts\.([a-z]\w*)", source.read_text("utf-8")))
    return named & CONTRACTS.keys()


@pytest.mark.parametrize("exposure", EXPOSURES, ids=lambda exposure: exposure["name"])
def test_an_exposure_depends_on_marts_and_columns_that_are_there(exposure: dict[str, Any]) -> None:
    columns = told_columns(exposure)
    assert columns
    refs = [f"ref('{CONTRACTS[mart][0]}')" for mart in columns]
    assert sorted(exposure["depends_on"]) == sorted(refs)
    lost = {mart: set(names) - CONTRACTS[mart][1] for mart, names in columns.items()}
    assert {mart: names for mart, names in lost.items() if names} == {}


@pytest.mark.parametrize("exposure", EXPOSURES, ids=lambda exposure: exposure["name"])
def test_an_exposure_tells_of_the_marts_and_columns_that_its_code_names(
    exposure: dict[str, Any],
) -> None:
    source = SOURCES[exposure["name"]]
    if not source.exists():
        pytest.skip(f"{source} is not there")
    columns = told_columns(exposure)
    assert read_marts(source) == set(columns), f"marts named in {source}"
    words = set(re.findall(r"\w+", source.read_text("utf-8")))
    unused = {mart: set(names) - words for mart, names in columns.items()}
    assert {mart: names for mart, names in unused.items() if names} == {}


def test_whatever_reads_the_marts_is_an_exposure() -> None:
    told = {exposure["name"] for exposure in EXPOSURES}
    assert {name for name, source in SOURCES.items() if source.exists()} <= told <= set(SOURCES)
