-- Stretches of time in which a subject's set of standing order days is the same, with what health
-- needs of that set: how many days, the first and the last one, and the sums of the logarithms of
-- the gaps between them and of their squares. All add up over the neighbours in the set, each with
-- the gap to the one before it, and the first one with its distance from 1970. Logarithms are
-- summed as decimals, so that no order of addition can change a bit. Over 120 lines, since
-- neighbours alone prove nothing: its unit tests go from order days to epochs.

with

order_days as (

    select
        subject_key,
        order_date,
        coalesce(voided_on, {{ open_end() }}) as stands_until,
        lag(order_date) over subject_days as previous_date,
        lag(coalesce(voided_on, {{ open_end() }})) over subject_days as previous_stands_until
    from {{ ref('int_order_days') }}
    window subject_days as (
        partition by subject_key
        order by order_date
    )

),

-- Where the day before may be voided, earlier ones, or none, may become the neighbour.
earlier_days as (

    select
        days.subject_key,
        days.order_date,
        days.stands_until,
        days.previous_stands_until,
        earlier.order_date as earlier_date,
        earlier.stands_until as earlier_stands_until
    from order_days as days
    inner join order_days as earlier
        on
            days.subject_key = earlier.subject_key
            and days.previous_date > earlier.order_date
    where days.previous_stands_until < {{ open_end() }}

    union all

    select
        subject_key,
        order_date,
        stands_until,
        previous_stands_until,
        cast(null as date) as earlier_date,
        {{ open_end() }} as earlier_stands_until
    from order_days
    where previous_stands_until < {{ open_end() }}

),

neighbours as (

    select
        subject_key,
        previous_date as earlier_date,
        order_date,
        order_date as neighbours_from,
        least(stands_until, coalesce(previous_stands_until, {{ open_end() }})) as neighbours_until
    from order_days

    union all

    select
        subject_key,
        earlier_date,
        order_date,
        greatest(
            order_date,
            previous_stands_until,
            max(earlier_stands_until) over (
                partition by subject_key, order_date
                order by earlier_date desc nulls last
                rows between unbounded preceding and 1 preceding
            )
        ) as neighbours_from,
        least(stands_until, earlier_stands_until) as neighbours_until
    from earlier_days

),

measured_neighbours as (

    select
        subject_key,
        neighbours_from,
        neighbours_until,
        {{ days_between(
            "coalesce(earlier_date, cast('1970-01-01' as date))", 'order_date'
        ) }} as gap_days,
        case when earlier_date is null then 1 else 0 end as is_first,
        coalesce(
            cast(ln({{ days_between('earlier_date', 'order_date') }}) as decimal(18, 15)), 0
        ) as log_gap
    from neighbours
    where neighbours_from < neighbours_until

),

steps as (

    select
        subject_key,
        neighbours_from as changed_on,
        1 as order_days,
        gap_days,
        gap_days * is_first as first_days,
        log_gap,
        cast(log_gap * log_gap as decimal(18, 14)) as log_gap_square
    from measured_neighbours

    union all

    select
        subject_key,
        neighbours_until as changed_on,
        -1 as order_days,
        -gap_days as gap_days,
        -gap_days * is_first as first_days,
        -log_gap as log_gap,
        -cast(log_gap * log_gap as decimal(18, 14)) as log_gap_square
    from measured_neighbours
    where neighbours_until < {{ open_end() }}

),

daily_steps as (

    select
        subject_key,
        changed_on,
        sum(order_days) as order_days,
        sum(gap_days) as gap_days,
        sum(first_days) as first_days,
        sum(log_gap) as log_gap,
        sum(log_gap_square) as log_gap_square
    from steps
    group by
        subject_key,
        changed_on

),

totals as (

    select
        subject_key,
        changed_on as epoch_from,
        lead(changed_on) over subject_epochs as epoch_to,
        cast(sum(order_days) over subject_epochs as bigint) as order_days,
        sum(gap_days) over subject_epochs as gap_days,
        sum(first_days) over subject_epochs as first_days,
        sum(log_gap) over subject_epochs as log_gaps,
        sum(log_gap_square) over subject_epochs as log_gap_squares
    from daily_steps
    window subject_epochs as (
        partition by subject_key
        order by changed_on
    )

),

epochs as (

    select
        subject_key,
        epoch_from,
        epoch_to,
        order_days,
        case
            when order_days > 0
                then {{ add_days("cast('1970-01-01' as date)", 'first_days') }}
        end as first_order_on,
        case
            when order_days > 0
                then {{ add_days("cast('1970-01-01' as date)", 'gap_days') }}
        end as last_order_on,
        case when order_days > 1 then log_gaps end as log_gaps,
        case when order_days > 1 then log_gap_squares end as log_gap_squares
    from totals

)

select * from epochs
