-- Whom events that may feed referral_converted name as referred: an event of the very person it
-- names converts nobody. One row per event that names somebody known.

with

referral_names as (

    select
        event_name,
        signal_no
    from {{ ref('int_event_name_signals') }}
    where signal_no = {{ signal_no('referral_converted') }}

),

told_customers as (

    select
        events.raw_row_id,
        referral_names.signal_no,
        {{ json_text('events.properties', 'referred_customer_id') }} as told_id
    from {{ ref('stg_events') }} as events
    inner join referral_names on events.event_name = referral_names.event_name

),

referred_customers as (

    select
        raw_row_id,
        signal_no,
        {{ told_id('told_id') }} as customer_id
    from told_customers

),

self_referrals as (

    select
        referred_customers.raw_row_id,
        referred_customers.signal_no,
        persons.person_key
    from referred_customers
    left join {{ ref('int_customer_merges') }} as customer_merges
        on referred_customers.customer_id = customer_merges.customer_id
    inner join {{ ref('int_persons') }} as persons
        on
            coalesce(customer_merges.final_customer_id, referred_customers.customer_id)
            = persons.customer_id

)

select * from self_referrals
