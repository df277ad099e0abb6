select
    record,
    event_id,
    case
        when fold_word(metric_name) = 'opened_email' and lower(machine_open) in ('true', '1', 'yes')
            then 'Machine Opened Email'
        else metric_name
    end as event_name,
    coalesce(epoch_text(timestamp, 1), timestamp) as occurred_at,
    person_id(coalesce(external_id, profile_id)) as user_id,
    value,
    currency,
    nullif(
        json_merge_patch(
            coalesce(as_json(other_columns), '{}'),
            json_object(
                'message_id', message_id,
                'campaign', campaign_name,
                'flow', flow,
                'variant', variation
            )
        ),
        '{}'
    ) as properties
from metric_rows
where coalesce(external_id, profile_id) is not null
