-- Law: service deals no arms; the global control is in no other arm than its own, and customers are
-- told to be in it; one person is in one arm of a play in a quarter.

with

entries as (

    select
        entries.play,
        entries.subject_id,
        entries.triggered_on,
        entries.arm,
        catalog.is_service,
        customers.is_global_control,
        min(entries.arm) over (
            partition by entries.play, entries.subject_id, {{ quarter('entries.due_from') }}
        ) as first_arm
    from {{ ref('play_entries') }} as entries
    inner join {{ ref('play_catalog') }} as catalog on entries.play = catalog.play
    left join {{ ref('customers') }} as customers on entries.subject_id = customers.subject_id

)

select
    play,
    subject_id,
    triggered_on
from entries
where
    is_service <> (arm is null)
    or (not is_service and is_global_control <> (arm = 'global_control'))
    or arm <> first_arm
