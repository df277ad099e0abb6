-- Every accepted event up to the as-of date with its person and each signal it feeds: one row per
-- event and signal, and one for an event without any. `is_first` marks one row of each event, which
-- int_events is made of. One pass over all events, without a sort, and without their texts: writing
-- those costs more than all the rest, and whoever needs one finds it in stg_events by raw_row_id.

with

-- The as-of date comes after all joins: compared earlier, it makes the engine expect next to no
-- rows and build its hash tables on the events instead of the small tables.
events as (

    select
        events.raw_row_id,
        case when self_referrals.raw_row_id is null then name_signals.signal_no end as signal_no,
        name_signals.is_first,
        names.name_no,
        names.is_visit,
        events.occurred_at,
        {{ local_date('events.occurred_at') }} as event_date,
        event_ids.device_key,
        coalesce(event_ids.person_key, owners.person_key) as person_key,
        case when events.session_id is not null then {{ key_hash(['events.session_id']) }} end
            as session_hash,
        case when name_signals.is_money then events.currency end as currency,
        case
            when name_signals.value_property is null then events.value
            else {{ as_amount(stated_number(
                json_scalar('events.properties', 'name_signals.value_property')
            )) }}
        end as stated_value,
        rates.rate
    from {{ ref('stg_events') }} as events
    inner join {{ ref('int_event_names') }} as names on events.event_name = names.event_name
    inner join {{ ref('int_event_name_signals') }} as name_signals
        on events.event_name = name_signals.event_name
    inner join {{ ref('int_event_ids') }} as event_ids
        on
            events.anonymous_id is not distinct from event_ids.anonymous_id
            and events.user_id is not distinct from event_ids.user_id
    left join {{ ref('int_conditional_signals') }} as matches
        on
            case when name_signals.has_condition then events.raw_row_id end = matches.raw_row_id
            and name_signals.signal_no = matches.signal_no
    left join {{ ref('int_device_ownerships') }} as ownerships
        on
            event_ids.shared_device_key = ownerships.device_key
            and events.occurred_at > ownerships.owned_after
            and events.occurred_at <= ownerships.owned_until
    left join {{ ref('int_persons') }} as owners on ownerships.customer_id = owners.customer_id
    left join {{ ref('int_daily_rates') }} as rates
        on
            case when name_signals.is_money then events.currency end = rates.currency
            and {{ local_date('events.occurred_at') }} = rates.date
    left join {{ ref('int_self_referrals') }} as self_referrals
        on
            events.raw_row_id = self_referrals.raw_row_id
            and name_signals.signal_no = self_referrals.signal_no
            and coalesce(event_ids.person_key, owners.person_key) = self_referrals.person_key
    where
        not name_signals.has_condition
        or matches.raw_row_id is not null

),

-- A value in another currency without a rate is null: the law all_money_has_a_rate tells.
valued_events as (

    select
        events.raw_row_id,
        events.signal_no,
        events.is_first,
        events.name_no,
        events.is_visit,
        events.occurred_at,
        events.event_date,
        events.device_key,
        events.person_key,
        events.session_hash,
        case
            when
                events.currency is null
                or events.currency = settings.reporting_currency
                then events.stated_value
            else cast(round(events.stated_value * events.rate, 4) as decimal(18, 4))
        end as value,
        events.stated_value,
        events.stated_value is not null
        and coalesce(events.currency <> settings.reporting_currency, false)
        and events.rate is null as is_missing_rate
    from events
    cross join {{ ref('int_settings') }} as settings
    where events.event_date <= settings.as_of_date

)

select *
from valued_events
where
    is_first
    or signal_no is not null
