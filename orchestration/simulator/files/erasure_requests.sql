-- People who lost interest long ago and asked to be forgotten.
select
    customer_text(person) as customer_id,
    moment(
        least((gone_day_1 + 20) * 86400 + 40000, getvariable('days') * 86400 - 1)
    ) as requested_at
from people
where is_customer and gone_day_1 is not null and back_day is null and person % 90 = 11
order by customer_id
