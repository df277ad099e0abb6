-- What the build looks like from afar, measured for the bands of the seed `expectations`. A value
-- that rests on too few things is shown and not judged. Nothing here looks at the clock: "last" is
-- the latest day with an event or an order.

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

default_stages as (

    select
        stages.framework,
        stages.stage
    from {{ ref('framework_stages') }} as stages
    inner join {{ ref('frameworks') }} as frameworks
        on stages.framework = frameworks.framework
    where frameworks.is_default

),

stage_counts as (

    select
        default_stages.stage,
        count(current_rows.subject_id) as subjects
    from default_stages
    left join {{ ref('lifecycle_current') }} as current_rows
        on
            default_stages.framework = current_rows.framework
            and default_stages.stage = current_rows.stage
    group by default_stages.stage

),

subject_counts as (

    select sum(subjects) as subjects
    from stage_counts

),

last_flows as (

    select
        flows.subjects,
        case when flows.from_stage <> flows.to_stage then flows.subjects else 0 end as movers
    from {{ ref('stage_flow_monthly') }} as flows
    where
        flows.framework in (select default_stages.framework from default_stages)
        and flows.from_stage <> 'new'
        and flows.month = (
            select max(months.month) from {{ ref('stage_flow_monthly') }} as months
        )

),

measures as (

    select
        'subjects' as expectation,
        '' as item,
        subjects as value,
        subjects as population
    from subject_counts

    union all

    select
        'stage_share' as expectation,
        stage_counts.stage as item,
        {{ exact_ratio('stage_counts.subjects', 'subject_counts.subjects') }} as value,
        subject_counts.subjects as population
    from stage_counts
    cross join subject_counts

    union all

    select
        'transition_rate' as expectation,
        '' as item,
        {{ exact_ratio('sum(movers)', 'sum(subjects)') }} as value,
        sum(subjects) as population
    from last_flows

    union all

    select
        expectation,
        '' as item,
        {{ exact_ratio('last_week', 'usual_week') }} as value,
        case when weeks = {{ weeks_compared + 1 }} then usual_week else 0 end as population
    from trailing_medians

    union all

    select
        'unmapped_event_share' as expectation,
        '' as item,
        {{ exact_ratio('sum(case when signal_no is null then 1 else 0 end)', 'count(*)') }}
            as value,
        count(*) as population
    from {{ ref('int_events') }}

    union all

    select
        'event_age_days' as expectation,
        '' as item,
        {{ days_between('last_event_on', 'last_on') }} as value,
        events as population
    from last_facts

    union all

    select
        'fact_age_days' as expectation,
        '' as item,
        {{ days_between('last_facts.last_on', 'settings.as_of_date') }} as value,
        1 as population
    from last_facts
    cross join {{ ref('int_settings') }} as settings

),

judged_measures as (

    select
        expectations.expectation,
        coalesce(measures.item, '') as item,
        cast(measures.value as decimal(38, 10)) as value,
        cast(coalesce(measures.population, 0) as decimal(38, 4)) as population,
        expectations.at_least,
        expectations.at_most,
        expectations.severity,
        coalesce(measures.population, 0) >= expectations.least_population
        and measures.value is not null as is_judged
    from {{ ref('expectations') }} as expectations
    left join measures on expectations.expectation = measures.expectation
    where expectations.compared_with = 'itself'

)

select * from judged_measures
