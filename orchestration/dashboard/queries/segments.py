"""What the page *Segments and plays* asks: who belongs together, and whether plays work."""

from __future__ import annotations

from orchestration.pictures.published import Published, Rows


def profiles(published: Published) -> Rows:
    """Segments beside each other, the largest first."""
    return published.rows(
        "select * from marts.segment_profiles order by is_persona, customers desc, segment"
    )


def members(published: Published, segment: str, most: int | None = None) -> Rows:
    """Who is in a segment today, most valuable first; all of them unless told how many at most."""
    return published.rows(
        """
        select members.subject_id, customers.stage, customers.health, customers.country,
            customers.acquisition_channel, customers.orders, customers.net_revenue,
            customers.last_order_on, customers.marketing_consent
        from marts.segment_members as members
        inner join marts.customers on members.subject_id = customers.subject_id
        where members.segment = $segment
        order by customers.net_revenue desc nulls last, members.subject_id limit $most
        """,
        segment=segment,
        most=most,
    )


def mix(published: Published, segment: str, dimension: str) -> Rows:
    """How a segment is made up by one dimension, the largest part first."""
    return published.rows(
        """
        select dimension_value, customers from marts.segment_profile_mix
        where segment = $segment and dimension = $dimension
        order by customers desc, dimension_value
        """,
        segment=segment,
        dimension=dimension,
    )


def plays_due(published: Published) -> Rows:
    """Plays with somebody to send to today, the most important first."""
    return published.rows("""
        select due.play, catalog.title, catalog.title_it, count(*) as subjects,
            min(due.due_until) as until, sum(due.expected_value) as expected_value
        from marts.plays_due as due
        inner join marts.play_catalog as catalog on due.play = catalog.play
        group by due.play, catalog.title, catalog.title_it, due.priority
        order by due.priority, due.play
    """)


def due(published: Published, play: str, most: int | None = None) -> Rows:
    """Whom a play is due for, and why; all of them unless told how many at most."""
    return published.rows(
        """
        select subject_id, due_from, due_until, channel, why, why_it, expected_value,
            recommended_product
        from marts.plays_due where play = $play order by due_from, subject_id limit $most
        """,
        play=play,
        most=most,
    )


def results(published: Published) -> Rows:
    """What plays brought against their hold-outs, over all months."""
    return published.rows("""
        select results.*, catalog.title, catalog.title_it
        from marts.play_results as results
        inner join marts.play_catalog as catalog on results.play = catalog.play
        where results.month = 'all' order by results.play
    """)
