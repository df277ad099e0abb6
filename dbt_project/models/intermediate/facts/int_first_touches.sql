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
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,
        row_number() over (
            partition by session_starts.person_key
            order by events.event_id
        ) as place
    from {{ ref('int_session_starts') }} as session_starts
    inner join first_visits
        on
            session_starts.person_key = first_visits.person_key
            and session_starts.occurred_at = first_visits.occurred_at
    inner join {{ ref('stg_events') }} as events
        on session_starts.raw_row_id = events.raw_row_id

),

first_touches as (

    select
        ranked_visits.person_key,
        {{ channel_name('exact_channels', 'source_channels') }} as channel,
        ranked_visits.utm_campaign as campaign
    from ranked_visits
    {{ channel_joins(
        'ranked_visits.utm_source', 'ranked_visits.utm_medium', 'exact_channels', 'source_channels',
    ) }}
    where ranked_visits.place = 1

)

select * from first_touches
