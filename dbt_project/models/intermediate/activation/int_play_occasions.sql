-- What is due to whom and when, with the arm it falls to and what speaks against it by itself: the
-- trigger is over, or the person to write to does not consent. An account's person is the member
-- with the latest visit by then. Over 120 lines, since an account has to find its person.

with

settings as (

    select as_of_date from {{ ref('int_settings') }}

),

occasions as (

    select
        triggers.play,
        triggers.subject_key,
        subjects.subject_id,
        subjects.is_account,
        triggers.triggered_on,
        triggers.triggered_at,
        triggers.state_until,
        {{ add_days('triggers.triggered_on', 'plays.delay_days') }} as due_from,
        {{ add_days('triggers.triggered_on', 'plays.delay_days + plays.open_days') }} as due_until,
        plays.priority,
        plays.cool_down_days,
        plays.is_service,
        plays.needs_consent,
        plays.holdout_share
    from {{ ref('int_play_triggers') }} as triggers
    cross join settings
    inner join {{ ref('int_plays') }} as plays on triggers.play = plays.play
    inner join {{ ref('int_subjects') }} as subjects
        on triggers.subject_key = subjects.subject_key
    where {{ add_days('triggers.triggered_on', 'plays.delay_days') }} <= settings.as_of_date

),

account_rows as (

    select
        members.account_key as subject_key,
        visits.event_date as day,
        visits.occurred_at,
        members.person_key,
        cast(null as string) as play,
        cast(null as date) as triggered_on
    from {{ ref('int_account_members') }} as members
    inner join {{ ref('int_session_starts') }} as visits
        on members.person_key = visits.person_key

    union all

    select
        subject_key,
        due_from as day,
        cast(null as timestamp) as occurred_at,
        cast(null as integer) as person_key,
        play,
        triggered_on
    from occasions
    where is_account

),

-- Visits of one instant: the person with the lower id.
account_persons as (

    select
        subject_key,
        play,
        triggered_on,
        {{ ignoring_nulls('last_value', 'person_key') }} over (
            partition by subject_key
            order by day, occurred_at asc nulls last, person_key desc, play, triggered_on
            rows between unbounded preceding and current row
        ) as contact_key
    from account_rows

),

addressed_occasions as (

    select
        occasions.*,
        case
            when occasions.is_account then account_persons.contact_key
            else occasions.subject_key
        end as contact_key
    from occasions
    left join account_persons
        on
            occasions.subject_key = account_persons.subject_key
            and occasions.play = account_persons.play
            and occasions.triggered_on = account_persons.triggered_on

),

judged_occasions as (

    select
        occasions.*,
        {{ is_permitted('occasions', 'consents.has_consent') }} as is_permitted,
        case
            when occasions.is_service then null
            when {{ is_global_control('occasions.subject_id') }} then 'global_control'
            when
                {{ lot(
                    "'" ~ var('play_salt') ~ ":' || occasions.play || ':' || occasions.subject_id "
                    ~ "|| ':' || " ~ quarter('occasions.due_from')
                ) }} < occasions.holdout_share
                then 'holdout'
            else 'treat'
        end as arm
    from addressed_occasions as occasions
    left join {{ ref('int_consents') }} as consents
        on
            occasions.contact_key = consents.person_key
            and occasions.due_from >= consents.valid_from
            and occasions.due_from < consents.valid_to

),

play_occasions as (

    select
        play,
        subject_key,
        subject_id,
        is_account,
        triggered_on,
        triggered_at,
        state_until,
        due_from,
        due_until,
        priority,
        cool_down_days,
        is_service,
        arm,
        case
            when state_until < due_from then 'left'
            when not is_permitted then 'no_consent'
        end as suppressed_by
    from judged_occasions

)

select * from play_occasions
