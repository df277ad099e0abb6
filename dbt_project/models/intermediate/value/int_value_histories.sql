-- What the order days of each customer up to a day come to: the as-of date, and the days before the
-- last 90 and the last 365, after which it is known how often customers did order. A hold-out needs
-- as many days before it as it holds.

with

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
    cross join {{ ref('int_settings') }} as settings
    cross join first_day
    where
        first_day.first_order_on
        <= {{ add_days('settings.as_of_date', '-2 * purposes.held_out_days') }}

),

split_days as (

    select
        splits.split_on,
        order_days.person_key,
        order_days.order_date,
        case when order_days.order_date <= splits.split_on then order_days.order_date end
            as known_on,
        order_days.net_value,
        case when order_days.is_missing_rate then 1 else 0 end as unrated
    from order_days
    cross join splits

),

-- All but the first day are repeats.
totals as (

    select
        split_on,
        person_key,
        min(order_date) as first_order_on,
        max(known_on) as last_order_on,
        count(known_on) - 1 as frequency,
        count(*) - count(known_on) as later_order_days,
        sum(case when known_on is not null then net_value else 0 end)
        - min_by(net_value, order_date) as repeat_value,
        sum(case when known_on is not null then unrated else 0 end)
        - min_by(unrated, order_date) as unrated_repeats
    from split_days
    group by
        split_on,
        person_key
    having min(order_date) <= split_on

),

histories as (

    select
        splits.purpose,
        totals.person_key,
        cast(totals.frequency as integer) as frequency,
        cast({{ days_between('totals.first_order_on', 'totals.last_order_on') }} as integer)
            as recency_days,
        cast({{ days_between('totals.first_order_on', 'totals.split_on') }} as integer)
            as age_days,
        case
            when totals.unrated_repeats > 0 then null
            when totals.frequency = 0 then 0
            else
                cast(
                    round({{ exact_ratio('totals.repeat_value', 'totals.frequency') }}, 4)
                    as decimal(18, 4)
                )
        end as monetary_value,
        cast(totals.later_order_days as integer) as later_order_days
    from totals
    inner join splits on totals.split_on = splits.split_on

)

select * from histories
