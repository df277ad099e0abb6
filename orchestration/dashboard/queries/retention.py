"""What the page *Retention* asks: cohorts, how long silences last, which order follows."""

from __future__ import annotations

from orchestration.pictures.published import Published, Rows


def slices(published: Published) -> Rows:
    """Dimensions of cohorts and their values, those of most customers first."""
    return published.rows("""
        select dimension, dimension_value, sum(customers) as customers
        from marts.retention_cohorts where age_months = 0
        group by dimension, dimension_value
        order by dimension <> 'all', dimension, sum(customers) desc, dimension_value
    """)


def cohorts(published: Published, dimension: str, value: str) -> Rows:
    """Cohorts by month of the first order and age, whole months only."""
    return published.rows(
        """
        select cohort_month, age_months, customers, active, retention_rate
        from marts.retention_cohorts
        where dimension = $dimension and dimension_value = $value
            and is_mature and age_months > 0 and customers > 0
        order by cohort_month, age_months
        """,
        dimension=dimension,
        value=value,
    )


def silences(published: Published, days: int) -> Rows:
    """Share of customers who have not ordered again, by day since an order and its number."""
    return published.rows(
        """
        select gap_ordinal, day, survival, at_risk from marts.lapse_calibration
        where day <= $days order by gap_ordinal, day
        """,
        days=days,
    )


def order_days(published: Published, dimension: str, value: str) -> Rows:
    """Share that ordered again, by number of the order day."""
    return published.rows(
        """
        select order_day_number, is_pooled, customers, reordered_90d, reordered_180d,
            reordered_365d, median_days, average_order_value
        from marts.order_sequence
        where dimension = $dimension and dimension_value = $value order by order_day_number
        """,
        dimension=dimension,
        value=value,
    )
