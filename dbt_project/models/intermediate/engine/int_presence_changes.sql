-- Where conditions that ask only whether there is a fact in the window become true or false. Facts
-- that never stop to stand need no running total: the gap to the neighbour decides.

with

conditions as (

    select
        condition_no,
        signal,
        window_days,
        for_persons,
        for_accounts,
        case when holds_at_zero then -1 else 1 end as change
    from {{ ref('int_conditions') }}
    where is_presence

),

presence_days as (

    select
        signal_days.subject_key,
        signal_days.signal,
        signal_days.signal_date
    from {{ ref('int_signal_days') }} as signal_days
    left join {{ ref('int_unsettled_signals') }} as unsettled_signals
        on
            signal_days.subject_key = unsettled_signals.subject_key
            and signal_days.signal = unsettled_signals.signal
    where
        signal_days.signal in (
            select conditions.signal from conditions where conditions.window_days is not null
        )
        and unsettled_signals.subject_key is null

),

neighbours as (

    select
        subject_key,
        signal,
        signal_date,
        lag(signal_date) over (partition by subject_key, signal order by signal_date)
            as previous_date,
        lead(signal_date) over (partition by subject_key, signal order by signal_date)
            as next_date
    from presence_days

),

first_days as (

    select
        signal_days.subject_key,
        signal_days.signal,
        min(signal_days.signal_date) as first_on
    from {{ ref('int_signal_days') }} as signal_days
    left join {{ ref('int_unsettled_signals') }} as unsettled_signals
        on
            signal_days.subject_key = unsettled_signals.subject_key
            and signal_days.signal = unsettled_signals.signal
    where
        signal_days.signal in (
            select conditions.signal from conditions where conditions.window_days is null
        )
        and unsettled_signals.subject_key is null
    group by
        signal_days.subject_key,
        signal_days.signal

),

presence_changes as (

    select
        neighbours.subject_key,
        conditions.condition_no,
        neighbours.signal_date as changed_on,
        conditions.change
    from neighbours
    inner join conditions on neighbours.signal = conditions.signal
    where
        conditions.window_days is not null
        and (
            neighbours.previous_date is null
            or neighbours.signal_date
            > {{ add_days('neighbours.previous_date', 'conditions.window_days') }}
        )

    union all

    select
        neighbours.subject_key,
        conditions.condition_no,
        {{ add_days('neighbours.signal_date', 'conditions.window_days') }} as changed_on,
        -conditions.change as change
    from neighbours
    inner join conditions on neighbours.signal = conditions.signal
    where
        conditions.window_days is not null
        and (
            neighbours.next_date is null
            or neighbours.next_date
            > {{ add_days('neighbours.signal_date', 'conditions.window_days') }}
        )

    union all

    select
        first_days.subject_key,
        conditions.condition_no,
        first_days.first_on as changed_on,
        conditions.change
    from first_days
    inner join conditions on first_days.signal = conditions.signal
    where conditions.window_days is null

)

select * from presence_changes
