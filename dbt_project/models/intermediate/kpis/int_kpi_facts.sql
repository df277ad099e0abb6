-- What all topics say, row by row: the one place that lists them, and that looks up what a KPI is
-- sliced by, as the catalogue says. Country and account are those of today, health and stage those
-- of the eve of the fact.
--
-- A topic writes one row for each thing that counts for a KPI, with the columns that it needs:
-- kpi, person_key, channel (or framework and stage), numerator, denominator; and one of
--   fact_date                        the day on which it counts
--   ranked_on                        the day on which it is one of those whose median or largest is
--                                    told
--   period_grain, period_start       the one period in which it counts, where periods do not add up
--   valid_from, valid_to, is_opening the days through which it stands (a stock), until the day
--                                    before valid_to or for ever; is_opening if the KPI tells what
--                                    stood at the end of the day before a period
-- A topic of many rows sums them by day or period and slice itself, before it names the KPI: such a
-- row says is_sliced and has, instead of a person, one of everybody ('all'), channel, country,
-- health, stage and account, a slice that the catalogue may not ask for.
-- A row counts when its numerator or its denominator is not null, or when it says is_unsettled: its
-- number cannot be told yet. sample_size is what it adds to the sample where that is neither the
-- denominator nor, without one, 1. mature_on is the last day on which it may still change where
-- that does not follow from fact_date; is_missing_rate says that its money could not be converted.
-- Times are in microseconds. Sums are cast to decimal(28, 10): next to a wider type the union would
-- lose decimals. All numbers keep ten decimals, since taking some away is a division. Over 120
-- lines, since every topic and every dimension is named once.

with

topic_rows as (

    {{ union_by_name([
        ref('int_kpi_acquisition'),
        ref('int_kpi_active_customers'),
        ref('int_kpi_affiliates'),
        ref('int_kpi_audience'),
        ref('int_kpi_carts'),
        ref('int_kpi_customers'),
        ref('int_kpi_discovery'),
        ref('int_kpi_messages'),
        ref('int_kpi_mrr'),
        ref('int_kpi_orders'),
        ref('int_kpi_predictions'),
        ref('int_kpi_referrals'),
        ref('int_kpi_retention'),
        ref('int_kpi_reviews'),
        ref('int_kpi_sessions'),
        ref('int_kpi_stages'),
        ref('int_kpi_support'),
        ref('int_kpi_surveys'),
        ref('int_kpi_trials'),
        ref('int_kpi_value'),
    ]) }}

),

kpis as (

    select
        kpi,
        kpi_no,
        is_ratio,
        aggregate,
        bool_or(dimension = 'channel') as has_channel,
        bool_or(dimension = 'country') as has_country,
        bool_or(dimension = 'health') as has_health,
        bool_or(dimension = 'stage') as has_stage,
        bool_or(dimension = 'account') as has_account
    from {{ ref('int_kpi_slices') }}
    group by
        kpi,
        kpi_no,
        is_ratio,
        aggregate

),

counted_rows as (

    select
        topic_rows.*,
        case
            when kpis.has_health or kpis.has_stage
                then coalesce(topic_rows.fact_date, topic_rows.ranked_on)
        end as stands_on,
        kpis.kpi_no,
        kpis.is_ratio,
        kpis.aggregate,
        kpis.has_channel,
        kpis.has_country,
        kpis.has_health,
        kpis.has_stage,
        kpis.has_account
    from topic_rows
    inner join kpis on topic_rows.kpi = kpis.kpi
    where
        coalesce(topic_rows.numerator, topic_rows.denominator) is not null
        or topic_rows.is_unsettled

),

sliced_rows as (

    {{ sliced_by_person('counted_rows', 'facts.stands_on') }}

),

facts as (

    select
        kpi,
        kpi_no,
        aggregate,
        fact_date,
        ranked_on,
        period_grain,
        period_start,
        valid_from,
        valid_to,
        coalesce(is_opening, false) as is_opening,
        case
            when framework is not null then 'stage:' || framework
            when has_channel then 'channel'
        end as own_dimension,
        case when framework is not null then stage when has_channel then channel end as own_value,
        case when is_sliced then everybody else any_person end as everybody,
        case when is_sliced then country when has_country then person_country end as country,
        case when is_sliced then health when has_health then person_health end as health,
        case when is_sliced then stage when has_stage then person_stage end as stage,
        case when is_sliced then account when has_account then person_account end as account,
        cast(
            case when is_ratio then coalesce(numerator, 0) else numerator end as decimal(38, 10)
        ) as numerator,
        cast(case when is_ratio then coalesce(denominator, 0) end as decimal(38, 10))
            as denominator,
        cast(
            coalesce(sample_size, denominator, case when is_ratio then 0 else 1 end)
            as decimal(38, 10)
        ) as sample_size,
        coalesce(is_missing_rate, false) as is_missing_rate,
        mature_on
    from sliced_rows

)

select * from facts
