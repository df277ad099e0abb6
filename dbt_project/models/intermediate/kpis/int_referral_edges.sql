-- Who brought whom: a referral_converted event names the customer that came; after merges it may
-- turn out that both are one, and nobody brings himself.

with

stated_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'referral_id') }} as stated_referral_id,
        {{ json_text('events.properties', 'referred_customer_id') }} as stated_customer_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal = 'referral_converted'

),

conversions as (

    select
        *,
        {{ told_id('stated_referral_id') }} as referral_id,
        {{ told_id('stated_customer_id') }} as customer_id
    from stated_signals

),

edges as (

    select
        conversions.person_key as referrer_key,
        referred_persons.person_key,
        min(conversions.signal_date) as converted_on,
        min_by(conversions.referral_id, (conversions.occurred_at, conversions.event_id))
            as referral_id,
        count(*) as conversions
    from conversions
    left join {{ ref('int_customer_merges') }} as customer_merges
        on conversions.customer_id = customer_merges.customer_id
    inner join {{ ref('int_persons') }} as referred_persons
        on
            coalesce(customer_merges.final_customer_id, conversions.customer_id)
            = referred_persons.customer_id
    where conversions.person_key <> referred_persons.person_key
    group by
        conversions.person_key,
        referred_persons.person_key

)

select * from edges
