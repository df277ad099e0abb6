{{ config(materialized='view') }}

-- Carts and checkouts that were left without an order: over with the next one.

with

facts as (

    select * from {{ ref('int_play_facts') }}

),

orders as (

    select
        subject_key,
        signal_date,
        occurred_at
    from facts
    where signal_no = {{ signal_no('order') }}

),

carts_and_checkouts as (

    select
        plays.play,
        subject_persons.subject_key,
        carts.silent_on as triggered_on,
        carts.silent_at as triggered_at
    from {{ ref('int_abandoned_carts') }} as carts
    inner join {{ ref('int_subject_persons') }} as subject_persons
        on carts.person_key = subject_persons.person_key
    inner join {{ ref('int_plays') }} as plays
        on subject_persons.subject_type = plays.subject_type
    where plays.trigger = 'cart_abandoned'

    union all

    select
        plays.play,
        facts.subject_key,
        facts.signal_date as triggered_on,
        facts.occurred_at as triggered_at
    from facts
    inner join {{ ref('int_plays') }} as plays
        on
            facts.signal_no = plays.trigger_signal_no
            and {{ subject_type('facts.subject_key') }} = plays.subject_type
    left join orders
        on
            facts.subject_key = orders.subject_key
            and facts.signal_date = orders.signal_date
    where
        plays.trigger = 'checkout_unfinished'
        and orders.subject_key is null

),

first_waits as (

    select
        play,
        subject_key,
        triggered_on,
        min(triggered_at) as triggered_at
    from carts_and_checkouts
    group by
        play,
        subject_key,
        triggered_on

),

order_wait_triggers as (

    select
        first_waits.play,
        first_waits.subject_key,
        first_waits.triggered_on,
        first_waits.triggered_at,
        coalesce(min(orders.signal_date), {{ open_end() }}) as state_until
    from first_waits
    left join orders
        on
            first_waits.subject_key = orders.subject_key
            and first_waits.triggered_at < orders.occurred_at
    group by
        first_waits.play,
        first_waits.subject_key,
        first_waits.triggered_on,
        first_waits.triggered_at

)

select * from order_wait_triggers
