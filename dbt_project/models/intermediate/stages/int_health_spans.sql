-- Which health a subject had from when to when, for joins on a day: the eve of a fact, the day
-- itself of a stock. Before the first day there is no row: unseen.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

health_changes as (

    select
        changes.subject_key,
        changes.changed_on,
        changes.health
    from {{ ref('int_health_changes') }} as changes
    cross join settings
    where changes.changed_on <= settings.as_of_date

),

-- A subject without orders yet is a prospect.
health_starts as (

    select * from health_changes

    union all

    select
        subjects.subject_key,
        subjects.first_seen_on as changed_on,
        'prospect' as health
    from {{ ref('int_subjects') }} as subjects
    where
        not exists (
            select 1
            from health_changes
            where
                health_changes.subject_key = subjects.subject_key
                and health_changes.changed_on = subjects.first_seen_on
        )

),

health_spans as (

    select
        subject_key,
        health,
        changed_on as valid_from,
        coalesce(
            lead(changed_on) over (partition by subject_key order by changed_on),
            cast('9999-12-31' as date)
        ) as valid_to
    from health_starts

)

select * from health_spans
