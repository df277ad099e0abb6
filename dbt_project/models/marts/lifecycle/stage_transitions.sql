-- Every change of stage or health as an event; a subject's first row comes from nowhere.

with

transitions as (

    select
        framework,
        subject_id,
        subject_type,
        valid_from as changed_on,
        previous_stage as from_stage,
        stage as to_stage,
        previous_health as from_health,
        health as to_health,
        movement,
        cast(
            {{ days_between(
                'lag(valid_from) over (partition by framework, subject_id order by valid_from)',
                'valid_from',
            ) }} as integer
        ) as days_in_from,
        skipped_stages,
        cycle
    from {{ ref('lifecycle_history') }}

)

select * from transitions
