"""What the page *Channels* asks: what is spent where, and whom it brings."""

from __future__ import annotations

from orchestration.pictures.published import Published, Rows

MODELS = ("first", "last", "last_non_direct", "linear", "position_based", "time_decay")


def performance(published: Published, months: int) -> Rows:
    """Channels over the last finished months, most net revenue first."""
    return published.rows(
        """
        with months as (
            select distinct period_start from marts.channel_performance
            where period_grain = 'month' and is_complete
            order by period_start desc limit $months
        )
        select channel, sum(spend) as spend, sum(sessions) as sessions, sum(orders) as orders,
            sum(new_customers) as new_customers, sum(net_revenue) as net_revenue,
            sum(spend) / nullif(sum(new_customers), 0) as acquisition_cost,
            sum(last_touch_revenue) / nullif(sum(spend), 0) as return_on_spend
        from marts.channel_performance
        where period_grain = 'month' and period_start in (from months)
        group by channel
        having sum(spend) > 0 or sum(sessions) > 0 or sum(net_revenue) <> 0
        order by net_revenue desc nulls last, channel
        """,
        months=months,
    )


def to_loyal(published: Published) -> Rows:
    """From all spend of a channel to its customers who stand in the two highest stages today."""
    return published.rows(
        """
        with spent as (
            select channel, sum(spend) as spend, sum(sessions) as sessions
            from marts.channel_performance where period_grain = 'month' group by channel
        ),

        brought as (
            select customers.acquisition_channel as channel, count(*) as customers,
                count(*) filter (stages.ordinal > highest.ordinal - 2) as loyal,
                sum(customers.net_revenue) as net_revenue
            from marts.customers
            left join marts.stages
                on stages.framework = $framework and customers.stage = stages.stage
            cross join (
                select max(ordinal) as ordinal from marts.stages where framework = $framework
            ) as highest
            group by customers.acquisition_channel
        )

        select coalesce(spent.channel, brought.channel) as channel, spend, sessions,
            coalesce(customers, 0) as customers, coalesce(loyal, 0) as loyal, net_revenue,
            spend / nullif(loyal, 0) as cost_per_loyal
        from spent full join brought on spent.channel = brought.channel
        where coalesce(spend, 0) > 0 or coalesce(sessions, 0) > 0 or customers > 0
        order by loyal desc, customers desc, 1
        """,
        framework=published.build.default_framework,
    )


def paths(published: Published, most: int) -> Rows:
    """Ways to the first order, the most frequent first."""
    return published.rows(
        """
        select path, steps, customers, revenue, median_days from marts.journey_paths
        order by customers desc, revenue desc, path limit $most
        """,
        most=most,
    )


def attribution(published: Published) -> Rows:
    """First orders credited to channels by each model, over all months."""
    sums = ", ".join(f"sum(customers_{model}) as {model}" for model in MODELS)
    return published.rows(f"""
        select channel, {sums} from marts.channel_performance
        where period_grain = 'month' group by channel
        having sum(customers_first) > 0 or sum(customers_last) > 0 or sum(customers_linear) > 0
        order by linear desc nulls last, channel
    """)
