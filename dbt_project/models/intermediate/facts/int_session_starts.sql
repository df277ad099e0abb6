-- The first event of each session. Events of one device and one given session_id belong together
-- until a silence of more than a day; events without one, until a silence of more than the timeout.

with

ordered_events as (

    select
        raw_row_id,
        device_key,
        session_hash,
        person_key,
        occurred_at,
        lag(occurred_at) over session_events as previous_at,
        lead(occurred_at) over session_events as next_at
    from {{ ref('int_events') }}
    window session_events as (
        partition by device_key, session_hash
        order by occurred_at
    )

),

starts as (

    select
        raw_row_id,
        device_key,
        session_hash,
        person_key,
        occurred_at,
        coalesce(next_at = occurred_at, false) as is_tied
    from ordered_events
    where
        previous_at is null
        or occurred_at > previous_at + case
            when session_hash is not null then interval '24 hours'
            else interval '{{ var("session_timeout_minutes") }} minutes'
        end

),

-- Of events at one instant the lowest event_id is the first: only where there are several are the
-- ids looked at, sorting all events by them costs more than all the rest.
tied_events as (

    select
        events.raw_row_id,
        events.device_key,
        events.session_hash,
        events.person_key,
        events.occurred_at
    from {{ ref('int_events') }} as events
    inner join starts
        on
            events.device_key = starts.device_key
            and events.occurred_at = starts.occurred_at
            and events.session_hash is not distinct from starts.session_hash
    where starts.is_tied

),

ranked_events as (

    select
        tied_events.*,
        row_number() over (
            partition by
                tied_events.device_key,
                tied_events.session_hash,
                tied_events.occurred_at
            order by stated_events.event_id
        ) as place
    from tied_events
    inner join {{ ref('stg_events') }} as stated_events
        on tied_events.raw_row_id = stated_events.raw_row_id

),

first_events as (

    select
        raw_row_id,
        device_key,
        person_key,
        occurred_at
    from starts
    where not is_tied

    union all

    select
        raw_row_id,
        device_key,
        person_key,
        occurred_at
    from ranked_events
    where place = 1

),

session_starts as (

    select
        *,
        {{ local_date('occurred_at') }} as event_date
    from first_events

)

select * from session_starts
