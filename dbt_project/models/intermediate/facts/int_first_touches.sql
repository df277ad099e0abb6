-- How each person came first: the channel and campaign of the first session.

with

first_visits as (

    select
        person_key,
        min(occurred_at) as occurred_at
    from {{ ref('int_session_starts') }}
    group by person_key

),

-- Sessions of several devices may begin at one instant: the lowest event_id is the first.
ranked_visits as (

    select
        session_starts.person_key,
        openings.channel,
        openings.campaign,
        row_number() over (
            partition by session_starts.person_key
            order by openings.session_id
        ) as place
    from {{ ref('int_session_starts') }} as session_starts
    inner join first_visits
        on
            session_starts.person_key = first_visits.person_key
            and session_starts.occurred_at = first_visits.occurred_at
    inner join {{ ref('int_session_channels') }} as openings
        on session_starts.raw_row_id = openings.raw_row_id

),

first_touches as (

    select
        person_key,
        channel,
        campaign
    from ranked_visits
    where place = 1

)

select * from first_touches
