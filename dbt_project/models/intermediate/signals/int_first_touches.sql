-- How each person came first: the channel and campaign of the first session.

with

first_visits as (

    select
        person_key,
        min_by(event_id, (occurred_at, event_id)) as event_id
    from {{ ref('int_session_starts') }}
    group by person_key

),

first_touches as (

    select
        first_visits.person_key,
        {{ channel_name() }} as channel,
        events.utm_campaign as campaign
    from first_visits
    inner join {{ ref('stg_events') }} as events on first_visits.event_id = events.event_id
    {{ channel_joins('events.utm_source', 'events.utm_medium') }}

)

select * from first_touches
