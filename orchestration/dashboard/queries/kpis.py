"""What the page *KPIs* asks: the catalogue, and the periods of one KPI."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.pictures.published import Published, Rows


def catalogue(published: Published) -> Rows:
    """Every KPI with its definition, by group and title."""
    return published.rows("select * from marts.kpi_catalog order by stage_group, title, kpi")


def dimensions(published: Published, kpi: str, grain: str) -> list[str]:
    """Dimensions that a KPI has rows of in a grain, `all` first."""
    rows = published.rows(
        """
        select dimension from marts.kpi_values
        where kpi = $kpi and period_grain = $grain
        group by dimension order by dimension <> 'all', dimension
        """,
        kpi=kpi,
        grain=grain,
    )
    return [str(row["dimension"]) for row in rows]


def slices(published: Published, kpi: str, grain: str, dimension: str) -> list[str]:
    """Values of a dimension, those of most units first."""
    rows = published.rows(
        """
        select dimension_value from marts.kpi_values
        where kpi = $kpi and period_grain = $grain and dimension = $dimension
        group by dimension_value
        order by sum(abs(coalesce(denominator, numerator))) desc nulls last, dimension_value
        """,
        kpi=kpi,
        grain=grain,
        dimension=dimension,
    )
    return [str(row["dimension_value"]) for row in rows]


def periods(
    published: Published, kpi: str, grain: str, dimension: str, values: Sequence[str], last: int
) -> Rows:
    """The last periods of a KPI in some slices, oldest first."""
    return published.rows(
        """
        with shown as (
            select distinct period_start from marts.kpi_values
            where kpi = $kpi and period_grain = $grain and dimension = $dimension
            order by period_start desc limit $last
        )
        select period_start, period_end, dimension_value, value, status, sample_size
        from marts.kpi_values
        where kpi = $kpi and period_grain = $grain and dimension = $dimension
            and list_contains($values, dimension_value)
            and period_start in (from shown)
        order by period_start, dimension_value
        """,
        kpi=kpi,
        grain=grain,
        dimension=dimension,
        values=list(values),
        last=last,
    )


def targets(published: Published, kpi: str, grain: str, dimension: str, value: str) -> Rows:
    """What was aimed at, by period."""
    return published.rows(
        """
        select period_start, target, owner, is_met from marts.kpi_vs_target
        where kpi = $kpi and period_grain = $grain
            and dimension = $dimension and dimension_value = $value
        order by period_start
        """,
        kpi=kpi,
        grain=grain,
        dimension=dimension,
        value=value,
    )
