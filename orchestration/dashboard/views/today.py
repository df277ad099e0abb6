"""Today: the headline numbers, who stands where, what the last week changed, what is due."""

from __future__ import annotations

from orchestration.dashboard import show
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import segments, today
from orchestration.dashboard.sparkline import sparkline
from orchestration.pictures import charts
from orchestration.pictures.cards import card
from orchestration.pictures.published import Rows


def page(context: Context) -> None:
    """Draw the page."""
    words, published, build = context.words, context.published, context.published.build
    about = words(
        "about", persons=words.number(build.persons), currency=build.reporting_currency,
        framework=context.framework,
    )  # fmt: skip
    show.title(
        words("page_today"), f"{words('at_end_of', day=words.day(build.as_of_date))} · {about}"
    )
    with show.section(words, words("headlines"), words("trend_note")):
        show.cards(
            [
                card(headline, words, build.reporting_currency, sparkline)
                for headline in published.headlines()
            ]
        )
    with show.section(words, words("standing"), words("standing_note")):
        _standing(context)
    with show.section(words, words("week"), words("week_note")):
        _week(context)
    with show.section(words, words("plays_due"), words("expected_value_note")):
        _plays(context)


def _standing(context: Context) -> None:
    words = context.words
    rows = context.published.standing(context.framework)
    if not rows:
        show.note(words("nobody"))
        return
    stages, healths = context.stages(), context.healths()
    counts = {(row["stage"], row["health"]): row["subjects"] for row in rows}

    def as_table() -> None:
        cells = [[counts.get((stage, health), 0) for health in healths] for stage in stages]
        cells.append([sum(column) for column in zip(*cells, strict=True)])
        names = [*stages.values(), words("total")]
        show.table(
            [words("stage"), *healths.values(), words("total")],
            [
                [name, *map(words.number, line), words.number(sum(line))]
                for name, line in zip(names, cells, strict=True)
            ],
        )

    chart = charts.standing(rows, stages, healths, words)
    show.picture(chart, words, words("standing"), as_table)


def _week(context: Context) -> None:
    words, published, framework = context.words, context.published, context.framework
    stages = today.stages_since(published, framework)
    healths = today.healths_since(published, framework)
    head = [words("a_week_ago"), words("now"), words("change")]
    show.table([words("stage"), *head], _lines(stages, "stage", context.stages(), context))
    show.table([words("health"), *head], _lines(healths, "health", context.healths(), context))
    moves = today.movements(published, framework)
    if not moves:
        show.note(words("no_movement"))
        return
    show.table(
        [words("movement"), words("changes"), words("subjects")],
        [
            [words(row["movement"]), words.number(row["changes"]), words.number(row["subjects"])]
            for row in moves
        ],
    )


def _lines(rows: Rows, key: str, labels: dict[str, str], context: Context) -> list[list[str]]:
    words = context.words
    return [
        [
            labels[row[key]],
            words.number(row["before"]),
            words.number(row["now"]),
            "–" if row["before"] is None else words.signed(row["now"] - row["before"]),
        ]
        for row in rows
    ]


def _plays(context: Context) -> None:
    words = context.words
    rows = segments.plays_due(context.published)
    if not rows:
        show.note(words("no_plays_due"))
        return
    show.table(
        [words("play"), words("subjects"), words("due_until"), words("expected_value")],
        [
            [
                words.label(row, "title"),
                words.number(row["subjects"]),
                words.day(row["until"]),
                words.number(row["expected_value"], "money"),
            ]
            for row in rows
        ],
    )
