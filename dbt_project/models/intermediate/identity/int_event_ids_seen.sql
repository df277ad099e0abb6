-- The few distinct id pairs that many events carry: identity is decided on these, not on every
-- event.

with

settings as (

    select greatest(as_of_date, identity_as_of) as last_on
    from {{ ref('int_settings') }}

),

id_pairs as (

    select
        events.anonymous_id,
        events.user_id,
        min(events.occurred_at) as first_at
    from {{ ref('stg_events') }} as events
    cross join settings
    where {{ local_date('events.occurred_at') }} <= settings.last_on
    group by
        events.anonymous_id,
        events.user_id

)

select * from id_pairs
