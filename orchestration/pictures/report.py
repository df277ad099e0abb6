"""One self-contained page of pictures and tables: no network, for e-mail or as an artefact.

Belongs here: which sections there are, and the page. Does not belong here: reading marts
(`published`), drawing (`charts`).
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import jinja2
import vl_convert
from markupsafe import Markup

from orchestration.errors import SettingsError
from orchestration.pictures import charts
from orchestration.pictures.cards import card
from orchestration.pictures.marks import spoken
from orchestration.pictures.published import CHANNEL_MONTHS, Published, Rows
from orchestration.pictures.words import Language, Words
from orchestration.pipeline.status import open_published
from orchestration.pipeline.versions import current_version
from orchestration.settings.paths import StateDir

_TEMPLATE = Path(__file__).with_name("report.html.j2")


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        title: its heading.
        picture: an SVG, none for a table alone.
        head: the table's column heads.
        rows: the table's cells, as they are read.
        empty: why there is nothing to show; blank when there is something.
    """

    title: str
    picture: Markup | None = None
    head: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()
    empty: str = ""


def write_report(state: StateDir, out: Path, language: Language) -> int:
    """Write the page of the current version, and return its size in bytes.

    Raises:
        StateDirError: nothing is published.
        SettingsError: the page cannot be written there.
    """
    check_page(out)
    with open_published(state) as connection:
        page = render(Published(connection), current_version(state) or "", language)
    content = page.encode("utf-8")
    try:
        out.write_bytes(content)
    except OSError as error:
        raise _unwritable(out, error.strerror or str(error)) from error
    return len(content)


def check_page(out: Path) -> None:
    """Refuse a place where no page can be written, before anybody has waited for the page.

    Raises:
        SettingsError: says why; a pipe is refused as well, which may have no reader.
    """
    if out.is_dir() or out.is_fifo():
        raise _unwritable(out, "it is no file")
    if not out.parent.is_dir():
        raise _unwritable(out, f"{out.parent} is no directory")
    if not os.access(out if out.exists() else out.parent, os.W_OK):
        raise _unwritable(out, os.strerror(errno.EACCES))


def _unwritable(out: Path, why: str) -> SettingsError:
    return SettingsError(f"{out} cannot be written ({why}); name another file for the page.")


def render(published: Published, version: str, language: Language) -> str:
    """Return the page as HTML.

    Args:
        published: the marts.
        version: name of the published version.
        language: of all texts and labels.
    """
    words = Words(language)
    build = published.build
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    framework = build.default_framework
    return template.render(
        words=words,
        language=str(language),
        build=build,
        version=version,
        cards=[
            card(headline, words, published.build.reporting_currency, partial(_trend, words=words))
            for headline in published.headlines()
        ],
        sections=[
            _standing(published, framework, words),
            _growth(published, framework, words),
            _flow(published, framework, words),
            _retention(published, words),
            _channels(published, words),
            _data(published, words),
        ],
    )


def _standing(published: Published, framework: str, words: Words) -> Section:
    stages = _labels(published.stages(framework), "stage", words)
    healths = _labels(published.healths(), "health", words)
    rows = published.standing(framework)
    counts = Counter[tuple[str, str]]()
    for row in rows:
        counts[row["stage"], row["health"]] += row["subjects"]
    cells = [
        (label, *_counted([counts[stage, health] for health in healths], words))
        for stage, label in stages.items()
    ]
    totals = [sum(counts[stage, health] for stage in stages) for health in healths]
    cells.append((words("total"), *_counted(totals, words)))
    return Section(
        words("standing"),
        _svg(charts.standing(rows, stages, healths, words), words),
        (words("stage"), *healths.values(), words("total")),
        cells,
    )


def _growth(published: Published, framework: str, words: Words) -> Section:
    stages = _labels(published.stages(framework), "stage", words)
    rows = published.growth(framework)
    counts = {(row["date"], row["stage"]): row["subjects"] for row in rows}
    days = sorted({row["date"] for row in rows})
    cells = [
        (words.day(day), *(words.number(counts.get((day, stage), 0)) for stage in stages))
        for day in days
    ]
    return Section(
        words("growth"),
        _svg(charts.growth(rows, stages, words), words),
        (words("month"), *stages.values()),
        cells,
    )


def _flow(published: Published, framework: str, words: Words) -> Section:
    stages = _labels(published.stages(framework), "stage", words)
    rows = published.flow(framework)
    if not rows:
        return Section(words("flow", month="…"), empty=words("no_flow"))
    sources = {**stages, "new": words("new")}
    cells = [
        (
            sources[row["from_stage"]],
            stages[row["to_stage"]],
            words.number(row["subjects"]),
            words.number(row["share"], "share"),
        )
        for row in rows
    ]
    return Section(
        words("flow", month=f"{rows[0]['month']:%Y-%m}"),
        _svg(charts.flow(rows, stages, words), words),
        (words("from"), words("to"), words("subjects"), words("share")),
        cells,
    )


def _retention(published: Published, words: Words) -> Section:
    rows = published.retention()
    if not rows:
        return Section(words("retention"), empty=words("no_retention"))
    cells = [
        (
            f"{row['cohort_month']:%Y-%m}",
            words.number(row["age_months"]),
            words.number(row["customers"]),
            words.number(row["retention_rate"], "share"),
        )
        for row in rows
    ]
    head = (words("cohort"), words("age"), words("customers"), words("ordered"))
    return Section(words("retention"), _svg(charts.retention(rows, words), words), head, cells)


def _channels(published: Published, words: Words) -> Section:
    title = words("channels", months=CHANNEL_MONTHS)
    rows = published.channels()
    if not rows:
        return Section(title, empty=words("no_channels"))
    columns = {
        "spend": "money",
        "sessions": "count",
        "new_customers": "count",
        "acquisition_cost": "money",
        "net_revenue": "money",
    }
    cells = [
        (str(row["channel"]), *(words.number(row[name], unit) for name, unit in columns.items()))
        for row in rows
    ]
    return Section(title, None, (words("channel"), *map(words, columns)), cells)


def _data(published: Published, words: Words) -> Section:
    counts = published.files()
    cells = [(words(name), words.number(count)) for name, count in counts.items()]
    number, names = published.unmapped_events()
    if number:
        cells.append((words("unmapped", names=number, examples=", ".join(names)), ""))
    if odd := published.implausible():
        cells.append((words("implausible", names=", ".join(odd)), ""))
    return Section(words("data"), None, ("", words("total")), cells)


def _labels(rows: Rows, key: str, words: Words) -> dict[str, str]:
    return {str(row[key]): words.label(row) for row in rows}


def _counted(counts: Sequence[int], words: Words) -> list[str]:
    return [words.number(count) for count in (*counts, sum(counts))]


def _trend(rows: Rows, words: Words) -> Markup:
    return _svg(charts.trend(rows), words)


def _svg(chart: charts.Chart, words: Words) -> Markup:
    """Draw without a browser; Vega escapes the texts of the data, so the markup is safe."""
    return Markup(vl_convert.vegalite_to_svg(spoken(chart, words)))  # noqa: S704
