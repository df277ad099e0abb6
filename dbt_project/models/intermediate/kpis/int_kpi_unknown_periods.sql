-- The periods in which a KPI cannot be told, since something it needs has no row. A term of
-- `inputs` holds when one of its alternatives is known. Followers are unknown until the first
-- number, their change until there is one from before the period to compare with, in each channel.
-- A null dimension means every slice. Over 120 lines, since terms, and the one exception of
-- followers, judge the same periods.

with

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
        needs.kpi,
        needs.term,
        written_grains.period_grain,
        periods.period_start,
        needs.input
    from {{ ref('int_kpi_needs') }} as needs
    inner join written_grains on needs.kpi = written_grains.kpi
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

-- The first number of each channel, as reports name it, and of all: before a change there has to be
-- one from before the period.
first_stocks as (

    select
        'all' as dimension,
        'all' as dimension_value,
        min(valid_from) as first_on
    from {{ ref('int_follower_stocks') }}

    union all

    select
        'channel' as dimension,
        channel as dimension_value,
        min(valid_from) as first_on
    from {{ ref('int_follower_stocks') }}
    group by channel

),

unknown_followers as (

    select
        written_grains.kpi,
        periods.period_grain,
        periods.period_start,
        first_stocks.dimension,
        first_stocks.dimension_value
    from written_grains
    inner join {{ ref('int_periods') }} as periods
        on written_grains.period_grain = periods.period_grain
    cross join first_stocks
    where
        (written_grains.kpi = 'followers' and first_stocks.first_on >= periods.period_end)
        or (
            written_grains.kpi = 'net_new_followers'
            and first_stocks.first_on >= periods.period_start
        )

),

-- Without a row nothing is known in any slice.
unknown_terms as (

    select
        kpi,
        period_grain,
        period_start,
        cast(null as string) as dimension,
        cast(null as string) as dimension_value
    from judged_terms
    where known_inputs = 0

    union all

    select * from unknown_followers

),

unknown_periods as (

    select
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value
    from unknown_terms
    group by
        kpi,
        period_grain,
        period_start,
        dimension,
        dimension_value

)

select * from unknown_periods
