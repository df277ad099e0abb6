-- The periods in which a KPI cannot be told, since something it needs has no row. A term of
-- `inputs` holds when one of its alternatives is known. Followers are unknown until the first
-- number, their change until there is one to compare with.
-- Long, since terms, and the one exception of followers, judge the same periods.

with

terms as (

    select
        kpi,
        {{ unnest_parts('inputs', '|') }} as term
    from {{ ref('kpis') }}

),

alternatives as (

    select
        kpi,
        term,
        {{ unnest_parts('term', ' or ') }} as input
    from terms

),

written_grains as (

    select
        kpi,
        period_grain
    from {{ ref('int_kpi_slices') }}
    group by
        kpi,
        period_grain

),

needed_terms as (

    select
        alternatives.kpi,
        alternatives.term,
        written_grains.period_grain,
        periods.period_start,
        alternatives.input
    from alternatives
    inner join written_grains on alternatives.kpi = written_grains.kpi
    inner join {{ ref('int_periods') }} as periods
        on written_grains.period_grain = periods.period_grain

),

judged_terms as (

    select
        needed_terms.kpi,
        needed_terms.term,
        needed_terms.period_grain,
        needed_terms.period_start,
        count(always_known.input) + count(known_then.input) as known_inputs
    from needed_terms
    left join {{ ref('int_kpi_inputs') }} as always_known
        on
            needed_terms.input = always_known.input
            and always_known.period_grain is null
    left join {{ ref('int_kpi_inputs') }} as known_then
        on
            needed_terms.input = known_then.input
            and needed_terms.period_grain = known_then.period_grain
            and needed_terms.period_start = known_then.period_start
    group by
        needed_terms.kpi,
        needed_terms.term,
        needed_terms.period_grain,
        needed_terms.period_start

),

first_stock as (

    select
        min(stocks.valid_from) as first_on,
        max(settings.as_of_date) as as_of_date
    from {{ ref('int_settings') }} as settings
    left join {{ ref('int_follower_stocks') }} as stocks on true

),

unknown_followers as (

    select
        written_grains.kpi,
        periods.period_grain,
        periods.period_start
    from written_grains
    inner join {{ ref('int_periods') }} as periods
        on written_grains.period_grain = periods.period_grain
    cross join first_stock
    where
        written_grains.kpi in ('followers', 'net_new_followers')
        and first_stock.first_on
        + case written_grains.kpi when 'net_new_followers' then 1 else 0 end
        > least({{ add_days('periods.period_end', -1) }}, first_stock.as_of_date)

),

unknown_terms as (

    select
        kpi,
        period_grain,
        period_start
    from judged_terms
    where known_inputs = 0

    union all

    select * from unknown_followers

),

unknown_periods as (

    select
        kpi,
        period_grain,
        period_start
    from unknown_terms
    group by
        kpi,
        period_grain,
        period_start

)

select * from unknown_periods
