-- What all topics say, row by row and once for each dimension that the catalogue slices the KPI by:
-- the one place that lists topics and dimensions. Country and account are those of today, health
-- and stage those of the eve of the fact.
--
-- A topic writes one row for each thing that counts for a KPI, with the columns that it needs:
-- kpi, person_key, channel, numerator, denominator; and one of
--   fact_date                        the day on which it counts
--   ranked_on                        the day on which it is one of those whose median or largest is
--                                    told
--   period_grain, period_start       the one period in which it counts, where periods do not add up
--   valid_from, valid_to, is_opening the days through which it stands (a stock), until the day
--                                    before valid_to or for ever; is_opening if the KPI tells what
--                                    stood at the end of the day before a period
-- A topic of many rows sums them by day or period and slice itself, before it names the KPI: such a
-- row has, instead of a person, a dimension and a dimension_value, even if nobody asks for these.
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
        bool_or(dimension in ('health', 'stage')) as is_told_of_the_eve
    from {{ ref('int_kpi_slices') }}
    group by
        kpi,
        kpi_no,
        is_ratio,
        aggregate

),

dimensions as (

    select
        kpi_no,
        dimension
    from {{ ref('int_kpi_slices') }}
    group by
        kpi_no,
        dimension

),

counted_rows as (

    select
        topic_rows.*,
        kpis.kpi_no,
        kpis.is_ratio,
        kpis.aggregate,
        case
            when kpis.is_told_of_the_eve then coalesce(topic_rows.fact_date, topic_rows.ranked_on)
        end as sliced_on
    from topic_rows
    inner join kpis on topic_rows.kpi = kpis.kpi
    where
        coalesce(topic_rows.numerator, topic_rows.denominator) is not null
        or topic_rows.is_unsettled

),

rows_of_persons as (

    {{ sliced_by_person('counted_rows', 'facts.sliced_on') }}

),

facts as (

    select
        kpi_no,
        aggregate,
        fact_date,
        ranked_on,
        period_grain,
        period_start,
        valid_from,
        valid_to,
        coalesce(is_opening, false) as is_opening,
        dimension,
        dimension_value,
        channel,
        country,
        health,
        stage,
        account,
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
    from rows_of_persons

),

sliced_facts as (

    select
        facts.kpi_no,
        facts.aggregate,
        facts.fact_date,
        facts.ranked_on,
        facts.period_grain,
        facts.period_start,
        facts.valid_from,
        facts.valid_to,
        facts.is_opening,
        dimensions.dimension,
        case
            when facts.dimension is not null then facts.dimension_value
            when dimensions.dimension = 'all' then 'all'
            when dimensions.dimension = 'channel' then facts.channel
            when dimensions.dimension = 'country' then facts.country
            when dimensions.dimension = 'health' then facts.health
            when dimensions.dimension = 'stage' then facts.stage
            when dimensions.dimension = 'account' then facts.account
        end as dimension_value,
        facts.numerator,
        facts.denominator,
        facts.sample_size,
        facts.is_missing_rate,
        facts.mature_on
    from facts
    inner join dimensions
        on
            facts.kpi_no = dimensions.kpi_no
            and coalesce(facts.dimension = dimensions.dimension, true)

)

select *
from sliced_facts
where dimension_value is not null
