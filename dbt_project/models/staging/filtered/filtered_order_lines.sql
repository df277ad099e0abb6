{{ filtered_rows(
    table='order_lines',
    key=['order_id', 'line_number'],
    conflict='id_conflict',
    ranked_by=[],
    reasons=muted_reasons('other_order_source', 'null') + [
        ('order_unknown', 'order_id not in (select order_id from ' ~ ref('stg_orders') ~ ')'),
    ],
) }}
