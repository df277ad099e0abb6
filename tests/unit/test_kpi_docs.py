"""The documentation of every KPI follows from the catalogue, and drift is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.rules.kpi_docs import (
    BLOCKS,
    CATALOGUE,
    block,
    drift,
    main,
    null_policy,
    wanted_text,
)
from orchestration.rules.seed_rows import SeedRow, read_seed

ROWS = {row["kpi"]: row for row in read_seed(CATALOGUE).rows}


def statuses(kpi: str) -> set[str]:
    """Return the statuses that the null policy of a KPI names."""
    return set(re.findall(r"^`(\w+)`", "\n".join(null_policy(ROWS[kpi])), flags=re.MULTILINE))


def test_the_shipped_file_follows_from_the_catalogue() -> None:
    assert drift(BLOCKS, wanted_text()) == ""
    assert main(["--check"]) == 0


def test_every_kpi_has_a_block() -> None:
    blocks = re.findall(r"{% docs (\w+) %}", BLOCKS.read_text(encoding="utf-8"))
    assert len(ROWS) > 90
    assert blocks == [*(f"kpi_{kpi}" for kpi in ROWS), "kpi_list"]


@pytest.mark.parametrize("kpi", ROWS)
def test_a_block_shows_definition_formula_null_policy_and_source(kpi: str) -> None:
    row = ROWS[kpi]
    text = block(row)
    for part in (row["title"], row["definition"], row["numerator"], row["source"], row["model"]):
        assert part in text
    assert row["denominator"] in text
    assert "`no_input`, null: " in text


@pytest.mark.parametrize(
    ("kpi", "wanted"),
    [
        ("shares_count", {"no_input", "partial"}),
        ("gross_revenue", {"no_input", "missing_rate", "partial"}),
        ("email_open_rate", {"no_input", "immature", "no_base", "partial"}),
        ("nps", {"no_input", "no_base", "small_sample", "partial"}),
        ("median_days_in_stage", {"no_input", "immature", "no_base", "partial"}),
        ("cac_payback_months", {"no_input", "missing_rate", "immature", "partial"}),
    ],
)
def test_the_null_policy_names_the_statuses_that_can_apply(kpi: str, wanted: set[str]) -> None:
    assert statuses(kpi) == wanted


def test_ratios_of_amounts_say_what_a_missing_rate_does() -> None:
    told = {kpi for kpi in ROWS if "missing_rate" in statuses(kpi)}
    assert {kpi for kpi in told if ROWS[kpi]["unit"] != "money"} == {
        "cac_payback_months",
        "discount_rate",
        "gross_mrr_churn_rate",
        "gross_revenue_retention",
        "ltv_to_cac",
        "marketing_efficiency_ratio",
        "net_revenue_retention",
        "quick_ratio",
        "refunded_amount_rate",
        "return_on_ad_spend",
        "revenue_share_top_20",
    }
    assert {kpi for kpi in ROWS if ROWS[kpi]["unit"] == "money"} < told


def test_one_day_is_a_day_and_seven_are_days() -> None:
    row = ROWS["email_open_rate"]
    assert "less than 7 days" in "\n".join(null_policy(row))
    one = SeedRow(row.file, row.line, {**row.values, "maturity_days": "1"})
    assert "less than 1 day have" not in "\n".join(null_policy(one))
    assert "less than 1 day has" in "\n".join(null_policy(one))


def test_drift_names_the_file_the_line_and_the_way_out(tmp_path: Path) -> None:
    page, lost = tmp_path / "page.md", tmp_path / "lost.md"
    page.write_text("one\ntwo\n", encoding="utf-8")
    assert drift(page, "one\ntwo\n") == ""
    sentence = drift(page, "one\n2\n")
    assert sentence.startswith(f"{page} line 2 does not follow from kpis.csv; run `python -m ")
    assert drift(lost, "").startswith(f"{lost} is missing; run `python -m ")
    assert "line 3" in drift(page, "one\ntwo\nthree\n")
