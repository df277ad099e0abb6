"""What the page *Customers* asks: who is found, and everything about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestration.pictures.published import Published, Rows


def found(published: Published, search: str, stage: str, health: str, most: int) -> Rows:
    """Customers whose id, country, channel or segment contains a text, most valuable first."""
    return published.rows(
        """
        select subject_id, stage, health, country, acquisition_channel, rfm_segment, orders,
            net_revenue, last_order_on, predicted_value_365d
        from marts.customers
        where ($stage = '' or stage = $stage) and ($health = '' or health = $health)
            and contains(
                lower(concat_ws(' ', subject_id, country, acquisition_channel, rfm_segment)),
                lower($search)
            )
        order by predicted_value_365d desc nulls last, net_revenue desc nulls last, subject_id
        limit $most
        """,
        search=search.strip(),
        stage=stage,
        health=health,
        most=most,
    )


def count_found(published: Published, search: str, stage: str, health: str) -> int:
    """How many of them there are."""
    return published.rows(
        """
        select count(*) as customers from marts.customers
        where ($stage = '' or stage = $stage) and ($health = '' or health = $health)
            and contains(
                lower(concat_ws(' ', subject_id, country, acquisition_channel, rfm_segment)),
                lower($search)
            )
        """,
        search=search.strip(),
        stage=stage,
        health=health,
    )[0]["customers"]


def customer(published: Published, subject: str) -> Mapping[str, Any]:
    """The wide row of a customer."""
    return published.rows(
        "select * from marts.customers where subject_id = $subject", subject=subject
    )[0]


def standing(published: Published, subject: str, framework: str) -> Rows:
    """Where a customer stands in a framework, why, and what comes next; a row or none."""
    return published.rows(
        """
        select * from marts.lifecycle_current
        where subject_id = $subject and framework = $framework
        """,
        subject=subject,
        framework=framework,
    )


def evidence(published: Published, subject: str, framework: str) -> Rows:
    """The conditions of the rule that won and of the next stage's rules."""
    return published.rows(
        """
        select evidence.stage, rule, condition_no, signal, measure, window_days, at_least, below,
            observed, holds, missing, stops_holding_on
        from marts.stage_evidence as evidence
        inner join marts.stages
            on evidence.framework = stages.framework and evidence.stage = stages.stage
        where subject_id = $subject and evidence.framework = $framework
        order by stages.ordinal, rule, condition_no
        """,
        subject=subject,
        framework=framework,
    )


def history(published: Published, subject: str, framework: str) -> Rows:
    """The intervals of a customer's history, the latest first."""
    return published.rows(
        """
        select valid_from, valid_to, stage, health, movement from marts.lifecycle_history
        where subject_id = $subject and framework = $framework order by valid_from desc
        """,
        subject=subject,
        framework=framework,
    )


def timeline(published: Published, subject: str, most: int) -> Rows:
    """The latest facts about a customer, the latest first."""
    return published.rows(
        """
        select occurred_at, kind, label, label_it, value, source_table, source_id
        from marts.customer_timeline where subject_id = $subject
        order by occurred_at desc, kind, source_id limit $most
        """,
        subject=subject,
        most=most,
    )


def value(published: Published, subject: str) -> Rows:
    """What a customer is worth, by the model; a row or none."""
    return published.rows(
        "select * from marts.customer_value where subject_id = $subject", subject=subject
    )


def next_products(published: Published, subject: str) -> Rows:
    """What to offer next, the best first."""
    return published.rows(
        """
        select rank, product_id, reason_product, confidence, method
        from marts.next_best_product where subject_id = $subject order by rank
        """,
        subject=subject,
    )
