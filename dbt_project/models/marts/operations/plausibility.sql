-- What the build looks like from afar, measured for the bands of the seed `expectations`. A value
-- that rests on too few things is shown and not judged.

with

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
        value,
        population
    from {{ ref('int_plausibility_measures') }}

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
