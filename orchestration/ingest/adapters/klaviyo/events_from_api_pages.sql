select
    record,
    event_id,
    case
        when fold_word(metric_name) = 'opened_email' and lower(machine_open) in ('true', '1', 'yes')
            then 'Machine Opened Email'
        else metric_name
    end as event_name,
    occurred_at,
    user_id,
    text_at(details, '$."$value"') as value,
    coalesce(
        text_at(details, '$.value_currency'), text_at(details, '$."$currency_code"')
    ) as currency,
    nullif(
        json_merge_patch(
            '{}',
            json_object(
                'message_id', coalesce(
                    text_at(details, '$."$message"'), text_at(details, '$."Message ID"')
                ),
                'campaign', text_at(details, '$."Campaign Name"'),
                'flow', text_at(details, '$."$flow"'),
                'variant', coalesce(
                    text_at(details, '$."$variation"'), text_at(details, '$.Variation')
                )
            )
        ),
        '{}'
    ) as properties
from api_events
