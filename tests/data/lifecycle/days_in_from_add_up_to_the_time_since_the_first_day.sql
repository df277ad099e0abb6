-- Law: the days that a subject spent in the intervals it left add up to the time from its first day
-- to its last change, in each framework.

{{ config(meta={'dagster': {'ref': {'name': 'stage_transitions'}}}) }}

with

spent_days as (

    select
        framework,
        subject_type,
        sum(days_in_from) as days_in_from
    from {{ ref('stage_transitions') }}
    group by
        framework,
        subject_type

),

closed_days as (

    select
        framework,
        subject_type,
        sum({{ days_between('valid_from', 'valid_to') }}) as days_in_from
    from {{ ref('lifecycle_history') }}
    group by
        framework,
        subject_type

),

wrong_sums as (

    select
        closed_days.framework,
        closed_days.subject_type,
        closed_days.days_in_from as due_days,
        spent_days.days_in_from
    from closed_days
    left join spent_days
        on
            closed_days.framework = spent_days.framework
            and closed_days.subject_type = spent_days.subject_type
    where closed_days.days_in_from is distinct from spent_days.days_in_from

)

select * from wrong_sums
