with

consents as (

    select
        *,
        lower(coalesce(
            text_at(customer, '$.email_marketing_consent.state'),
            text_at(customer, '$.emailMarketingConsent.marketingState')
        )) as consent
    from read_orders

)

select
    record,
    customer_id,
    coalesce(
        text_at(customer, '$.created_at'), text_at(customer, '$.createdAt'), created_at
    ) as created_at,
    coalesce(text_at(customer, '$.updated_at'), text_at(customer, '$.updatedAt')) as updated_at,
    lower(email) as email,
    country,
    case
        when consent = 'subscribed' then true
        when consent in ('unsubscribed', 'not_subscribed') then false
    end as marketing_consent
from consents
where customer_id is not null
