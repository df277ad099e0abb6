{# A sum that grows from export to export (`…:refunded`) is one refund; the greatest is the latest. #}
{% set order_of_refund %}
    select 1 from {{ ref('stg_orders') }} as orders where orders.order_id = raw_rows.order_id
{% endset %}

{{ filtered_rows(
    table='refunds',
    key=['refund_id'],
    conflict='id_conflict',
    ranked_by=[
        ("case when refund_id like '%:refunded' then amount end", 'desc nulls last'),
        ('received_at', 'asc nulls last'),
    ],
    ties='least',
    dated_by='created_at',
    received=true,
    reasons=muted_reasons('other_order_source', 'created_at') + [
        ('order_unknown', 'not exists (' ~ order_of_refund ~ ')'),
        ('order_not_valid', 'exists (' ~ order_of_refund ~ ' and not orders.is_valid)'),
        (
            'before_order',
            'exists (' ~ order_of_refund ~ ' and '
            ~ local_date('raw_rows.created_at') ~ ' < ' ~ local_date('orders.created_at') ~ ')',
        ),
    ],
) }}
