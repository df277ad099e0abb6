-- The transition matrix of every finished month: where the subjects of a cell at the end of the
-- month before are at its own end. Made from the changes of the month and the census before it:
-- whoever did not change stayed. Over 120 lines, since each side of the matrix has four columns.

with

months as (

    select
        {{ period_start('date', 'month') }} as month,
        min(date) as first_on,
        max(date) as last_on
    from {{ ref('stage_daily') }}
    group by {{ period_start('date', 'month') }}

),

finished_months as (

    select
        month,
        first_on
    from months
    where {{ period_start(add_days('last_on', 1), 'month') }} > month

),

ordered_changes as (

    select
        framework,
        subject_id,
        {{ period_start('valid_from', 'month') }} as month,
        stage,
        health,
        coalesce(previous_stage, 'new') as previous_stage,
        coalesce(previous_health, 'new') as previous_health,
        row_number() over (
            partition by framework, subject_id, {{ period_start('valid_from', 'month') }}
            order by valid_from
        ) as first_place,
        row_number() over (
            partition by framework, subject_id, {{ period_start('valid_from', 'month') }}
            order by valid_from desc
        ) as last_place
    from {{ ref('lifecycle_history') }}

),

movers as (

    select
        framework,
        month,
        subject_id,
        max(case when first_place = 1 then previous_stage end) as from_stage,
        max(case when first_place = 1 then previous_health end) as from_health,
        max(case when last_place = 1 then stage end) as to_stage,
        max(case when last_place = 1 then health end) as to_health
    from ordered_changes
    group by
        framework,
        month,
        subject_id

),

moved as (

    select
        framework,
        month,
        from_stage,
        from_health,
        to_stage,
        to_health,
        count(*) as subjects
    from movers
    group by
        framework,
        month,
        from_stage,
        from_health,
        to_stage,
        to_health

),

leavers as (

    select
        framework,
        month,
        from_stage,
        from_health,
        sum(subjects) as subjects
    from moved
    group by
        framework,
        month,
        from_stage,
        from_health

),

stayed as (

    select
        census.framework,
        finished_months.month,
        census.stage as from_stage,
        census.health as from_health,
        census.stage as to_stage,
        census.health as to_health,
        census.subjects - coalesce(leavers.subjects, 0) as subjects
    from finished_months
    inner join {{ ref('stage_daily') }} as census
        on finished_months.first_on = {{ add_days('census.date', 1) }}
    left join leavers
        on
            census.framework = leavers.framework
            and finished_months.month = leavers.month
            and census.stage = leavers.from_stage
            and census.health = leavers.from_health

),

flows as (

    select
        all_flows.framework,
        all_flows.month,
        all_flows.from_stage,
        all_flows.from_health,
        all_flows.to_stage,
        all_flows.to_health,
        sum(all_flows.subjects) as subjects
    from (
        select * from moved

        union all

        select * from stayed
    ) as all_flows
    inner join finished_months on all_flows.month = finished_months.month
    where all_flows.subjects > 0
    group by
        all_flows.framework,
        all_flows.month,
        all_flows.from_stage,
        all_flows.from_health,
        all_flows.to_stage,
        all_flows.to_health

),

stage_flows as (

    select
        framework,
        month,
        from_stage,
        from_health,
        to_stage,
        to_health,
        cast(subjects as bigint) as subjects,
        cast(
            subjects / sum(subjects) over (
                partition by framework, month, from_stage, from_health
            ) as decimal(38, 10)
        ) as share
    from flows

)

select * from stage_flows
