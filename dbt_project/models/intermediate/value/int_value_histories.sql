-- What the order days of each customer up to a day come to: the as-of date, and the days before the
-- last 90 and the last 365, after which it is known how often customers did order. A hold-out needs
-- as many days before it as it holds.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

order_days as (

    select * from {{ ref('int_value_order_days') }}

),

purposes as (

    select
        'all' as purpose,
        0 as held_out_days

    union all

    select
        'holdout_90' as purpose,
        90 as held_out_days

    union all

    select
        'holdout_365' as purpose,
        365 as held_out_days

),

first_day as (

    select min(order_date) as first_order_on from order_days

),

splits as (

    select
        purposes.purpose,
        {{ add_days('settings.as_of_date', '-purposes.held_out_days') }} as split_on
    from purposes
    cross join settings
    cross join first_day
    where
        first_day.first_order_on
        <= {{ add_days('settings.as_of_date', '-2 * purposes.held_out_days') }}

),

split_days as (

    select
        splits.purpose,
        splits.split_on,
        order_days.person_key,
        order_days.first_order_on,
        order_days.order_date,
        order_days.order_date <= splits.split_on as is_known,
        order_days.order_date <= splits.split_on
        and order_days.order_date > order_days.first_order_on as is_repeat,
        order_days.net_value,
        order_days.is_missing_rate
    from order_days
    inner join splits on order_days.first_order_on <= splits.split_on

),

totals as (

    select
        purpose,
        person_key,
        first_order_on,
        split_on,
        max(case when is_known then order_date end) as last_order_on,
        sum(case when is_repeat then 1 else 0 end) as frequency,
        sum(case when is_known then 0 else 1 end) as later_order_days,
        sum(case when is_repeat then net_value else 0 end) as repeat_value,
        coalesce(bool_or(is_repeat and is_missing_rate), false) as is_missing_rate
    from split_days
    group by
        purpose,
        person_key,
        first_order_on,
        split_on

),

histories as (

    select
        purpose,
        person_key,
        cast(frequency as integer) as frequency,
        cast({{ days_between('first_order_on', 'last_order_on') }} as integer) as recency_days,
        cast({{ days_between('first_order_on', 'split_on') }} as integer) as age_days,
        case
            when is_missing_rate then null
            when frequency = 0 then 0
            else
                cast(
                    round({{ exact_ratio('repeat_value', 'frequency') }}, 4) as decimal(18, 4)
                )
        end as monetary_value,
        cast(later_order_days as integer) as later_order_days
    from totals

)

select * from histories
