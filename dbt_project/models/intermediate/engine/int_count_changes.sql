-- Where the other conditions on counts, days and sums become true or false. A fact adds to its
-- measure from its day until it leaves the window or is voided; the running total before and after
-- each such day says which conditions change there. Totals are whole numbers: sums are counted in
-- ten-thousandths.

with

conditions as (

    select
        condition_no,
        metric_no,
        signal,
        measure,
        window_days,
        is_presence,
        cast(ceil(at_least * case when measure = 'sum' then 10000 else 1 end) as bigint)
            as at_least,
        cast(ceil(below * case when measure = 'sum' then 10000 else 1 end) as bigint) as below
    from {{ ref('int_conditions') }}
    where measure in ('count', 'days', 'sum')

),

metrics as (

    select
        metric_no,
        signal,
        measure,
        window_days,
        bool_and(is_presence) as is_presence
    from conditions
    group by
        metric_no,
        signal,
        measure,
        window_days

),

-- int_presence_changes has answered for metrics that only ask for presence, where facts stand.
standing_facts as (

    select
        signal_days.subject_key,
        signal_days.signal,
        signal_days.signal_date,
        signal_days.voided_on,
        signal_days.facts,
        signal_days.value_sum,
        unsettled_signals.subject_key is not null as is_unsettled
    from {{ ref('int_signal_days') }} as signal_days
    left join {{ ref('int_unsettled_signals') }} as unsettled_signals
        on
            signal_days.subject_key = unsettled_signals.subject_key
            and signal_days.signal = unsettled_signals.signal
    where
        (
            signal_days.voided_on is null
            or signal_days.voided_on > signal_days.signal_date
        )
        and (
            unsettled_signals.subject_key is not null
            or signal_days.signal in (
                select metrics.signal from metrics where not metrics.is_presence
            )
        )

),

-- A day counts while any of its facts stands.
standing_days as (

    select
        subject_key,
        signal,
        signal_date,
        case when count(*) = count(voided_on) then max(voided_on) end as voided_on,
        is_unsettled
    from standing_facts
    where signal in (select metrics.signal from metrics where metrics.measure = 'days')
    group by
        subject_key,
        signal,
        signal_date,
        is_unsettled

),

contributions as (

    select
        standing_facts.subject_key,
        standing_facts.is_unsettled,
        metrics.metric_no,
        standing_facts.signal_date as counts_from,
        least(
            standing_facts.voided_on,
            {{ add_days('standing_facts.signal_date', 'metrics.window_days') }}
        ) as counts_until,
        case
            when metrics.measure = 'count' then standing_facts.facts
            else cast(
                coalesce(cast(standing_facts.value_sum as decimal(28, 4)), 0) * 10000 as bigint
            )
        end as amount
    from standing_facts
    inner join metrics on standing_facts.signal = metrics.signal
    where
        metrics.measure in ('count', 'sum')
        and (standing_facts.is_unsettled or not metrics.is_presence)

    union all

    select
        standing_days.subject_key,
        standing_days.is_unsettled,
        metrics.metric_no,
        standing_days.signal_date as counts_from,
        least(
            standing_days.voided_on,
            {{ add_days('standing_days.signal_date', 'metrics.window_days') }}
        ) as counts_until,
        1 as amount
    from standing_days
    inner join metrics on standing_days.signal = metrics.signal
    where
        metrics.measure = 'days'
        and (standing_days.is_unsettled or not metrics.is_presence)

),

steps as (

    select
        subject_key,
        is_unsettled,
        metric_no,
        counts_from as changed_on,
        amount
    from contributions

    union all

    select
        subject_key,
        is_unsettled,
        metric_no,
        counts_until as changed_on,
        -amount as amount
    from contributions
    where counts_until is not null

),

daily_steps as (

    select
        subject_key,
        is_unsettled,
        metric_no,
        changed_on,
        cast(sum(amount) as bigint) as amount
    from steps
    group by
        subject_key,
        is_unsettled,
        metric_no,
        changed_on
    having sum(amount) <> 0

),

totals as (

    select
        subject_key,
        is_unsettled,
        metric_no,
        changed_on,
        amount,
        cast(
            sum(amount) over (
                partition by subject_key, metric_no
                order by changed_on
                rows between unbounded preceding and current row
            ) as bigint
        ) as total
    from daily_steps

),

compared_conditions as (

    select
        totals.subject_key,
        conditions.condition_no,
        totals.changed_on,
        {{ in_bounds('totals.total') }} as holds,
        {{ in_bounds('(totals.total - totals.amount)') }} as held
    from totals
    inner join conditions on totals.metric_no = conditions.metric_no
    where
        totals.is_unsettled
        or not conditions.is_presence

),

count_changes as (

    select
        subject_key,
        condition_no,
        changed_on,
        case when holds then 1 else -1 end as change
    from compared_conditions
    where holds <> held

)

select * from count_changes
