select * from actions
where type = 'ecommerceOrder' and order_id is not null
qualify row_number() over (partition by order_id order by occurred_at, event_id) = 1
