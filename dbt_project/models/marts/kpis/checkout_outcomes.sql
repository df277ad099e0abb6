-- Every session with a checkout and whether its person ordered soon after the first one. A
-- checkout is open while its time lasts beyond the as-of date.

with

checkouts as (

    select
        sessions.*,
        outcomes.checkout_order_id,
        outcomes.checkout_ordered_at,
        outcomes.checkout_until as decided_at
    from {{ ref('int_sessions') }} as sessions
    inner join {{ ref('int_session_outcomes') }} as outcomes
        on sessions.session_id = outcomes.session_id
    where outcomes.has_checkout

),

checkout_outcomes as (

    select
        checkouts.session_id,
        persons.person_id as subject_id,
        checkouts.session_date as started_on,
        checkouts.first_checkout_at,
        checkouts.channel,
        coalesce(checkouts.campaign, '') as campaign,
        checkouts.device_type,
        case
            when checkouts.checkout_order_id is not null then 'completed'
            when {{ local_date('checkouts.decided_at') }} > settings.as_of_date then 'open'
            else 'not_completed'
        end as outcome,
        checkouts.checkout_order_id as order_id,
        checkouts.checkout_ordered_at as ordered_at,
        cast(
            floor(
                {{ microseconds_between(
                    'checkouts.first_checkout_at', 'checkouts.checkout_ordered_at'
                ) }} / 1000000
            ) as bigint
        ) as seconds_to_order
    from checkouts
    inner join {{ ref('int_persons') }} as persons
        on checkouts.person_key = persons.person_key
    cross join {{ ref('int_settings') }} as settings

)

select * from checkout_outcomes
