"""What the page *Data* asks: whether every row is accounted for, and what is odd."""

from __future__ import annotations

from orchestration.pictures.published import Published, Rows


def files(published: Published) -> Rows:
    """Landing files: what was read and what became of it."""
    return published.rows("""
        select name, rows_read, rows_kept, rows_duplicate, rows_quarantined, rows_set_aside
        from marts.row_accounting where scope = 'file' order by name
    """)


def filtered(published: Published) -> Rows:
    """Staging models and orders: what was left out, and why."""
    return published.rows("""
        select name, rows_read, rows_kept, rows_filtered, filtered_reasons
        from marts.row_accounting where scope <> 'file' order by scope, name
    """)


def unmapped(published: Published, most: int) -> Rows:
    """Event names of which some events feed nothing, most such events first."""
    return published.rows(
        """
        select event_name, events, events_without_signal, persons, first_on, last_on, signals
        from marts.event_names where events_without_signal > 0
        order by events_without_signal desc, event_name limit $most
        """,
        most=most,
    )


def checks(published: Published) -> Rows:
    """What was judged before publishing: value and band."""
    return published.rows("""
        select expectation, item, value, population, at_least, at_most, severity, is_judged,
            coalesce(value >= at_least, true) and coalesce(value <= at_most, true) as is_within
        from marts.plausibility order by expectation, item
    """)


def restatements(published: Published, most: int) -> Rows:
    """Numbers that are others than in the version before, the latest periods first."""
    return published.rows(
        """
        select restated.kpi, catalog.title, catalog.title_it, catalog.unit, period_grain,
            period_start, dimension, dimension_value, old_value, new_value, cause
        from marts.restatements as restated
        inner join marts.kpi_catalog as catalog on restated.kpi = catalog.kpi
        order by dimension <> 'all', period_start desc, restated.kpi, period_grain, dimension_value
        limit $most
        """,
        most=most,
    )


def rule_changes(published: Published) -> Rows:
    """Builds whose rules were others, the latest first: how many subjects that moved."""
    return published.rows("""
        select as_of_date, first_build_id, rules_hash, subjects,
            subjects_moved + subjects_unclear as subjects_moved, moved_share
        from marts.rule_changes where previous_rules_hash is not null
        order by as_of_date desc, first_build_id
    """)
