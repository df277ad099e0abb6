-- How often each way of calling customers lapsed was right, told by what they did in the year
-- after.

with

calls as (

    {% for days in [60, 90, 120, 180, 365] -%}
    select
        'fixed_{{ days }}' as policy,
        month_end,
        has_returned,
        {{ days_between('last_order_on', 'month_end') }} >= {{ days }} as is_called,
        {{ days }} as days_to_call
    from {{ ref('int_lapse_trials') }}

    union all

    {% endfor -%}
    select
        'shipped' as policy,
        month_end,
        has_returned,
        coalesce(health = 'lapsed', false) as is_called,
        {{ days_between('last_order_on', 'health_since') }} as days_to_call
    from {{ ref('int_lapse_trials') }}

    union all

    select
        policy,
        month_end,
        has_returned,
        coalesce({{ days_between('last_order_on', 'month_end') }} >= lapsed_after, false)
            as is_called,
        lapsed_after as days_to_call
    from {{ ref('int_lapse_calls') }}

),

counts as (

    select
        policy,
        month_end,
        count(*) as customers,
        sum(case when is_called then 1 else 0 end) as called_lapsed,
        sum(case when has_returned then 0 else 1 end) as gone,
        sum(case when is_called and has_returned then 1 else 0 end) as false_alarms,
        sum(case when not is_called and not has_returned then 1 else 0 end) as misses,
        {{ exact_median('case when is_called then cast(days_to_call as decimal(9, 0)) end') }}
            as median_days_to_call
    from calls
    group by
        policy,
        month_end

),

lapse_backtest as (

    select
        policy,
        month_end,
        customers,
        cast(called_lapsed as bigint) as called_lapsed,
        cast(gone as bigint) as gone,
        cast(false_alarms as bigint) as false_alarms,
        cast(misses as bigint) as misses,
        {{ exact_ratio(
            'false_alarms * gone + misses * (customers - gone)',
            '2 * gone * (customers - gone)',
            0,
        ) }} as balanced_error,
        median_days_to_call
    from counts

)

select * from lapse_backtest
