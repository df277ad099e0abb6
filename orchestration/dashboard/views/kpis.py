"""KPIs: one at a time, by period and slice, with what is not known yet shaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.charts.kpis import kpi_lines
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import kpis
from orchestration.pictures import palette
from orchestration.pictures.published import Rows

_ALL = "all"
_MOST_LINES = 6
_FIRST_SHOWN = "net_revenue"
_PERIODS = {"day": 92, "week": 53, "month": 25, "quarter": 13, "year": 6}


def page(context: Context) -> None:
    """Draw the page."""
    words, published = context.words, context.published
    show.title(words("page_kpis"), words("kpis_note"))
    catalogue = {row["kpi"]: row for row in kpis.catalogue(published)}
    entry = catalogue[_pick_kpi(context, catalogue)]
    grain, dimension = _pick_periods(context, entry)
    values = kpis.slices(published, entry["kpi"], grain, dimension)
    labels = _labels(context, dimension, values)
    if dimension != _ALL:
        values = st.multiselect(
            words("slices"), list(labels), list(labels)[:_MOST_LINES],
            format_func=labels.__getitem__, max_selections=_MOST_LINES,
            key=f"slices_{entry['kpi']}_{grain}_{dimension}",
        )  # fmt: skip
    left, right = st.columns([2, 1], gap="large")
    with left, show.section(words, words.label(entry, "title"), words("shading_note")):
        rows = kpis.periods(published, entry["kpi"], grain, dimension, values, _PERIODS[grain])
        _periods(context, entry, grain, dimension, rows, {key: labels[key] for key in values})
    with right, show.section(words, words("definition")):
        _definition(context, entry)


def _pick_kpi(context: Context, catalogue: Mapping[str, Mapping[str, Any]]) -> str:
    words = context.words
    names = {
        kpi: f"{words.label(entry, 'title')} · {words('group_' + entry['stage_group'])}"
        for kpi, entry in catalogue.items()
    }
    listed = list(names)
    asked = context.asked("kpi")
    first = listed.index(asked if asked in names else _FIRST_SHOWN)
    chosen = st.selectbox(words("kpi"), listed, first, format_func=names.__getitem__, key="kpi")
    st.query_params["kpi"] = chosen
    return chosen


def _pick_periods(context: Context, entry: Mapping[str, Any]) -> tuple[str, str]:
    words = context.words
    grains = str(entry["grains"]).split("|")
    left, right = st.columns(2)
    with left:
        grain = st.selectbox(
            words("grain"), grains, grains.index("month") if "month" in grains else 0,
            format_func=lambda name: words(f"grain_{name}"), key=f"grain_{entry['kpi']}",
        )  # fmt: skip
    dimensions = kpis.dimensions(context.published, entry["kpi"], grain) or [_ALL]
    own = f"stage:{context.framework}"
    if own in dimensions:
        dimensions = [own, *(name for name in dimensions if name != own)]
    with right:
        dimension = st.selectbox(
            words("dimension"), dimensions, format_func=lambda name: _dimension(context, name),
            key=f"dimension_{entry['kpi']}_{grain}",
        )  # fmt: skip
    return grain, dimension


def _dimension(context: Context, name: str) -> str:
    kind, _, framework = name.partition(":")
    label = context.words(f"dimension_{kind}")
    return f"{label}: {framework}" if framework else label


def _labels(context: Context, dimension: str, values: list[str]) -> dict[str, str]:
    """Labels of slices: stages and healths in their order and language, others as they are."""
    known: dict[str, str] = {}
    kind, _, framework = dimension.partition(":")
    if kind == "stage":
        named = framework or context.published.build.default_framework
        rows = context.published.stages(named)
        known = {row["stage"]: context.words.label(row) for row in rows}
    elif kind == "health":
        known = context.healths()
    ordered = [
        *(key for key in known if key in values),
        *(key for key in values if key not in known),
    ]
    return {
        key: known.get(key, context.words("all_together") if key == _ALL else key)
        for key in ordered
    }


def _periods(
    context: Context, entry: Mapping[str, Any], grain: str, dimension: str, rows: Rows,
    labels: Mapping[str, str],
) -> None:  # fmt: skip
    words, unit = context.words, str(entry["unit"])
    if not rows:
        show.note(words("no_periods"))
        return
    latest = rows[-1]["period_start"]
    reasons = {row["status"] for row in rows}
    if not any(row["value"] is not None for row in rows):
        show.note(words("never_known", why=words(sorted(reasons)[0])))
    targets = kpis.targets(context.published, entry["kpi"], grain, dimension, next(iter(labels)))
    colours = _colours(dimension, labels)
    chart = kpi_lines(
        rows, targets if len(labels) == 1 else [], labels, colours, _unit(context, unit),
        unit, grain, words,
    )  # fmt: skip

    def as_table() -> None:
        head = [words("period"), words("slice"), words("value"), words("status"), words("sample")]
        show.table(head, [_line(row, labels, unit, context) for row in reversed(rows)], texts=2)

    show.picture(chart, words, f"{words.label(entry, 'title')} {latest:%Y-%m-%d}", as_table)
    show.download(words, f"{entry['kpi']}_{grain}", lambda: rows)


def _line(
    row: Mapping[str, Any], labels: Mapping[str, str], unit: str, context: Context
) -> list[str]:
    words = context.words
    return [
        words.day(row["period_start"]),
        labels[row["dimension_value"]],
        words.number(row["value"], unit),
        words(row["status"]),
        words.number(row["sample_size"]),
    ]


def _unit(context: Context, unit: str) -> str:
    """What a number of a KPI is counted in; money has a currency."""
    is_money = unit == "money"
    return context.published.build.reporting_currency if is_money else context.words(f"unit_{unit}")


def _colours(dimension: str, labels: Mapping[str, str]) -> dict[str, str]:
    if dimension.startswith("stage"):
        return palette.stage_colours(list(labels))
    return palette.slice_colours(list(labels))


def _definition(context: Context, entry: Mapping[str, Any]) -> None:
    words = context.words
    show.text(str(entry["definition"]))
    parts = {
        "kpi": entry["kpi"],
        "numerator": entry["numerator"],
        "denominator": entry["denominator"] or "–",
        "unit": _unit(context, str(entry["unit"])),
        "better": words(f"direction_{entry['direction']}"),
        "matures": words("after_days", days=words.number(entry["maturity_days"], "days")),
        "restates": _restated_by(context, str(entry["restates"] or "nothing")),
    }
    show.facts([(words(name), str(part)) for name, part in parts.items()])


def _restated_by(context: Context, causes: str) -> str:
    return ", ".join(context.words(f"restates_{cause}") for cause in causes.split("|"))
