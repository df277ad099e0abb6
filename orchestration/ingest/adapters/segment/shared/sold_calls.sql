select * from read_calls
where
    fold_word(event_name) = 'order_completed'
    and call = 'track'
    and order_id is not null
    and total_price is not null
    and currency is not null
qualify row_number() over (partition by order_id order by occurred_at, event_id, record) = 1
