-- The first day after the as-of date on which a condition that holds stops to hold, if nothing new
-- happens.

with

condition_changes as (

    select * from {{ ref('int_threshold_changes') }}

    union all

    select * from {{ ref('int_total_changes') }}

    union all

    select * from {{ ref('int_first_last_changes') }}

),

coming_changes as (

    select
        changes.subject_key,
        changes.condition_no,
        changes.changed_on,
        sum(changes.change) as change
    from condition_changes as changes
    cross join {{ ref('int_settings') }} as settings
    where changes.changed_on > settings.as_of_date
    group by
        changes.subject_key,
        changes.condition_no,
        changes.changed_on

),

condition_ends as (

    select
        subject_key,
        condition_no,
        min(changed_on) as stops_holding_on
    from coming_changes
    where change < 0
    group by
        subject_key,
        condition_no

)

select * from condition_ends
