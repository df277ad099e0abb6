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
                then {{ add_days('coalesce(topic_rows.fact_date, topic_rows.ranked_on)', -1) }}
        end as eve,
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

facts as (

    select
        counted_rows.kpi,
        counted_rows.kpi_no,
        counted_rows.aggregate,
        counted_rows.fact_date,
        counted_rows.ranked_on,
        counted_rows.period_grain,
        counted_rows.period_start,
        counted_rows.valid_from,
        counted_rows.valid_to,
        coalesce(counted_rows.is_opening, false) as is_opening,
        case
            when counted_rows.framework is not null then 'stage:' || counted_rows.framework
            when counted_rows.has_channel then 'channel'
        end as own_dimension,
        case
            when counted_rows.framework is not null then counted_rows.stage
            when counted_rows.has_channel then counted_rows.channel
        end as own_value,
        case when counted_rows.has_country then coalesce(attributes.country, 'unknown') end
            as country,
        case when counted_rows.has_health then coalesce(states.health, 'unknown') end
            as health,
        case when counted_rows.has_stage then coalesce(states.stage, 'unknown') end
            as stage,
        case when counted_rows.has_account then coalesce(attributes.account, 'unknown') end
            as account,
        cast(
            case
                when counted_rows.is_ratio then coalesce(counted_rows.numerator, 0)
                else counted_rows.numerator
            end as decimal(38, 10)
        ) as numerator,
        cast(
            case when counted_rows.is_ratio then coalesce(counted_rows.denominator, 0) end
            as decimal(38, 10)
        ) as denominator,
        cast(
            coalesce(
                counted_rows.sample_size,
                counted_rows.denominator,
                case when counted_rows.is_ratio then 0 else 1 end
            ) as decimal(38, 10)
        ) as sample_size,
        coalesce(counted_rows.is_missing_rate, false) as is_missing_rate,
        counted_rows.mature_on
    from counted_rows
    left join {{ ref('int_person_attributes') }} as attributes
        on counted_rows.person_key = attributes.person_key
    left join {{ ref('int_person_states') }} as states
        on
            counted_rows.person_key = states.subject_key
            and counted_rows.eve >= states.valid_from
            and counted_rows.eve < states.valid_to

)

select * from facts
