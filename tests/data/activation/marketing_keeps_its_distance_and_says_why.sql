-- Law: of what is not suppressed no 7 days hold more marketing than the cap, and no play comes again
-- within its cool-down, in whatever arm; and what is suppressed for that had as much before it.

with

entries as (

    select
        entries.play,
        entries.subject_id,
        entries.triggered_on,
        entries.due_from,
        entries.suppressed_by,
        catalog.cool_down_days,
        catalog.contact_cap,
        catalog.is_service,
        sum(case when entries.suppressed_by is null and not catalog.is_service then 1 else 0 end)
            over (
                partition by entries.subject_id
                order by {{ days_between("cast('2000-01-01' as date)", 'entries.due_from') }}
                range between 6 preceding and current row
            ) as contacts,
        max(case when entries.suppressed_by is null then entries.due_from end) over (
            partition by entries.subject_id, entries.play
            order by entries.due_from
            rows between unbounded preceding and 1 preceding
        ) as previous_due_from
    from {{ ref('play_entries') }} as entries
    inner join {{ ref('play_catalog') }} as catalog on entries.play = catalog.play

),

judged_entries as (

    select
        *,
        coalesce(
            {{ days_between('previous_due_from', 'due_from') }} <= cool_down_days, false
        ) as is_resting
    from entries

)

select
    play,
    subject_id,
    triggered_on
from judged_entries
where
    case coalesce(suppressed_by, 'nothing')
        when 'nothing' then is_resting or (contacts > contact_cap and not is_service)
        when 'cool_down' then not is_resting
        when 'cap' then is_resting or is_service or contacts < contact_cap
        else false
    end
