select * from read_events
where told = 'transaction' and transaction_id is not null and text_at(sale, '$.revenue') is not null
qualify row_number() over (partition by transaction_id order by occurred_at, event_id, record) = 1
