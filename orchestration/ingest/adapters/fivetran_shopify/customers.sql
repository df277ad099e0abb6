select
    record,
    id as customer_id,
    created_at,
    updated_at,
    case when email like '%@%' then lower(email) end as email,
    first_name,
    last_name,
    coalesce(
        accepts_marketing,
        case lower(email_marketing_consent_state)
            when 'subscribed' then 'true'
            when 'unsubscribed' then 'false'
            when 'not_subscribed' then 'false'
        end
    ) as marketing_consent,
    fivetran_deleted as is_deleted
from customer_rows
