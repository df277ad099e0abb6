-- How each person came first, by the first session, and how it was won: by the channel that the
-- customer record states, by its name or as a source that the channel map knows, else by that of
-- the first session.

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

),

channels as (

    select channel
    from {{ ref('channel_map') }}
    group by channel

),

acquisitions as (

    select
        persons.person_key,
        coalesce(
            channels.channel, stated_channels.channel, first_touches.channel, 'unknown'
        ) as channel,
        first_touches.channel as first_touch_channel,
        first_touches.campaign as first_touch_campaign
    from {{ ref('int_persons') }} as persons
    left join {{ ref('stg_customers') }} as customers
        on persons.customer_id = customers.customer_id
    left join channels on lower(trim(customers.acquisition_channel)) = channels.channel
    left join {{ ref('channel_map') }} as stated_channels
        on
            lower(trim(customers.acquisition_channel)) = stated_channels.source
            and stated_channels.medium is null
    left join first_touches on persons.person_key = first_touches.person_key

)

select * from acquisitions
