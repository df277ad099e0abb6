"""Data: what was read and left out, what feeds nothing, what was checked, what was restated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.dashboard import show
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import channels, data
from orchestration.pipeline.versions import versions

_MOST = 50


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_data"), context.with_currency(words("data_note")))
    with show.section(words, words("version")):
        _version(context)
    with show.section(words, words("accounting"), words("accounting_note")):
        _files(context)
    with show.section(words, words("left_out"), words("left_out_note")):
        _filtered(context)
    with show.section(words, words("unmapped_events")):
        _unmapped(context)
    with show.section(words, words("checks"), words("checks_note")):
        _checks(context)
    with show.section(words, words("restatements"), words("restatements_note")):
        _restatements(context)
    with show.section(words, words("rule_changes")):
        _rule_changes(context)


def _version(context: Context) -> None:
    words, build = context.words, context.published.build
    show.facts(
        [
            (words("version"), context.version),
            (words("as_of"), words.day(build.as_of_date)),
            (words("rules"), build.rules_hash[:12]),
            (words("inputs"), build.inputs_hash[:12]),
            (words("kept_versions"), ", ".join(versions(context.state)[::-1])),
        ]
    )


def _files(context: Context) -> None:
    words = context.words
    rows = data.files(context.published)
    if not rows:
        show.note(words("no_files"))
        return
    names = ("rows_read", "rows_kept", "rows_duplicate", "rows_quarantined", "rows_set_aside")
    whole = {name: sum(row[name] or 0 for row in rows) for name in names}
    lines = [
        [words("total"), *(words.number(whole[name]) for name in names)],
        *([str(row["name"]), *(words.number(row[name]) for name in names)] for row in rows),
    ]
    show.table([words("files"), *map(words, names)], lines)
    if whole["rows_quarantined"]:
        show.note(words("look_into_quarantine", rows=words.number(whole["rows_quarantined"])))


def _filtered(context: Context) -> None:
    words = context.words
    rows = data.filtered(context.published)
    if not rows:
        show.note(words("nothing_left_out"))
        return
    show.table(
        list(map(words, ("name", "rows_read", "rows_kept", "rows_filtered", "why"))),
        [
            [
                str(row["name"]),
                *(words.number(row[name]) for name in ("rows_read", "rows_kept", "rows_filtered")),
                str(row["filtered_reasons"] or "–"),
            ]
            for row in rows
        ],
        last_texts=1,
    )


def _unmapped(context: Context) -> None:
    words = context.words
    if not channels.has_events(context.published):
        show.note(words("no_events"))
        return
    rows = data.unmapped(context.published, _MOST)
    if not rows:
        show.note(words("all_mapped"))
        return
    show.table(
        list(map(words, ("event_name", "feeds", "last_seen", "events", "without", "persons"))),
        [
            [
                str(row["event_name"]),
                str(row["signals"] or "–"),
                words.day(row["last_on"]),
                words.number(row["events"]),
                words.number(row["events_without_signal"]),
                words.number(row["persons"]),
            ]
            for row in rows
        ],
        texts=3,
    )


def _checks(context: Context) -> None:
    words = context.words
    rows = data.checks(context.published)
    if not rows:
        show.note(words("no_checks"))
        return
    show.table(
        list(map(words, ("check", "verdict", "value", "at_least", "at_most"))),
        [
            [
                " ".join(filter(None, (row["expectation"], row["item"]))),
                words(_verdict(row["is_judged"], row["is_within"])),
                *(words.number(row[name], "exact") for name in ("value", "at_least", "at_most")),
            ]
            for row in rows
        ],
        texts=2,
    )


def _verdict(is_judged: bool, is_within: bool) -> str:
    if not is_judged:
        return "too_few_to_judge"
    return "within" if is_within else "outside"


def _restatements(context: Context) -> None:
    words = context.words
    rows = data.restatements(context.published, _MOST)
    if not rows:
        show.note(words("no_restatements"))
        return
    show.table(
        list(map(words, ("kpi", "grain", "period", "slice", "cause", "before_it", "after_it"))),
        [_restated(context, row) for row in rows],
        texts=5,
    )


def _restated(context: Context, row: Mapping[str, Any]) -> list[str]:
    words = context.words
    return [
        words.label(row, "title"),
        words(f"grain_{row['period_grain']}"),
        words.day(row["period_start"]),
        words("all_together") if row["dimension"] == "all" else str(row["dimension_value"]),
        str(row["cause"]).replace("_", " "),
        words.number(row["old_value"], row["unit"]),
        words.number(row["new_value"], row["unit"]),
    ]


def _rule_changes(context: Context) -> None:
    words = context.words
    rows = data.rule_changes(context.published)
    if not rows:
        show.note(words("no_rule_changes"))
        return
    show.table(
        list(map(words, ("as_of", "rules", "subjects", "moved", "share_of_all"))),
        [
            [
                words.day(row["as_of_date"]),
                str(row["rules_hash"])[:12],
                words.number(row["subjects"]),
                words.number(row["subjects_moved"]),
                words.number(row["moved_share"], "share"),
            ]
            for row in rows
        ],
        texts=2,
    )
