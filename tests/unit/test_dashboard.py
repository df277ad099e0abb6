"""The dashboard: every page in every shop, numbers as SQL has them, nothing unknown as zero."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.dashboard import show, sparkline
from orchestration.dashboard.charts.flow import ODDS, odds_bars, sankey
from orchestration.dashboard.charts.kpis import kpi_lines
from orchestration.dashboard.context import open_version
from orchestration.dashboard.frame import PAGES
from orchestration.dashboard.launch import command
from orchestration.dashboard.queries.flow import odds
from orchestration.dashboard.views import retention
from orchestration.dashboard.words import TEXTS
from orchestration.pictures import marks, palette
from orchestration.pictures.published import Published, Rows
from orchestration.pictures.words import Language, Words, texts
from orchestration.pipeline.status import open_published
from orchestration.pipeline.versions import current_version
from orchestration.settings.paths import REPO_ROOT, StateDir
from tests.unit.dashboard_kit import (
    KINDS,
    YOUNG,
    Seen,
    look,
    make_shop,
    open_app,
    publish,
)
from tests.unit.finished_runs import show_version

PACKAGE = REPO_ROOT / "orchestration" / "dashboard"


@pytest.fixture(scope="module", autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    """Let go of the sample, which other tests of this process open in their own way."""
    yield
    open_version.clear()
    gc.collect()


def sql(state: StateDir, query: str) -> list[tuple]:
    with open_published(state) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def sample(sample_state: StateDir, monkeypatch: pytest.MonkeyPatch) -> StateDir:
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(sample_state.root))
    return sample_state


@pytest.fixture(scope="module")
def pages(sample_state: StateDir) -> Iterator[dict[str, Seen]]:
    """Every page of the sample in English, drawn once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFECYCLE_STATE_DIR", str(sample_state.root))
        app = open_app()
        yield {page: look(app, page) for page in PAGES}


# Every page, everywhere.


def test_every_page_of_the_sample_is_drawn_without_a_fault(pages: dict[str, Seen]) -> None:
    for page, seen in pages.items():
        assert seen.exceptions == [], page
        assert Words(Language.EN, TEXTS)(f"page_{page}") in seen.text
        assert len(seen.text) > 500, page


@pytest.mark.usefixtures("sample")
def test_every_page_speaks_italian_when_asked_to() -> None:
    app = open_app(lang="it")
    for page in PAGES:
        seen = look(app, page)
        assert seen.exceptions == [], page
        assert Words(Language.IT, TEXTS)(f"page_{page}") in seen.text
        for english, italian in TEXTS.values():
            if english != italian and len(english) > 40 and "{" not in english:
                assert english not in seen.text, page


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("framework", ["b2b", "four_stage"])
def test_every_page_is_drawn_for_another_framework(framework: str) -> None:
    app = open_app()
    app.run()
    for page in PAGES:
        assert look(app, page, framework=framework).exceptions == [], page


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_without_something_to_show_says_why(
    sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    state = make_shop(sample_state, tmp_path, kind)
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(state.root))
    app = open_app()
    told = {page: look(app, page) for page in PAGES}
    assert {page: seen.exceptions for page, seen in told.items() if seen.exceptions} == {}
    words = Words(Language.EN, TEXTS)
    expected = {
        "empty": {
            "today": ["nobody", "no_movement"],
            "flow": ["no_flow", "no_pace", "no_odds"],
            "retention": ["no_cohorts"],
            "customers": ["no_customers"],
            "segments": ["no_segments"],
            "channels": ["no_channels", "no_channels_ever", "no_attribution", "no_paths"],
            "data": ["no_files", "no_events", "no_checks"],
        },
        "no_events": {"channels": ["no_events", "no_paths"], "data": ["no_events"]},
        "first_month": {
            "flow": ["no_flow", "no_odds"],
            "retention": ["no_retention", "no_horizon", "no_silences"],
            "channels": ["no_channels"],
        },
    }
    if kind == "no_events":
        sessions = told["channels"].tables[0][0].index("Sessions")
        assert {row[sessions] for row in told["channels"].tables[0][1:]} == {"–"}
    for page, keys in expected[kind].items():
        for key in keys:
            assert words(key) in told[page].notes, (page, key)


def test_a_mart_that_this_version_lacks_is_named_in_one_sentence(
    sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_shop(sample_state, tmp_path, "without_young_marts")
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(state.root))
    app = open_app()
    told = {page: look(app, page) for page in PAGES}
    assert all(seen.exceptions == [] for seen in told.values())
    notes = " ".join(note for seen in told.values() for note in seen.notes)
    for mart in YOUNG:
        assert f"does not hold the table {mart};" in notes


def test_a_state_without_a_version_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(tmp_path))
    seen = look(open_app(), "today")
    assert seen.exceptions == []
    assert "Run lifecycle build" in seen.notes[0]


def test_a_new_version_is_picked_up_by_itself(
    sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_shop(sample_state, tmp_path, "empty")
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(first.root))
    app = open_app()
    assert "0 persons" in look(app, "today").text
    publish(sample_state.published_database.resolve(), first.root, "v2")
    ((persons,),) = sql(sample_state, "select persons from marts.build_info")
    app.run()
    assert f"{persons:,} persons" in Seen(app).text


def test_the_sample_lacks_no_column_that_a_page_asks_for(pages: dict[str, Seen]) -> None:
    notes = [note for seen in pages.values() for note in seen.notes]
    assert Words(Language.EN, TEXTS)("column_missing") not in notes


# Fast with any number of customers: pages ask little and are told little, whatever the clock says.

_MOST_QUERIES = 20
_MOST_ROWS = 200
# A point for each day of a year and curve, and a cell for each pair of months: with any shop.
_CHARTED = {"marts.lapse_calibration": 3 * 366, "marts.retention_cohorts": 1000}


@pytest.mark.usefixtures("sample")
def test_pages_ask_few_queries_and_are_told_few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    rows_of = Published.rows

    def rows(self: Published, query: str, **parameters: object) -> Rows:
        told = rows_of(self, query, **parameters)
        asked.append((query, len(told)))
        return told

    app = open_app()
    app.run()
    monkeypatch.setattr(Published, "rows", rows)
    for page in PAGES:
        asked.clear()
        assert look(app, page).exceptions == []
        assert 0 < len(asked) <= _MOST_QUERIES, page
        for query, told in asked:
            most = max((_CHARTED[mart] for mart in _CHARTED if mart in query), default=_MOST_ROWS)
            assert told <= most, (page, query)


# Ten questions that a reader of the pages can answer, and the answers as SQL has them.


def test_the_page_of_the_dashboard_lists_the_questions_asked_here() -> None:
    page = (REPO_ROOT / "dbt_project" / "docs" / "dashboard.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (.+)\? \| [A-Z]", page, re.MULTILINE)
    source = Path(__file__).read_text(encoding="utf-8")
    section = source.partition("\n# Ten questions")[2].partition("\n# A customer, a KPI, plays.")[0]
    asked = [name.split("_") for name in re.findall(r"^def test_(\w+)", section, re.MULTILINE)][1:]
    assert len(listed) == len(asked) == 10
    for question, words in zip(listed, asked, strict=True):
        missing = set(re.findall(r"\w+", question.lower())) - {
            *words,
            "of",
            "the",
            "how",
            "many",
            "were",
        }
        assert not missing, question


def test_how_many_persons_are_there_and_in_which_currency_is_money(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((persons, currency),) = sql(
        sample_state, "select persons, reporting_currency from marts.build_info"
    )
    assert f"{persons:,} persons, amounts in {currency}" in pages["today"].text


def test_how_many_customers_were_active_at_the_end_of_the_last_month(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((month, value),) = sql(
        sample_state,
        "select strftime(period_start, '%Y-%m'), cast(value as bigint) from marts.kpi_values "
        "where kpi = 'active_customers_end' and period_grain = 'month' and dimension = 'all' "
        "and status = 'ok' order by period_start desc limit 1",
    )
    assert f"Active customers at end {value:,} {month}" in pages["today"].text


def test_was_the_target_of_the_acquisition_cost_met(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((target, is_met),) = sql(
        sample_state,
        "select target, is_met from marts.kpi_vs_target where dimension = 'all' "
        "and kpi = 'customer_acquisition_cost' and status = 'ok' "
        "order by period_start desc limit 1",
    )
    card = pages["today"].text.partition("Customer acquisition cost")[2][:120]
    assert f"target {float(target):,.2f} EUR {'met' if is_met else 'missed'}" in card


def test_how_many_are_loyal_today_and_a_week_ago(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    answer = [
        sql(
            sample_state,
            "select cast(sum(subjects) as bigint) from marts.stage_daily where stage = 'loyalty' "
            "and framework = 'discovery_to_advocacy' and date = "
            f"(select as_of_date from marts.build_info) - {days}",
        )[0][0]
        for days in (7, 0)
    ]
    shown = pages["today"].table("Stage")
    week = next(table for table in pages["today"].tables if table[0][1:2] == ["A week ago"])
    assert [int(cell) for cell in next(row for row in week if row[0] == "Loyalty")[1:3]] == answer
    assert int(shown["Loyalty"][-1]) == answer[1]


def test_how_many_left_engagement_in_the_last_month(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((left,),) = sql(
        sample_state,
        "select cast(sum(subjects) as bigint) from marts.stage_flow_monthly where month = "
        "(select max(month) from marts.stage_flow_monthly) and from_stage = 'engagement' "
        "and to_stage <> 'engagement' and framework = 'discovery_to_advocacy'",
    )
    labels = [
        row["label"]
        for layer in pages["flow"].charts[0]["layer"][2:]
        for row in layer["data"]["values"]
        if row["side"] == "left"
    ]
    assert f"Engagement {left}" in labels


def test_after_how_many_days_has_half_left_retention(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((days, month),) = sql(
        sample_state,
        "select value, strftime(period_start, '%Y-%m') from marts.kpi_values "
        "where kpi = 'median_days_in_stage' and dimension = 'stage:discovery_to_advocacy' "
        "and dimension_value = 'retention' and period_grain = 'month' and status = 'ok' "
        "and value is not null order by period_start desc limit 1",
    )
    pace = next(table for table in pages["flow"].tables if "Half have left after" in table[0])
    assert next(row for row in pace if row[0] == "Retention")[1:3] == [f"{days:.0f} days", month]


def test_which_share_of_the_latest_cohort_ordered_in_the_month_after(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((month, share),) = sql(
        sample_state,
        "select strftime(cohort_month, '%Y-%m'), round(100 * retention_rate) "
        "from marts.retention_cohorts where dimension = 'all' and age_months = 1 and is_mature "
        "and customers > 0 order by cohort_month desc limit 1",
    )
    cells = pages["retention"].charts[0]["data"]["values"]
    shown = [row["percent"] for row in cells if (row["cohort"], row["age"]) == (month, 1)]
    assert shown == [share]


def test_which_channel_brought_most_loyal_customers(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((channel, loyal),) = sql(
        sample_state,
        "select acquisition_channel, count(*) from marts.customers "
        "where stage in ('loyalty', 'advocacy') group by all order by 2 desc limit 1",
    )
    table = next(table for table in pages["channels"].tables if "Loyal customers" in table[0])
    assert table[1][0] == channel
    assert table[1][table[0].index("Loyal customers")] == str(loyal)


def test_how_large_is_the_largest_segment(pages: dict[str, Seen], sample_state: StateDir) -> None:
    ((title, customers),) = sql(
        sample_state,
        "select any_value(title), count(*) from marts.segment_members "
        "inner join marts.segment_profiles using (segment) where not is_persona "
        "group by segment order by 2 desc limit 1",
    )
    first = pages["segments"].tables[0][1]
    assert first[:2] == [title, f"{customers:,}"]


def test_how_many_rows_were_read_and_which_event_feeds_nothing(
    pages: dict[str, Seen], sample_state: StateDir
) -> None:
    ((read, duplicate),) = sql(
        sample_state,
        "select sum(rows_read), sum(rows_duplicate) from marts.row_accounting where scope = 'file'",
    )
    total = pages["data"].table("Files")["Total"]
    assert (total[0], total[2]) == (f"{read:,}", f"{duplicate:,}")
    ((event,),) = sql(
        sample_state,
        "select event_name from marts.event_names order by events_without_signal desc, 1 limit 1",
    )
    assert next(iter(pages["data"].table("Event"))) == event


# A customer, a KPI, plays.


def test_a_customer_is_found_by_its_id_and_told_with_its_sentence(sample: StateDir) -> None:
    ((subject, reason, reason_it),) = sql(
        sample,
        "select subject_id, reason, reason_it from marts.lifecycle_current "
        "where framework = 'discovery_to_advocacy' and subject_id in "
        "(select subject_id from marts.customers) order by subject_id desc limit 1",
    )
    for language, sentence in (("en", reason), ("it", reason_it)):
        seen = look(open_app(customer=subject, lang=language), "customers")
        assert subject in seen.text
        assert re.sub(r"\s+", " ", sentence) in seen.text
        ((facts,),) = sql(
            sample,
            f"select count(*) from marts.customer_timeline where subject_id = '{subject}'",
        )
        assert max(len(table) for table in seen.tables) >= min(facts, 200)


@pytest.mark.usefixtures("sample")
def test_who_searches_for_nobody_is_told_so() -> None:
    seen = look(open_app(customer="nobody'; drop table x; --"), "customers")
    assert seen.exceptions == []
    assert Words(Language.EN, TEXTS)("nobody_found") in seen.notes


def test_a_kpi_shows_what_the_mart_says_and_its_definition(sample: StateDir) -> None:
    seen = look(open_app(kpi="conversion_rate"), "kpis")
    rows = sql(
        sample,
        "select cast(period_start as varchar), value, status from marts.kpi_values "
        "where kpi = 'conversion_rate' and period_grain = 'month' and dimension = 'all'",
    )
    shown = seen.table("Period from")
    assert len(shown) == len(rows) > 10
    words = Words(Language.EN, TEXTS)
    for start, value, status in rows:
        assert shown[start][1:3] == [words.number(value, "share"), words(status)]
    ((definition,),) = sql(
        sample, "select definition from marts.kpi_catalog where kpi = 'conversion_rate'"
    )
    assert definition in seen.text


@pytest.mark.parametrize(
    ("kpi", "grain", "dimension"),
    [
        ("orders", "week", "channel"),
        ("orders", "day", "stage"),
        ("stage_population", "month", "stage:discovery_to_advocacy"),
        ("conversion_rate", "quarter", "health"),
        ("nps", "year", "country"),
    ],
)
@pytest.mark.usefixtures("sample")
def test_a_kpi_is_drawn_in_every_grain_and_dimension(kpi: str, grain: str, dimension: str) -> None:
    app = open_app(kpi=kpi)
    app.run()
    seen = look(app, "kpis", **{f"grain_{kpi}": grain, f"dimension_{kpi}_{grain}": dimension})
    assert seen.exceptions == []
    slices = {row["slice"] for row in seen.charts[0]["data"]["values"]}
    assert 1 < len(slices) <= 6


def test_plays_show_whom_they_are_due_for_and_what_they_brought(
    sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_shop(sample_state, tmp_path, "all")
    ((play, title, due),) = sql(
        sample_state,
        "select due.play, any_value(title), count(*) from marts.plays_due as due inner join "
        "marts.play_catalog as catalog on due.play = catalog.play "
        "group by due.play order by min(due.priority), due.play limit 1",
    )
    with duckdb.connect(str(tmp_path / "all.duckdb")) as connection:
        connection.execute(
            "insert into marts.play_results by name select ? as play, 'all' as month, "
            "200 as treat_persons, 40 as treat_goals, 0.2 as treat_rate, 100 as holdout_persons, "
            "10 as holdout_goals, 0.1 as holdout_rate, 0.1 as lift, 0.02 as lift_low, "
            "0.18 as lift_high, 1234 as incremental_revenue, true as is_conclusive",
            [play],
        )
    show_version(state.current.resolve())
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(state.root))
    app = open_app()
    seen = look(app, "segments", play=play)
    assert seen.exceptions == []
    due_rows = next(table for table in seen.tables if "Why" in table[0])
    assert len(due_rows) - 1 == min(due, 50)
    results = seen.table("Play")
    assert results[title][:7] == [
        "yes",
        "200",
        "100",
        "20.0 %",
        "10.0 %",
        "10.0 %",
        "2.0 % … 18.0 %",
    ]
    lifts = seen.charts[-1]["data"]["values"]
    assert [(row["low"], row["lift"], row["high"]) for row in lifts] == [(0.02, 0.1, 0.18)]
    assert look(app, "today").table("Play")[title][0] == str(due)


def test_what_is_not_known_is_shaded_and_never_zero() -> None:
    words = Words(Language.EN, TEXTS)
    days = [date(2026, month, 1) for month in (1, 2, 3, 4)]
    told = [(5, "ok"), (None, "no_input"), (None, "immature"), (7, "partial")]
    rows = [
        {"period_start": day, "period_end": day, "dimension_value": "all"}
        | {"value": value, "status": status}
        for day, (value, status) in zip(days, told, strict=True)
    ]
    labels, colours = {"all": "All"}, palette.slice_colours(["all"])
    chart = kpi_lines(rows, [], labels, colours, "number", "count", "month", words)
    assert [row["value"] for row in chart["data"]["values"]] == [5, None, None, 7]
    shades = [row["status"] for row in chart["layer"][0]["data"]["values"]]
    assert shades == [words("no_input"), words("immature"), words("partial")]
    settled = kpi_lines(rows[:1], [], labels, colours, "number", "count", "month", words)
    assert [layer["mark"]["type"] for layer in settled["layer"]] == ["line", "point"]


def test_a_small_line_breaks_where_nothing_is_known() -> None:
    rows = [{"value": value, "status": "ok"} for value in (1, 2, None, 3, 4)]
    path = re.search(r'd="([^"]+)"', sparkline.sparkline(rows))
    assert path is not None
    assert re.findall(r"[ML]", path[1]) == ["M", "L", "M", "L"]


def test_what_cannot_happen_has_no_bar() -> None:
    rows = [
        {"stage": "a", "advanced": 0.5, "fell_back": None, "lapsed": 0.0},
        {"stage": "b", "advanced": None, "fell_back": 0.0, "lapsed": 0.1},
    ]
    bars = odds_bars(rows, {"a": "A", "b": "B"}, Words(Language.EN, TEXTS))["data"]["values"]
    assert [(row["stage"], row["read"]) for row in bars] == [
        *(("A", "50.0 %"), ("A", "0.0 %")),
        *(("B", "0.0 %"), ("B", "10.0 %")),
    ]


def test_nobody_advances_from_the_highest_stage_or_falls_back_from_the_lowest(
    sample_state: StateDir,
) -> None:
    published, _ = open_version(str(sample_state.root), current_version(sample_state) or "")
    lowest, *_, highest = odds(published, "discovery_to_advocacy")
    assert (lowest["fell_back"], highest["advanced"]) == (None, None)
    assert lowest["advanced"] > 0
    assert highest["fell_back"] > 0


@pytest.mark.usefixtures("sample")
def test_amounts_say_their_currency_and_axes_speak_italian() -> None:
    for language, decimal in (("en", None), ("it", ",")):
        app = open_app(lang=language)
        for page in set(PAGES) - {"today", "kpis"}:
            assert "EUR." in look(app, page).text, page
        seen = look(app, "kpis")
        assert " EUR " in look(app, "today").text
        config = seen.charts[0]["config"]
        assert config.get("locale", {}).get("number", {}).get("decimal") == decimal
        titles = {layer["encoding"]["y"]["title"] for layer in seen.charts[0]["layer"]}
        assert titles == {"EUR"}


@pytest.mark.parametrize(
    ("days", "english", "italian"),
    [(1, "1 day", "1 giorno"), (10.5, "10.5 days", "10,5 giorni"), (120, "120 days", "120 giorni")],
)
def test_days_are_written_as_people_do(days: float, english: str, italian: str) -> None:
    written = [Words(language).number(days, "days") for language in (Language.EN, Language.IT)]
    assert written == [english, italian]


@pytest.mark.usefixtures("sample")
def test_every_picture_is_there_as_a_table_too(pages: dict[str, Seen]) -> None:
    for page, seen in pages.items():
        if seen.charts:
            assert len(seen.tables) >= len(seen.charts), page
    assert sum(len(seen.charts) for seen in pages.values()) >= 10
    silences = next(table for table in pages["retention"].tables if "Not back yet" in table[0])
    days = [row[0] for row in silences[1:] if row[1] == "number 1"]
    assert days[:3] == ["10", "20", "30"]
    assert len(days) >= 30


def test_a_curve_says_on_a_round_day_what_it_said_when_it_last_stepped() -> None:
    rows = [
        {"gap_ordinal": "1", "day": day, "survival": survival, "at_risk": 9}
        for day, survival in ((2, 0.9), (9, 0.8), (11, 0.7), (30, 0.5))
    ]
    told = [(row["day"], row["survival"]) for row in retention.at_round_days(rows)]
    assert told == [(10, 0.8), (20, 0.7), (30, 0.5)]


def test_a_period_is_written_below_its_number() -> None:
    words = Words(Language.EN, TEXTS)
    rows = [
        {"period_start": day, "period_end": end, "dimension_value": "all"}
        | {"value": 1, "status": "ok"}
        for day, end in (
            (date(2025, 12, 1), date(2026, 1, 1)),
            (date(2026, 1, 1), date(2026, 2, 1)),
        )
    ]
    labels, colours = {"all": "All"}, palette.slice_colours(["all"])
    chart = kpi_lines(rows, [], labels, colours, "number", "count", "month", words)
    x = chart["layer"][0]["encoding"]["x"]
    assert x["axis"]["values"] == [
        {"year": 2025, "month": 12, "date": 16},
        {"year": 2026, "month": 1, "date": 16},
    ]
    assert x["axis"]["labelExpr"].startswith('{"2025-12-16": "2025-12", "2026-01-16": "2026-01"}')
    assert [day["date"] for day in x["scale"]["domain"]] == [1, 1]


def test_labels_of_a_flow_do_not_lie_on_each_other() -> None:
    rows = [
        {"from_stage": "new", "to_stage": stage, "subjects": subjects}
        for stage, subjects in (("a", 900), ("b", 1), ("c", 1), ("d", 1))
    ]
    stages = {"new": "(new)", "a": "A", "b": "B", "c": "C", "d": "D"}
    chart = sankey(rows, stages, Words(Language.EN, TEXTS))
    nodes = [row for row in chart["layer"][1]["data"]["values"] if row["side"] == "right"]
    top = chart["layer"][0]["encoding"]["y"]["scale"]["domain"][0] / chart["height"]
    for above, below in pairwise(nodes):
        assert (below["middle"] - above["middle"]) / top > 14, "pixels"


def test_a_legend_has_as_many_columns_as_there_is_room_for() -> None:
    columns = marks.legend({"a": "Short", "b": "A rather long name of a slice"})["columns"]["expr"]
    whole, widest = re.findall(r">= (\d+) \? 2.*/ (\d+)\)\)", columns)[0]
    assert int(whole) > int(widest) > 150


def test_a_flow_is_as_thick_as_it_has_subjects() -> None:
    rows = [
        {"from_stage": "new", "to_stage": "b", "subjects": 3},
        {"from_stage": "a", "to_stage": "b", "subjects": 5},
    ]
    stages = {"new": "(new)", "a": "A", "b": "B"}
    chart = sankey(rows, stages, Words(Language.EN, TEXTS))
    for row in chart["data"]["values"]:
        assert row["bottom"] - row["top"] == pytest.approx(row["subjects"])
    nodes = {row["label"] for row in chart["layer"][1]["data"]["values"]}
    assert nodes == {"(new) 3", "A 5", "B 8"}


# Safe for any text, from anybody.


def test_texts_of_the_data_stay_texts(
    sample_state: StateDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = make_shop(sample_state, tmp_path, "no_events")
    evil = "<img src=http://x.example onerror=alert(1)>![](http://x.example)"
    with duckdb.connect(str(tmp_path / "no_events.duckdb")) as connection:
        for table, column in (
            ("channel_performance", "channel"),
            ("kpi_catalog", "definition"),
            ("lifecycle_current", "reason"),
            ("segment_profiles", "top_channel"),
            ("row_accounting", "name"),
        ):
            connection.execute(f"update marts.{table} set {column} = ?", [evil])
    show_version(state.current.resolve())
    monkeypatch.setenv("LIFECYCLE_STATE_DIR", str(state.root))
    app = open_app()
    met = 0
    for page in PAGES:
        seen = look(app, page)
        assert seen.exceptions == []
        assert "<img src=http" not in " ".join(seen.html)
        met += seen.text.count("![](http://x.example)")
    assert met >= 5


def test_no_text_goes_through_markdown() -> None:
    forbidden = (
        r"st\.(?:markdown|write|caption|text|metric|header|subheader|title|table|info|error)\("
    )
    for path in PACKAGE.rglob("*.py"):
        assert re.findall(forbidden, path.read_text(encoding="utf-8")) == [], path


def test_a_download_holds_nothing_that_a_spreadsheet_computes() -> None:
    cells = [("=1+1", -5, None), ("+x", 0.5, "-x"), ("@x", 1, "\tx"), ("fine", 2, "a,b")]
    text = show.csv_text([dict(zip("abc", row, strict=True)) for row in cells])
    assert text.splitlines() == [
        "a,b,c",
        "'=1+1,-5,",
        "'+x,0.5,'-x",
        "'@x,1,'\tx",
        'fine,2,"a,b"',
    ]


def test_the_published_file_is_open_read_only_and_shut_off(sample_state: StateDir) -> None:
    version = current_version(sample_state) or ""
    published, _ = open_version(str(sample_state.root), version)
    for query in (
        "create table marts.x (y integer)",
        "from read_csv('/etc/hostname')",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            published.rows(query)


def test_streamlit_listens_on_loopback_and_tells_nobody_anything() -> None:
    told = command(8600)
    assert "--server.address=127.0.0.1" in told
    assert "--browser.gatherUsageStats=false" in told
    assert "--server.port=8600" in told


# Words and colours.


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    assert not set(TEXTS) & set(texts()), "a text stands in two places"
    for key, (english, italian) in TEXTS.items():
        assert english.strip(), key
        assert italian.strip(), key
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", italian)), key


def test_every_text_that_a_page_asks_for_is_there_and_no_other() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    known = {**texts(), **TEXTS}
    asked = set(re.findall(r'words\(\s*"(\w+)"', source))
    assert len(asked) > 100
    assert asked - set(known) == set()
    quoted = set(re.findall(r"[\"'](\w+)[\"']", source.replace(_words_source(), "")))
    families = (
        "direction_",
        "dimension_",
        "grain_",
        "group_",
        "method_",
        "mix_",
        "model_",
        "page_",
        "restates_",
        "unit_",
    )
    suffixed = {f"{name}_30d" for name in ODDS}
    unused = {key for key in TEXTS if key not in quoted | suffixed}
    # These two are movements, which the history names.
    unused -= {"entered", "health_only"}
    assert {key for key in unused if not key.startswith(families)} == set()


def _words_source() -> str:
    return (PACKAGE / "words.py").read_text(encoding="utf-8")


def test_every_dimension_group_unit_and_grain_has_a_word(sample_state: StateDir) -> None:
    known = {**texts(), **TEXTS}
    wanted: set[str] = set()
    for group, unit, direction, grains, dimensions, restates in sql(
        sample_state,
        "select stage_group, unit, direction, grains, dimensions, restates from marts.kpi_catalog",
    ):
        wanted |= {f"group_{group}", f"unit_{unit}", f"direction_{direction}"}
        wanted |= {f"grain_{grain}" for grain in grains.split("|")}
        wanted |= {f"dimension_{name.partition(':')[0]}" for name in dimensions.split("|")}
        wanted |= {f"restates_{cause}" for cause in (restates or "nothing").split("|")}
    for (name,) in sql(sample_state, "select distinct dimension from marts.retention_cohorts"):
        wanted.add(f"dimension_{name}")
    for (name,) in sql(sample_state, "select distinct movement from marts.lifecycle_history"):
        wanted.add(name)
    for (name,) in sql(sample_state, "select distinct dimension from marts.segment_profile_mix"):
        wanted.add(f"mix_{name}")
    for (name,) in sql(sample_state, "select distinct method from marts.next_best_product"):
        wanted.add(f"method_{name}")
    # Money is counted in the currency of the build.
    wanted.remove("unit_money")
    assert len(wanted) > 30
    assert wanted - set(known) == set()
    assert set(palette.STATUSES) <= set(known)


# How people see red and green: matrices of Machado and others (2009), severity 1, linear RGB.
_NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_SIGHTS = {
    "normal": _NORMAL,
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_TOLD_APART = 10


@pytest.mark.parametrize("sight", _SIGHTS)
@pytest.mark.parametrize("count", [2, 3, 4, 5, 6])
def test_colours_are_told_apart_by_everybody(sight: str, count: int) -> None:
    names = [str(place) for place in range(count)]
    sets = [
        list(palette.stage_colours(names).values()),
        list(palette.slice_colours(names).values()),
        list(palette.health_colours(["prospect", "cold", "active", "at_risk", "lapsed"]).values()),
        list(palette.ODDS.values()),
        list(palette.ORDERED),
    ]
    for colours in sets:
        seen = [_lab(colour, sight) for colour in colours]
        for place, one in enumerate(seen):
            for other in seen[place + 1 :]:
                assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > (
                    _TOLD_APART
                )


def test_stages_and_lines_are_told_apart_in_grey() -> None:
    for colours in (
        list(palette.stage_colours(list("abcdef")).values()),
        list(palette.ORDERED),
        list(palette.ODDS.values()),
    ):
        light = sorted(_lab(colour, "normal")[0] for colour in colours)
        assert all(after - before > 7 for before, after in pairwise(light))


def _lab(colour: str, sight: str) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as somebody sees it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    seen = [
        min(max(sum(f * c for f, c in zip(row, linear, strict=True)), 0.0), 1.0)
        for row in _SIGHTS[sight]
    ]
    matrix = (
        (0.4124 / 0.95047, 0.3576 / 0.95047, 0.1805 / 0.95047),
        (0.2126, 0.7152, 0.0722),
        (0.0193 / 1.08883, 0.1192 / 1.08883, 0.9505 / 1.08883),
    )
    x, y, z = (sum(f * c for f, c in zip(row, seen, strict=True)) for row in matrix)
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_a_number_on_a_shade_can_be_read_by_everybody() -> None:
    light, dark = (_luminance(colour) for colour in ("#ffffff", "#000000"))
    for percent in range(101):
        share = percent / 100
        parts = [
            [int(colour[place : place + 2], 16) for colour in palette.HEAT] for place in (1, 3, 5)
        ]
        mixed = [round(low + share * (high - low)) for low, high in parts]
        ground = _luminance(f"#{''.join(f'{part:02x}' for part in mixed)}")
        text = light if share > marks.DARK_FROM else dark
        contrast = (max(text, ground) + 0.05) / (min(text, ground) + 0.05)
        # As WCAG 2.2 asks of small text.
        assert contrast >= 4.5, percent


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
