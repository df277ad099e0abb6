-- Carts, on the date of their first event, summed by day and slice before they count for KPIs.
-- An open cart adds nothing, but keeps its period immature; so does, for the recovery rate, an
-- abandoned one until its time is over. A cart of unknown value is in no sum of values; a sum of
-- nothing is null and counts for no KPI.
{%- set dimensions = ['country', 'health', 'stage', 'account'] %}

with

carts as (

    select
        *,
        outcome = 'open' as is_open,
        outcome in ('abandoned', 'recovered') as is_abandoned
    from {{ ref('int_cart_outcomes') }}

),

sliced_carts as (

    {{ sliced_by_person('carts', 'facts.fact_date') }}

),

totals as (

    select
        fact_date,
        {{ slice_of_a_sum(dimensions) }},
        sum(cast(is_abandoned as integer)) as abandoned_carts,
        sum(cast(not is_open as integer)) as ended_carts,
        sum(case when outcome = 'recovered' then 1 end) as recovered_carts,
        sum(case when is_abandoned then 1 when is_open then 0 end) as recoverable_carts,
        sum(case when is_abandoned then cart_value when is_open then 0 end) as abandoned_value,
        sum(case when is_abandoned and cart_value is not null then 1 when is_open then 0 end)
            as valued_carts,
        bool_or(is_abandoned and cart_value is not null and is_missing_rate) as is_missing_rate,
        max(case when is_open then cast('9999-12-31' as date) end) as outcome_mature_on,
        max(
            case
                when is_open then cast('9999-12-31' as date)
                when is_abandoned then recoverable_until
            end
        ) as recovery_mature_on
    from sliced_carts
    group by {{ every_slice('fact_date', dimensions) }}

),

kpi_rows as (

    select
        kpis.kpi,
        totals.fact_date,
        totals.dimension,
        totals.dimension_value,
        cast(
            case kpis.kpi
                when 'cart_abandonment_rate' then totals.abandoned_carts
                when 'cart_recovery_rate' then totals.recovered_carts
                when 'cart_value_abandoned' then totals.abandoned_value
            end as decimal(28, 10)
        ) as numerator,
        cast(
            case kpis.kpi
                when 'cart_abandonment_rate' then totals.ended_carts
                when 'cart_recovery_rate' then totals.recoverable_carts
            end as decimal(28, 10)
        ) as denominator,
        cast(
            case kpis.kpi when 'cart_value_abandoned' then totals.valued_carts end as bigint
        ) as sample_size,
        kpis.kpi = 'cart_value_abandoned' and totals.is_missing_rate as is_missing_rate,
        case
            when kpis.kpi = 'cart_recovery_rate' then totals.recovery_mature_on
            else totals.outcome_mature_on
        end as mature_on
    from totals
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_carts'

)

select * from kpi_rows
