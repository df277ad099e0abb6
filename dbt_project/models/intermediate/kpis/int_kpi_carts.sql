-- Carts, on the date of their first event. An open cart adds nothing, but keeps its period
-- immature; so does, for the recovery rate, an abandoned one until its time is over. A cart of
-- unknown value is in no sum of values.

with

carts as (

    select
        *,
        outcome = 'open' as is_open,
        outcome in ('abandoned', 'recovered') as is_abandoned
    from {{ ref('int_cart_outcomes') }}

),

kpi_rows as (

    select
        kpis.kpi,
        carts.fact_date,
        carts.person_key,
        cast(
            case kpis.kpi
                when 'cart_abandonment_rate' then cast(carts.is_abandoned as integer)
                when 'cart_recovery_rate' then case when carts.outcome = 'recovered' then 1 end
                when 'cart_value_abandoned'
                    then case
                        when carts.is_abandoned then carts.cart_value
                        when carts.is_open then 0
                    end
            end as decimal(28, 10)
        ) as numerator,
        case kpis.kpi
            when 'cart_abandonment_rate' then cast(not carts.is_open as integer)
            when 'cart_recovery_rate'
                then case when carts.is_abandoned then 1 when carts.is_open then 0 end
        end as denominator,
        case kpis.kpi
            when 'cart_value_abandoned' then cast(carts.is_abandoned as integer)
        end as sample_size,
        kpis.kpi = 'cart_value_abandoned'
        and carts.is_abandoned
        and carts.is_missing_rate as is_missing_rate,
        case
            when carts.is_open then cast('9999-12-31' as date)
            when kpis.kpi = 'cart_recovery_rate' then carts.recoverable_until
        end as mature_on
    from carts
    cross join {{ ref('kpis') }} as kpis
    where kpis.model = 'int_kpi_carts'

)

select * from kpi_rows
