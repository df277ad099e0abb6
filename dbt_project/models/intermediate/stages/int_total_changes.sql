-- Where conditions on sums become true or false, and those on counts and days where a fact stops to
-- stand. A fact adds to its measure from its day until it leaves the window or is voided; the
-- running total before and after each such day says which conditions change there. Totals are
-- decimals, and bounds the next decimal above them, so that a bound is hit exactly. Over 120 lines:
-- the steps between hold more rows than the changes, a model would write them.

with

conditions as (

    select
        condition_no,
        metric_no,
        signal_no,
        measure,
        window_days,
        cast(ceil(at_least * 10000) / 10000 as decimal(18, 4)) as at_least,
        cast(ceil(below * 10000) / 10000 as decimal(18, 4)) as below
    from {{ ref('int_conditions') }}
    where measure in ('count', 'days', 'sum')

),

metrics as (

    select
        metric_no,
        signal_no,
        measure,
        window_days
    from conditions
    group by
        metric_no,
        signal_no,
        measure,
        window_days

),

-- int_threshold_changes has answered for counts and days where all facts stand.
standing_facts as (

    select
        signal_days.subject_key,
        signal_days.signal_no,
        signal_days.signal_date,
        signal_days.voided_on,
        signal_days.facts,
        signal_days.value_sum,
        unsettled_signals.subject_key is not null as is_unsettled
    from {{ ref('int_signal_days') }} as signal_days
    left join {{ ref('int_unsettled_signals') }} as unsettled_signals
        on
            signal_days.subject_key = unsettled_signals.subject_key
            and signal_days.signal_no = unsettled_signals.signal_no
    where
        signal_days.signal_no in (
            select metrics.signal_no from metrics where metrics.measure = 'sum'
            union all
            select unsettled.signal_no from {{ ref('int_unsettled_signals') }} as unsettled
        )
        and (
            signal_days.voided_on is null
            or signal_days.voided_on > signal_days.signal_date
        )

),

-- A day counts while any of its facts stands.
standing_days as (

    select
        subject_key,
        signal_no,
        signal_date,
        case when count(*) = count(voided_on) then max(voided_on) end as voided_on
    from standing_facts
    where
        is_unsettled
        and signal_no in (select metrics.signal_no from metrics where metrics.measure = 'days')
    group by
        subject_key,
        signal_no,
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
            when metrics.measure = 'count' then cast(standing_facts.facts as decimal(18, 4))
            else coalesce(standing_facts.value_sum, 0)
        end as amount
    from standing_facts
    inner join metrics on standing_facts.signal_no = metrics.signal_no
    where
        metrics.measure = 'sum'
        or (metrics.measure = 'count' and standing_facts.is_unsettled)

    union all

    select
        standing_days.subject_key,
        metrics.metric_no,
        standing_days.signal_date as counts_from,
        least(
            standing_days.voided_on,
            {{ add_days('standing_days.signal_date', 'metrics.window_days') }}
        ) as counts_until,
        cast(1 as decimal(18, 4)) as amount
    from standing_days
    inner join metrics on standing_days.signal_no = metrics.signal_no
    where metrics.measure = 'days'

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
        cast(sum(amount) as decimal(18, 4)) as amount
    from steps
    group by
        subject_key,
        metric_no,
        changed_on
    having sum(amount) <> 0

),

totals as (

    select
        subject_key,
        metric_no,
        changed_on,
        amount,
        sum(amount) over (
            partition by subject_key, metric_no
            order by changed_on
            rows between unbounded preceding and current row
        ) as total
    from daily_steps

),

compared_conditions as (

    select
        totals.subject_key,
        conditions.condition_no,
        totals.changed_on,
        {{ in_bounds('totals.total', 'conditions') }} as holds,
        {{ in_bounds('(totals.total - totals.amount)', 'conditions') }} as held
    from totals
    inner join conditions on totals.metric_no = conditions.metric_no

),

total_changes as (

    select
        subject_key,
        condition_no,
        changed_on,
        cast(case when holds then 1 else -1 end as tinyint) as change
    from compared_conditions
    where holds <> held

)

select * from total_changes
