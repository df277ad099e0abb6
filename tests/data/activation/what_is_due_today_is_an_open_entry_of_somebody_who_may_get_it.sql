-- Law: what is due today is an entry in its days, treated or service, not suppressed and without
-- its goal, and every marketing play is for somebody whose latest word is not no; nobody who asked
-- to be erased is on a list.

with

due as (

    select
        due.play,
        due.subject_id,
        due.triggered_on,
        entries.subject_id is not null
        and entries.suppressed_by is null
        and entries.goal_on is null
        and coalesce(entries.arm, 'treat') = 'treat'
        and settings.as_of_date >= entries.due_from
        and settings.as_of_date < entries.due_until as is_open,
        consents.has_consent or (catalog.is_service and not catalog.needs_consent)
        or (not catalog.needs_consent and consents.has_consent is null) as is_permitted,
        requests.customer_id is not null as is_erased
    from {{ ref('plays_due') }} as due
    cross join {{ ref('int_settings') }} as settings
    inner join {{ ref('play_catalog') }} as catalog on due.play = catalog.play
    inner join {{ ref('int_persons') }} as persons
        on due.contact_subject_id = persons.person_id
    left join {{ ref('play_entries') }} as entries
        on
            due.play = entries.play
            and due.subject_id = entries.subject_id
            and due.triggered_on = entries.triggered_on
    left join {{ ref('int_consents') }} as consents
        on
            persons.person_key = consents.person_key
            and settings.as_of_date >= consents.valid_from
            and settings.as_of_date < consents.valid_to
    left join {{ ref('stg_erasure_requests') }} as requests
        on persons.customer_id = requests.customer_id

)

select
    play,
    subject_id,
    triggered_on
from due
where
    not is_open
    or not coalesce(is_permitted, false)
    or is_erased
