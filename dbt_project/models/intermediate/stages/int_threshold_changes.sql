-- Where conditions on counts and days become true or false, for signals whose facts all stand for
-- good. No running total is needed there: at least n facts lie in the window as long as the n-th
-- latest of them does. A stretch that ends on the day on which the next begins is told by a −1 and
-- a 1 on that day, which add up to nothing. Over 120 lines: the steps between hold the most rows
-- of a build, a model would write them.

with

bounds as (

    select
        condition_no,
        signal_no,
        measure,
        window_days,
        cast(ceil(at_least) as integer) as facts_needed,
        cast(1 as tinyint) as change
    from {{ ref('int_conditions') }}
    where
        measure in ('count', 'days')
        and at_least > 0

    union all

    select
        condition_no,
        signal_no,
        measure,
        window_days,
        cast(ceil(below) as integer) as facts_needed,
        cast(-1 as tinyint) as change
    from {{ ref('int_conditions') }}
    where
        measure in ('count', 'days')
        and below > 0

),

thresholds as (

    select
        *,
        cast(row_number() over (order by condition_no, change) as smallint) as threshold_no
    from bounds

),

-- Most signals are never voided: only the others are looked up subject by subject.
settled_days as (

    select
        subject_key,
        signal_no,
        signal_date,
        facts
    from {{ ref('int_signal_days') }}
    where
        signal_no not in (
            select unsettled.signal_no from {{ ref('int_unsettled_signals') }} as unsettled
        )

    union all

    select
        signal_days.subject_key,
        signal_days.signal_no,
        signal_days.signal_date,
        signal_days.facts
    from {{ ref('int_signal_days') }} as signal_days
    left join {{ ref('int_unsettled_signals') }} as unsettled_signals
        on
            signal_days.subject_key = unsettled_signals.subject_key
            and signal_days.signal_no = unsettled_signals.signal_no
    where
        signal_days.signal_no in (
            select unsettled.signal_no from {{ ref('int_unsettled_signals') }} as unsettled
        )
        and unsettled_signals.subject_key is null

),

most_facts as (

    select least(
        (select max(facts_needed) from thresholds),
        (select max(facts) from {{ ref('int_signal_days') }})
    ) as facts

),

-- A day with n facts stands n times among them.
copies as (

    select
        facts,
        {{ repeat_row('facts') }} as copy_no
    from (select {{ repeat_row('facts') }} + 1 as facts from most_facts) as numbers

),

-- One row per fact, but never more of a day than can matter.
counted_facts as (

    select
        settled_days.subject_key,
        thresholds.threshold_no,
        thresholds.facts_needed,
        settled_days.signal_date
    from settled_days
    inner join thresholds on settled_days.signal_no = thresholds.signal_no
    inner join copies
        on
            case
                when thresholds.measure = 'days' then 1
                else least(settled_days.facts, thresholds.facts_needed)
            end = copies.facts

),

neighbours as (

    select
        subject_key,
        threshold_no,
        signal_date,
        lag(signal_date, facts_needed - 1) over earlier_and_later as oldest_needed,
        lag(signal_date, facts_needed) over earlier_and_later as previous_oldest_needed,
        lead(signal_date) over earlier_and_later as next_date
    from counted_facts
    window earlier_and_later as (
        partition by subject_key, threshold_no
        order by signal_date
    )

),

stretches as (

    select
        neighbours.subject_key,
        thresholds.condition_no,
        thresholds.change,
        neighbours.signal_date,
        neighbours.next_date,
        {{ add_days('neighbours.oldest_needed', 'thresholds.window_days') }} as ends_on,
        {{ add_days('neighbours.previous_oldest_needed', 'thresholds.window_days') }}
            as previous_ends_on,
        neighbours.previous_oldest_needed is null as is_first
    from neighbours
    inner join thresholds on neighbours.threshold_no = thresholds.threshold_no
    where neighbours.oldest_needed is not null

),

turning_points as (

    select
        subject_key,
        condition_no,
        change,
        case when is_first or signal_date >= previous_ends_on then signal_date end as starts_on,
        case when next_date is null or next_date >= ends_on then ends_on end as ends_on
    from stretches
    where
        ends_on is null
        or ends_on > signal_date

),

threshold_changes as (

    select
        subject_key,
        condition_no,
        starts_on as changed_on,
        change
    from turning_points
    where starts_on is not null

    union all

    select
        subject_key,
        condition_no,
        ends_on as changed_on,
        -change as change
    from turning_points
    where ends_on is not null

)

select * from threshold_changes
