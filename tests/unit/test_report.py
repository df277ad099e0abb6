"""The report: one page, no network, nothing unknown drawn as zero, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import vl_convert

from orchestration.errors import SettingsError
from orchestration.pictures import charts, palette
from orchestration.pictures.marks import spoken
from orchestration.pictures.published import HEADLINES, Published
from orchestration.pictures.report import render, write_report
from orchestration.pictures.words import Language, Words, texts
from orchestration.pipeline.status import open_published
from orchestration.settings.paths import StateDir

MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def published(sample_state: StateDir) -> Iterator[Published]:
    with open_published(sample_state) as connection:
        yield Published(connection)


@pytest.fixture(scope="module", params=list(Language))
def page(request: pytest.FixtureRequest, published: Published) -> tuple[Language, str]:
    return request.param, render(published, "v1", request.param)


def test_the_page_is_small_and_asks_nobody_for_anything(page: tuple[Language, str]) -> None:
    _, html = page
    assert 50_000 < len(html.encode()) < MOST_BYTES
    assert "default-src 'none'" in html
    addresses = set(re.findall(r"(?:src|href)=\"([^\"]*)\"", html))
    assert addresses <= {""}
    assert set(re.findall(r"https?://[^\"\s<]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_every_section_and_headline_is_there_in_the_language(
    page: tuple[Language, str], published: Published
) -> None:
    language, html = page
    words = Words(language)
    for section in ("headlines", "standing", "growth", "retention", "data"):
        assert f">{words(section)}<" in html
    titles = [words.label(headline.entry, "title") for headline in published.headlines()]
    assert len(titles) == len(HEADLINES)
    assert all(title in html for title in titles)


def test_the_table_of_stages_says_what_the_mart_says(published: Published) -> None:
    framework = published.build.default_framework
    html = render(published, "v1", Language.EN)
    rows = published.standing(framework)
    whole = f"{sum(row['subjects'] for row in rows):,}"
    assert re.search(rf"<td>Total</td>.*<td>{whole}</td>", html)
    first = published.stages(framework)[0]["label"]
    assert f"<td>{first}</td>" in html


def test_a_headline_shows_the_last_month_that_has_a_number(published: Published) -> None:
    compared = 0
    for headline in published.headlines():
        told = {row["month"]: row["value"] for row in headline.trend if row["value"] is not None}
        if not told:
            assert headline.value is None
            continue
        assert headline.month is not None
        assert headline.value == told[headline.month]
        compared += 1
    assert compared > 8


def test_a_cell_of_a_picture_is_one_number(published: Published) -> None:
    framework = published.build.default_framework
    for rows, key in (
        (published.retention(), ("cohort_month", "age_months")),
        (published.standing(framework), ("stage", "health")),
        (published.growth(framework), ("date", "stage")),
        (published.flow(framework), ("from_stage", "to_stage")),
        (published.channels(), ("channel",)),
    ):
        cells = [tuple(row[column] for column in key) for row in rows]
        assert len(cells) > 5
        assert len(set(cells)) == len(cells)


def test_axes_write_numbers_as_the_language_does() -> None:
    rows = [{"date": date(2026, 6, day), "stage": "s", "subjects": 1500 * day} for day in (1, 2)]
    stages = {"s": "Stage"}
    drawn = {
        language: vl_convert.vegalite_to_svg(spoken(charts.growth(rows, stages, words), words))
        for language in Language
        if (words := Words(language))
    }
    assert "1,000" in drawn[Language.EN]
    assert "1,000" not in drawn[Language.IT]
    assert "1\u202f000" in drawn[Language.IT]


def test_what_is_unknown_is_a_dash_and_never_a_zero() -> None:
    words = Words(Language.EN)
    assert words.number(None, "money") == "–"
    assert words.number(float("nan"), "share") == "–"
    assert words.number(0, "money") == "0.00"


@pytest.mark.parametrize(
    ("value", "unit", "english", "italian"),
    [
        (1234567, "count", "1,234,567", "1\u202f234\u202f567"),
        (Decimal("0.125"), "share", "12.5 %", "12,5 %"),
        (62.974, "money", "62.97", "62,97"),
        (1234.5, "money", "1,234", "1\u202f234"),
        (8, "hours", "8 h", "8 h"),
        (3, "days", "3 days", "3 giorni"),
    ],
)
def test_numbers_are_written_as_people_read_them(
    value: float, unit: str, english: str, italian: str
) -> None:
    assert Words(Language.EN).number(value, unit) == english
    assert Words(Language.IT).number(value, unit) == italian


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    for english, italian in texts().values():
        assert italian
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", italian)


@pytest.mark.parametrize("count", [4, 5, 6])
def test_stages_have_colours_of_their_own_that_only_grow_lighter(count: int) -> None:
    colours = list(palette.stage_colours([f"s{place}" for place in range(count)]).values())
    light = [_lightness(colour) for colour in colours]
    assert light == sorted(light)
    assert len(set(colours)) == count


def test_names_of_the_data_cannot_become_markup(sample_state: StateDir, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(sample_state.published_database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update marts.channel_performance set channel = '<b onload=x>'")
        connection.execute("update marts.stages set label = '<i>' || stage")
        html = render(Published(connection), "v1", Language.EN)
    assert "<b onload" not in html
    assert "<i>" not in html
    assert "&lt;b onload=x&gt;" in html


def test_a_month_that_never_ended_says_why_there_is_no_picture(
    sample_state: StateDir, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(sample_state.published_database.read_bytes())
    with duckdb.connect(str(copy)) as connection:
        for mart in ("stage_flow_monthly", "retention_cohorts", "channel_performance"):
            connection.execute(f"delete from marts.{mart}")
        html = render(Published(connection), "v1", Language.EN)
    for key in ("no_flow", "no_retention", "no_channels"):
        assert Words(Language.EN)(key) in html


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere/r.html", "nowhere is no directory"),
        ("folder", "it is no file"),
        ("pipe", "it is no file"),
        ("/dev/full", "No space left on device"),
    ],
)
def test_a_page_that_cannot_be_written_says_so(
    sample_state: StateDir, tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SettingsError, match=rf"{why}\); name another file for the page"):
        write_report(sample_state, tmp_path / name, Language.EN)


def test_a_page_is_written_in_the_place_of_an_older_one(
    sample_state: StateDir, tmp_path: Path
) -> None:
    (tmp_path / "r.html").write_text("older", encoding="utf-8")
    assert write_report(sample_state, tmp_path / "r.html", Language.IT) == (
        (tmp_path / "r.html").stat().st_size
    )


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
