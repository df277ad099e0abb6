with

active_states as (

    select * from subscription_rows
    where customer_id is not null and status is distinct from 'incomplete_expired'
    qualify
        row_number() over (
            partition by id
            order by lower(fivetran_active) = 'true' desc, fivetran_synced desc, record desc
        ) = 1

)

select
    record,
    id || ':cancelled' as event_id,
    'Subscription Cancelled' as event_name,
    canceled_at as occurred_at,
    customer_id,
    id as subscription_id,
    coalesce(
        ended_at,
        cancel_at,
        case when lower(cancel_at_period_end) = 'true' then current_period_end end
    ) as ends_at
from active_states
where canceled_at is not null

union all

select
    record,
    id || ':trial_started' as event_id,
    'Trial Started' as event_name,
    trial_start as occurred_at,
    customer_id,
    id as subscription_id,
    null as ends_at
from active_states
where trial_start is not null

union all

select
    record,
    id || ':trial_ended' as event_id,
    'Trial Ended' as event_name,
    trial_end as occurred_at,
    customer_id,
    id as subscription_id,
    null as ends_at
from active_states
where try_cast(trial_end as timestamp) <= try_cast(fivetran_synced as timestamp)
