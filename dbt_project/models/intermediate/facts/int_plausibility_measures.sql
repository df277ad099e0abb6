-- What the facts look like from afar: the last week against the usual one, what is no signal, how
-- old the latest is. Nothing here looks at the clock: "last" is the latest day with an event or an
-- order. Over 120 lines, since each measure is a select of its own.

{% set weeks_compared = 8 %}

with

daily_facts as (

    select
        'event_volume' as expectation,
        event_date as fact_date,
        count(*) as facts
    from {{ ref('int_events') }}
    group by event_date

    union all

    select
        'order_volume' as expectation,
        order_date as fact_date,
        count(*) as facts
    from {{ ref('int_orders') }}
    group by order_date

),

last_facts as (

    select
        max(fact_date) as last_on,
        min(fact_date) as first_on,
        max(case when expectation = 'event_volume' then fact_date end) as last_event_on,
        sum(case when expectation = 'event_volume' then facts end) as events
    from daily_facts

),

past_weeks as (

    {% for week in range(weeks_compared + 1) -%}
    select {{ week }} as weeks_ago
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

volumes as (

    select 'event_volume' as expectation

    union all

    select 'order_volume' as expectation

),

-- A week without facts counts with zero; weeks before the first fact do not exist.
weekly_volumes as (

    select
        volumes.expectation,
        past_weeks.weeks_ago,
        cast(coalesce(sum(daily_facts.facts), 0) as decimal(38, 4)) as facts
    from volumes
    cross join past_weeks
    cross join last_facts
    left join daily_facts
        on
            volumes.expectation = daily_facts.expectation
            and {{ days_between('daily_facts.fact_date', 'last_facts.last_on') }}
            between 7 * past_weeks.weeks_ago and 7 * past_weeks.weeks_ago + 6
    where
        {{ days_between('last_facts.first_on', 'last_facts.last_on') }}
        >= 7 * past_weeks.weeks_ago + 6
    group by volumes.expectation, past_weeks.weeks_ago

),

trailing_medians as (

    select
        expectation,
        max(case when weeks_ago = 0 then facts end) as last_week,
        {{ exact_median('case when weeks_ago > 0 then facts end') }} as usual_week,
        count(*) as weeks
    from weekly_volumes
    group by expectation

),

-- Events whose first row feeds nothing may feed something by another one.
fed_otherwise as (

    select raw_row_id
    from {{ ref('int_event_signals') }}
    where not is_first
    group by raw_row_id

),

plausibility_measures as (

    select
        expectation,
        {{ exact_ratio('last_week', 'usual_week') }} as value,
        case when weeks = {{ weeks_compared + 1 }} then usual_week else 0 end as population
    from trailing_medians

    union all

    select
        'unmapped_event_share' as expectation,
        {{ exact_ratio('sum(case when feeds_nothing then 1 else 0 end)', 'count(*)') }} as value,
        count(*) as population
    from (
        select event_signals.signal_no is null and fed_otherwise.raw_row_id is null as feeds_nothing
        from {{ ref('int_event_signals') }} as event_signals
        left join fed_otherwise on event_signals.raw_row_id = fed_otherwise.raw_row_id
        where event_signals.is_first
    ) as judged_events

    union all

    select
        'event_age_days' as expectation,
        {{ days_between('last_event_on', 'last_on') }} as value,
        events as population
    from last_facts

    union all

    select
        'fact_age_days' as expectation,
        {{ days_between('last_facts.last_on', 'settings.as_of_date') }} as value,
        1 as population
    from last_facts
    cross join {{ ref('int_settings') }} as settings

)

select * from plausibility_measures
