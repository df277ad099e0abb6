"""Customers: find one, and see where it stands, why, what comes next, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from orchestration.dashboard import show
from orchestration.dashboard.context import Context
from orchestration.dashboard.queries import customers
from orchestration.pictures.published import Rows
from orchestration.pictures.words import Language

_MOST_FOUND = 50
_MOST_FACTS = 200


def page(context: Context) -> None:
    """Draw the page."""
    words = context.words
    show.title(words("page_customers"), context.with_currency(words("customers_note")))
    with show.section(words, words("find")):
        found = _find(context)
        if not found:
            return
        subject = st.selectbox(
            words("customer"), [str(row["subject_id"]) for row in found], key="customer"
        )
        st.query_params["customer"] = subject
        _customer(context, subject)


def _find(context: Context) -> Rows:
    words, published = context.words, context.published
    build = published.build
    stages = {
        "": words("any"),
        **{row["stage"]: words.label(row) for row in published.stages(build.default_framework)},
    }
    healths = {"": words("any"), **context.healths()}
    text_part, stage_part, health_part = st.columns([2, 1, 1])
    with text_part:
        search = st.text_input(words("search"), context.asked("customer"), key="search")
    with stage_part:
        stage = st.selectbox(
            words("stage"), list(stages), format_func=stages.__getitem__, key="stage"
        )
    with health_part:
        health = st.selectbox(
            words("health"), list(healths), format_func=healths.__getitem__, key="health"
        )
    found = customers.found(published, search, stage, health, _MOST_FOUND)
    number = customers.count_found(published, search, stage, health)
    if not found:
        show.note(words("nobody_found" if search or stage or health else "no_customers"))
        return found
    show.text(words("found", number=words.number(number), shown=words.number(len(found))))
    with st.expander(words("as_list")):
        _list(context, found, stages, healths)
    return found


def _list(
    context: Context, found: Rows, stages: Mapping[str, str], healths: Mapping[str, str]
) -> None:
    words = context.words
    head = ("customer", "stage", "health", "country", "channel", "orders", "net_revenue")
    show.table(
        [*map(words, head), words("predicted_value")],
        [
            [
                str(row["subject_id"]),
                stages.get(row["stage"], "–"),
                healths.get(row["health"], "–"),
                str(row["country"] or "–"),
                str(row["acquisition_channel"] or "–"),
                words.number(row["orders"]),
                words.number(row["net_revenue"], "money"),
                words.number(row["predicted_value_365d"], "money"),
            ]
            for row in found
        ],
        texts=5,
    )


def _customer(context: Context, subject: str) -> None:
    words, published = context.words, context.published
    with show.section(words, subject):
        _standing(context, subject)
    with show.section(words, words("worth")):
        _worth(context, customers.customer(published, subject))
    with show.section(words, words("next_product")):
        _next_products(context, subject)
    with show.section(words, words("evidence"), words("evidence_note")):
        _evidence(context, subject)
    with show.section(words, words("timeline"), words("timeline_note", most=_MOST_FACTS)):
        _timeline(context, subject)
    with show.section(words, words("history")):
        _history(context, subject)


def _standing(context: Context, subject: str) -> None:
    words = context.words
    rows = customers.standing(context.published, subject, context.framework)
    if not rows:
        show.note(words("not_in_framework", framework=context.framework))
        return
    row = rows[0]
    stages, healths = context.stages(), context.healths()
    is_italian = words.language is Language.IT
    show.text(str(row["reason_it"] if is_italian else row["reason"]))
    following = " · ".join(
        labels[row[name]]
        for name, labels in (("next_stage", stages), ("next_health", healths))
        if row[name]
    )
    lines = {
        "stage": f"{stages[row['stage']]}, {words('since', day=row['stage_since'])}",
        "health": healths[row["health"]],
        "comes_next": words("then", day=row["next_change_on"], what=following)
        if row["next_change_on"]
        else words("nothing_changes"),
        "at_risk_on": words.day(row["at_risk_on"]),
        "lapsed_on": words.day(row["lapsed_on"]),
        "expected_next_order": words.day(row["expected_next_order_on"]),
        "days_overdue": words.number(row["days_overdue"]),
        "renews_on": words.day(row["renews_on"]),
        "advance_chance": words("top_stage")
        if row["stage"] == list(stages)[-1]
        else words.number(row["advance_30d_probability"], "share"),
        "is_stalled": words(_answer(row["is_stalled"])),
    }
    show.facts([(words(name), line) for name, line in lines.items()])


def _answer(answer: bool | None) -> str:
    return {True: "yes", False: "no", None: "not_known"}[answer]


def _worth(context: Context, row: Mapping[str, Any]) -> None:
    words = context.words
    units = {
        "orders": "count",
        "net_revenue": "money",
        "average_order_value": "money",
        "margin": "money",
        "refund_rate": "share",
        "monthly_amount": "money",
        "last_nps": "count",
        "open_tickets": "count",
    }
    lines = [(words(name), words.number(row[name], unit)) for name, unit in units.items()]
    values = customers.value(context.published, row["subject_id"])
    told = {
        "predicted_value_90d": "money",
        "predicted_value_365d": "money",
        "contract_value_365d": "money",
        "probability_alive": "share",
        "value_decile": "count",
    }
    for worth in values:
        lines += [(words(name), words.number(worth[name], unit)) for name, unit in told.items()]
        lines.append((words("model"), str(worth["model"])))
    if not values:
        show.note(words("no_value"))
    show.facts(lines)


def _next_products(context: Context, subject: str) -> None:
    words = context.words
    rows = customers.next_products(context.published, subject)
    if not rows:
        show.note(words("no_next_product"))
        return
    show.table(
        [words("rank"), words("product"), words("because_of"), words("confidence")],
        [
            [
                words.number(row["rank"]),
                str(row["product_id"]),
                str(row["reason_product"] or words(f"method_{row['method']}")),
                words.number(row["confidence"], "share"),
            ]
            for row in rows
        ],
        texts=3,
    )


def _evidence(context: Context, subject: str) -> None:
    words, stages = context.words, context.stages()
    rows = customers.evidence(context.published, subject, context.framework)
    if not rows:
        show.note(words("no_evidence"))
        return
    heads = ("stage", "rule", "condition", "needs", "observed", "holds", "missing", "stops_on")
    show.table(
        list(map(words, heads)),
        [
            [
                stages[row["stage"]],
                str(row["rule"]),
                _condition(context, row),
                _range(context, row),
                words.number(row["observed"], "exact"),
                words(_answer(row["holds"])),
                words.number(row["missing"], "exact"),
                words.day(row["stops_holding_on"]),
            ]
            for row in rows
        ],
        texts=3,
    )


def _condition(context: Context, row: Mapping[str, Any]) -> str:
    told = f"{row['signal']} · {row['measure']}"
    days = row["window_days"]
    return f"{told} · {context.words.number(days, 'days')}" if days else told


def _range(context: Context, row: Mapping[str, Any]) -> str:
    words = context.words
    low, high = row["at_least"], row["below"]
    parts = [
        "" if low is None else f"≥ {words.number(low, 'exact')}",
        "" if high is None else f"< {words.number(high, 'exact')}",
    ]
    return " ".join(filter(None, parts)) or "–"


def _timeline(context: Context, subject: str) -> None:
    words = context.words
    rows = customers.timeline(context.published, subject, _MOST_FACTS)
    if not rows:
        show.note(words("no_timeline"))
        return
    show.table(
        [words("when"), words("what"), words("from_where"), words("value")],
        [
            [
                f"{row['occurred_at']:%Y-%m-%d %H:%M}",
                words.label(row),
                f"{row['source_table']}:{row['source_id']}",
                _value(context, row["value"]),
            ]
            for row in rows
        ],
        texts=3,
    )


def _value(context: Context, value: float | None) -> str:
    """An amount, points or an answer: whole ones have no decimals, others two."""
    is_whole = value is None or value == round(value)
    return context.words.number(value, "count" if is_whole else "hundredths")


def _history(context: Context, subject: str) -> None:
    words, stages, healths = context.words, context.stages(), context.healths()
    rows = customers.history(context.published, subject, context.framework)
    show.table(
        [words("from"), words("until"), words("stage"), words("health"), words("movement")],
        [
            [
                words.day(row["valid_from"]),
                words.day(row["valid_to"]),
                stages[row["stage"]],
                healths[row["health"]],
                words(row["movement"]),
            ]
            for row in rows
        ],
        texts=5,
    )
