select
    review_rows.record,
    -- One review may stand beside several orders.
    review_rows.review_id || ':' || review_rows.order_id as event_id,
    'Review Posted' as event_name,
    coalesce(
        review_rows.review_creation_date, review_rows.review_answer_timestamp
    ) as occurred_at,
    buyers.person as user_id,
    review_rows.order_id,
    review_rows.review_score as value
from review_rows
inner join buyers on review_rows.order_id = buyers.order_id
