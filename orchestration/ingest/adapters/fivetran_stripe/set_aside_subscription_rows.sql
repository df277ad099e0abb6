select
    record,
    'state of a subscription without news' as reason
from subscription_rows
where record not in (select record from subscription_news)
