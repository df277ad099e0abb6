"""The site has every page, mart, KPI and rule, and no link in it leads nowhere.

Belongs here: `orchestration/docs_site` over the pages of the repository and the sample's manifest.
Does not belong here: what the pages say (tests/unit/test_docs.py).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestration.docs_site.contents import all_pages
from orchestration.docs_site.dbt_docs import FILE, write_dbt_docs
from orchestration.docs_site.site import anchor, html, write_site
from orchestration.rules.seed_rows import read_seed
from orchestration.settings.paths import RULES_DIR, StateDir
from tests.docs_kit import DOCS

pytestmark = pytest.mark.slow

TINY = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\n",
    "profiles.yml": "tiny: {target: t, outputs: {t: {type: duckdb, path: ':memory:'}}}\n",
    "models/one.sql": "select 1 as one\n",
    "models/overview.md": "{% docs __overview__ %}\n[rules](rules.md#patches)\n{% enddocs %}\n",
}


@pytest.fixture(scope="module")
def site(sample_state: StateDir, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, with nothing where dbt's docs would lie."""
    folder = tmp_path_factory.mktemp("site")
    manifest = json.loads((sample_state.dbt_target / "manifest.json").read_text(encoding="utf-8"))
    write_site(all_pages(manifest), folder)
    (folder / FILE).touch()
    return folder


def headings(page: Path) -> set[str]:
    """Return the anchors of a page."""
    return set(re.findall(r'<(?:h\d|nav) id="([^"]*)"', page.read_text("utf-8")))


def test_every_page_is_written_and_listed_on_every_other(site: Path) -> None:
    pages = {path.stem for path in (*DOCS.glob("*.md"), *(DOCS / "adapters").glob("*.md"))}
    wanted = {"index" if name == "overview" else name for name in pages}
    made = {path.stem for path in site.glob("*.html")} - {"dbt"}
    assert made == wanted | {"kpis", "marts", "shipped_rules"}
    for path in site.glob("*.html"):
        if path.name != FILE:
            listed = set(re.findall(r'<li><a href="(\w+)\.html"', path.read_text("utf-8")))
            assert listed == made | {"dbt"}


def test_no_link_leads_nowhere(site: Path) -> None:
    found = {path.name: headings(path) for path in site.glob("*.html")}
    links = [
        (path.name, target, part)
        for path in site.glob("*.html")
        for target, part in re.findall(r'href="([\w.]*)(?:#([^"]+))?"', path.read_text("utf-8"))
    ]
    assert len(links) > 1000
    lost = [
        (page, target, part)
        for page, target, part in links
        if (target or page) not in found or (part and part not in found[target or page])
    ]
    assert lost == []


def test_every_mart_kpi_and_rule_seed_has_a_heading(site: Path, sample_state: StateDir) -> None:
    parquet = sample_state.published_database.resolve().parent / "parquet"
    assert headings(site / "marts.html") >= {path.stem for path in parquet.glob("*.parquet")}
    kpis = {row["kpi"] for row in read_seed(RULES_DIR / "kpis.csv").rows}
    assert headings(site / "kpis.html") >= kpis
    assert headings(site / "shipped_rules.html") >= {path.stem for path in RULES_DIR.glob("*.csv")}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("see docs/rules.md#patches.", '<p>see <a href="rules.html#patches">docs/rules.md#'),
        ("see `docs/rules.md`.", '<p>see <a href="rules.html">docs/rules.md</a>.</p>'),
        ("[rules](rules.md)", '<p><a href="rules.html">rules</a></p>'),
        ("[segment](adapters/segment.md)", '<p><a href="segment.html">segment</a></p>'),
        ("CONTRIBUTING.md", "<p>CONTRIBUTING.md</p>"),
        ("## What it *is*", '<h2 id="what-it-is">What it <em>is</em></h2>'),
        ("<b>raw</b>", "<p>&lt;b&gt;raw&lt;/b&gt;</p>"),
        ("| a |\n|---|\n| docs/rules.md |", '<td><a href="rules.html">docs/rules.md</a></td>'),
    ],
)
def test_a_citation_of_a_page_is_a_link(text: str, made: str) -> None:
    assert made in html(text, {"rules", "segment"})


def test_an_anchor_is_spelled_as_github_spells_it() -> None:
    assert anchor("1. How many `people`, in which?") == "1-how-many-people-in-which"


def test_dbt_shows_its_models_and_our_overview_in_one_file(tmp_path: Path) -> None:
    for name, text in TINY.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "scratch").mkdir()
    manifest = write_dbt_docs(tmp_path / "out", tmp_path / "scratch", tmp_path / "project")
    assert "model.tiny.one" in manifest["nodes"]
    shown = (tmp_path / "out" / FILE).read_text(encoding="utf-8")
    assert "model.tiny.one" in shown
    assert "[rules](rules.html#patches)" in shown
