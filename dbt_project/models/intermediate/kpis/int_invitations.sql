-- Invitations that carry a referral_id, and when the first conversion with the same id came in
-- time. An invitation without one cannot be followed and counts nowhere.

with

stated_signals as (

    select
        events.event_id,
        signals.person_key,
        signals.signal,
        signals.signal_date,
        signals.occurred_at,
        {{ json_text('events.properties', 'referral_id') }} as stated_referral_id
    from {{ ref('int_person_signals_by_name') }} as signals
    inner join {{ ref('stg_events') }} as events on signals.event_row_id = events.raw_row_id
    where
        signals.source_table = 'events'
        and signals.signal in ('referral_sent', 'referral_converted')

),

referral_signals as (

    select
        *,
        {{ told_id('stated_referral_id') }} as referral_id
    from stated_signals

),

sendings as (

    select
        referral_id,
        min_by(person_key, (occurred_at, event_id)) as person_key,
        min(signal_date) as fact_date,
        min(occurred_at) as sent_at
    from referral_signals
    where
        signal = 'referral_sent'
        and referral_id is not null
    group by referral_id

),

conversions as (

    select
        sendings.referral_id,
        min(signals.signal_date) as converted_on
    from sendings
    cross join {{ ref('int_kpi_windows') }} as windows
    inner join referral_signals as signals
        on
            sendings.referral_id = signals.referral_id
            and sendings.sent_at <= signals.occurred_at
            and {{ add_days('sendings.fact_date', 'windows.invitation_conversion_days') }}
            >= signals.signal_date
    where signals.signal = 'referral_converted'
    group by sendings.referral_id

),

invitations as (

    select
        sendings.referral_id,
        sendings.person_key,
        sendings.fact_date,
        conversions.converted_on
    from sendings
    left join conversions on sendings.referral_id = conversions.referral_id

)

select * from invitations
