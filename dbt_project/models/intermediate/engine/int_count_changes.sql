-- Where conditions on counts, days and sums become true or false. A fact adds to its measure from
-- its day until it leaves the window or is voided; the running total before and after each such
-- date says which conditions change there.

with

conditions as (

    select * from {{ ref('int_conditions') }} where measure in ('count', 'days', 'sum')

),

metrics as (

    select
        metric_no,
        signal,
        measure,
        window_days
    from conditions
    group by
        metric_no,
        signal,
        measure,
        window_days

),

standing_facts as (

    select
        subject_key,
        signal,
        signal_date,
        voided_on,
        facts,
        value_sum
    from {{ ref('int_signal_days') }}
    where
        voided_on is null
        or voided_on > signal_date

),

-- A day counts while any of its facts stands.
standing_days as (

    select
        subject_key,
        signal,
        signal_date,
        case when count(*) = count(voided_on) then max(voided_on) end as voided_on
    from standing_facts
    where signal in (select metrics.signal from metrics where metrics.measure = 'days')
    group by
        subject_key,
        signal,
        signal_date

),

contributions as (

    select
        standing_facts.subject_key,
        metrics.metric_no,
        standing_facts.signal_date as counts_from,
        least(
            standing_facts.voided_on,
            {{ add_days('standing_facts.signal_date', 'metrics.window_days') }}
        ) as counts_until,
        case
            when metrics.measure = 'count' then cast(standing_facts.facts as decimal(38, 4))
            else coalesce(standing_facts.value_sum, 0)
        end as amount
    from standing_facts
    inner join metrics
        on
            standing_facts.signal = metrics.signal
            and metrics.measure in ('count', 'sum')

    union all

    select
        standing_days.subject_key,
        metrics.metric_no,
        standing_days.signal_date as counts_from,
        least(
            standing_days.voided_on,
            {{ add_days('standing_days.signal_date', 'metrics.window_days') }}
        ) as counts_until,
        cast(1 as decimal(38, 4)) as amount
    from standing_days
    inner join metrics
        on
            standing_days.signal = metrics.signal
            and metrics.measure = 'days'

),

steps as (

    select
        subject_key,
        metric_no,
        counts_from as changed_on,
        amount
    from contributions

    union all

    select
        subject_key,
        metric_no,
        counts_until as changed_on,
        -amount as amount
    from contributions
    where counts_until is not null

),

daily_steps as (

    select
        subject_key,
        metric_no,
        changed_on,
        sum(amount) as amount
    from steps
    group by
        subject_key,
        metric_no,
        changed_on

),

totals as (

    select
        subject_key,
        metric_no,
        changed_on,
        amount,
        sum(amount) over (
            partition by subject_key, metric_no order by changed_on
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
