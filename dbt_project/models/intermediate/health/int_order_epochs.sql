-- Stretches of time in which a subject's set of standing order days is the same, with what health
-- needs of that set: how many days, the last one, and the sum of the logarithms of the gaps between
-- them. Logarithms are summed as decimals, so that no order of addition can change a bit.

with

order_days as (

    -- An open end as a date: with an `or` in the join below the engine compares every pair of rows.
    select
        *,
        coalesce(voided_on, cast('infinity' as date)) as stands_until
    from {{ ref('int_order_days') }}

),

unsettled_subjects as (

    select subject_key
    from order_days
    where voided_on is not null
    group by subject_key

),

-- Nothing is ever voided: each order day opens an epoch that the next one closes.
settled_gaps as (

    select
        order_days.subject_key,
        order_days.order_date,
        {{ log_gap(
            'lag(order_days.order_date) over (partition by order_days.subject_key order by order_days.order_date)',
            'order_days.order_date',
        ) }} as log_gap
    from order_days
    where
        not exists (
            select 1
            from unsettled_subjects
            where unsettled_subjects.subject_key = order_days.subject_key
        )

),

settled_epochs as (

    select
        subject_key,
        order_date as epoch_from,
        lead(order_date) over (partition by subject_key order by order_date) as epoch_to,
        row_number() over (partition by subject_key order by order_date) as order_days,
        order_date as last_order_on,
        sum(log_gap) over (partition by subject_key order by order_date) as log_gaps
    from settled_gaps

),

-- Something is voided: the set is looked up anew wherever a day enters or leaves it.
turning_points as (

    select
        order_days.subject_key,
        order_days.order_date as epoch_from
    from order_days
    inner join unsettled_subjects on order_days.subject_key = unsettled_subjects.subject_key

    union

    select
        subject_key,
        voided_on as epoch_from
    from order_days
    where voided_on is not null

),

standing_days as (

    select
        turning_points.subject_key,
        turning_points.epoch_from,
        order_days.order_date,
        {{ log_gap(
            'lag(order_days.order_date) over (partition by turning_points.subject_key, turning_points.epoch_from order by order_days.order_date)',
            'order_days.order_date',
        ) }} as log_gap
    from turning_points
    left join order_days
        on
            turning_points.subject_key = order_days.subject_key
            and turning_points.epoch_from >= order_days.order_date
            and turning_points.epoch_from < order_days.stands_until

),

standing_sets as (

    select
        subject_key,
        epoch_from,
        count(order_date) as order_days,
        max(order_date) as last_order_on,
        sum(log_gap) as log_gaps
    from standing_days
    group by
        subject_key,
        epoch_from

),

unsettled_epochs as (

    select
        subject_key,
        epoch_from,
        lead(epoch_from) over (partition by subject_key order by epoch_from) as epoch_to,
        order_days,
        last_order_on,
        log_gaps
    from standing_sets

),

epochs as (

    select * from settled_epochs

    union all

    select * from unsettled_epochs

)

select * from epochs
