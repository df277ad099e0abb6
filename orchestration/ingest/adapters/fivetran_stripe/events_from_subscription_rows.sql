select
    record,
    event_id,
    event_name,
    occurred_at,
    customer_id as user_id,
    json_merge_patch(
        '{}',
        json_object(
            'subscription_id', subscription_id,
            'trial_id', case when starts_with(event_name, 'Trial') then subscription_id end,
            'ends_on', cast(try_cast(ends_at as timestamp) as date)
        )
    ) as properties
from subscription_news
